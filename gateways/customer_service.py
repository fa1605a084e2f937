"""What mails tell customers about the merchant behind a charge (S2-25, S2-31): tokens, and the lines made of them."""

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
    """Who sold it, and where questions go; what the merchant left empty is left out."""
    token = tokens_of(gateway)
    who = " · ".join(filter(None, [token["service_company"], token["service_address"]]))
    hours = f" ({token['service_hours']})" if token["service_hours"] else ""
    ways = [
        f"call {token['service_phone']}{hours}" if token["service_phone"] else "",
        f"write to {token['service_email']}" if token["service_email"] else "",
        f"visit {token['service_site']}" if token["service_site"] else "",
    ]
    known = ", or ".join(filter(None, ways))
    questions = f"Questions? {known[:1].upper()}{known[1:]}." if known else ""
    return [line for line in (who, questions) if line]
