"""The one form that may bring a card number: payment entry, through a gateway whose type takes card numbers.

What was typed is lifted out of the request before any view, form, page or error report sees it.
"""

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from gateways.models import Gateway
from gateways.processors.raw_cards import TypedCard
from payments.methods import NUMBER

FORMS = {"admin:orders_order_payment"}
NUMBER_FIELD = "card_number"
CARD_FIELDS = (NUMBER_FIELD, "card_expiry", "card_cvc")


def may_bring_a_number(request: HttpRequest) -> bool:
    """Only this address, only signed in, only when a number was chosen, and only for a gateway that takes one."""
    return (
        NUMBER_FIELD in request.POST
        and request.POST.get("method") == NUMBER
        and is_entry_form(request)
        and request.user.is_authenticated
        and _takes_numbers(request.POST.get("gateway", ""))
    )


def is_entry_form(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).view_name in FORMS
    except Resolver404:
        return False


def _takes_numbers(gateway: str) -> bool:
    found = Gateway.objects.filter(pk=int(gateway)).first() if gateway.isascii() and gateway.isdecimal() else None
    return found is not None and found.kind.takes_card_numbers


def lift_card(request: HttpRequest, *, keep: bool) -> None:
    """Take the card's fields out of the form. `keep`: the view finds them as `request.typed_card`."""
    if keep:
        typed = TypedCard(*(request.POST.get(name, "") for name in CARD_FIELDS))
        request.typed_card = typed  # type: ignore[attr-defined]
    rest = request.POST.copy()
    for name in CARD_FIELDS:
        rest.pop(name, None)
    rest._mutable = False  # noqa: SLF001  as Django itself leaves it
    request.POST = rest  # type: ignore[assignment]
