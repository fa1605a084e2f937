"""What customers are told of the merchant behind a charge (S2-25, S2-31): tokens, and the lines made of them."""

from django.utils.translation import gettext as _

from gateways.models import Gateway

TOKENS = (
    "service_company",
    "service_phone",
    "service_email",
    "service_site",
    "service_address",
    "service_hours",
    "descriptor",
)


def tokens_of(gateway: Gateway) -> dict[str, str]:
    return {name: str(getattr(gateway, name)) for name in TOKENS}


def service_lines(gateway: Gateway) -> list[str]:
    """Who sold it, and where questions go; what the merchant left empty is left out. In the active language."""
    token = tokens_of(gateway)
    who = " · ".join(filter(None, [token["service_company"], token["service_address"]]))
    hours = f" ({token['service_hours']})" if token["service_hours"] else ""
    ways = [
        _("call %(phone)s") % {"phone": token["service_phone"] + hours} if token["service_phone"] else "",
        _("write to %(address)s") % {"address": token["service_email"]} if token["service_email"] else "",
        _("visit %(site)s") % {"site": token["service_site"]} if token["service_site"] else "",
    ]
    known = _(", or ").join(filter(None, ways))
    questions = _("Questions? %(ways)s.") % {"ways": known[:1].upper() + known[1:]} if known else ""
    return [line for line in (who, questions) if line]
