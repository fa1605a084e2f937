"""Card numbers in requests: refused unless the account may send them (docs.stripe.com/testing)."""

from __future__ import annotations

from simulator import cards
from simulator.cards import TestCard
from simulator.errors import StripeError, invalid
from simulator.objects import accounts
from simulator.params import Shape, either, hash_of, ident, integer
from simulator.params import text as text_of
from simulator.store import Json
from simulator.world import World

CARD: Shape = {
    "number": ident,
    "exp_month": integer,
    "exp_year": integer,
    "cvc": text_of(4),
    "name": text_of(),
    **{f"address_{name}": text_of() for name in ("line1", "line2", "city", "state", "zip", "country")},
}
NUMBER_OR_TOKEN = hash_of({**CARD, "token": ident})
LEGACY_SOURCE = either(hash_of({**CARD, "object": ident}, needs=("number",)), ident)

UNSAFE = (
    "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that "
    "map to the test card you are using, see https://stripe.com/docs/testing. To enable testing raw card data APIs, "
    "see https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis."
)


def read(world: World, given: Json) -> TestCard:
    """The test card of a raw number; the number itself is kept nowhere."""
    if not accounts.switch(world, "raw_cards"):
        raise StripeError(402, "invalid_request_error", UNSAFE)
    number = str(given.get("number", "")).replace(" ", "").replace("-", "")
    if not cards.passes_luhn(number):
        raise StripeError(402, "card_error", "Your card number is incorrect.", code="incorrect_number", param="number")
    for name in ("exp_month", "exp_year"):
        if name not in given:
            raise invalid(f"Missing required param: card[{name}].", f"card[{name}]", "parameter_missing")
    card = cards.by_number(number)
    if card is None:
        raise _not_a_test_card()
    return card


def by_token(token: str, param: str) -> TestCard:
    """`tok_visa` and its like."""
    card = cards.by_name(token.removeprefix("tok_")) if token.startswith("tok_") else None
    if card is None:
        raise StripeError(
            400, "invalid_request_error", f"No such token: '{token}'", code="resource_missing", param=param
        )
    return card


def _not_a_test_card() -> StripeError:
    words = (
        "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid "
        "test cards, visit: https://stripe.com/docs/testing."
    )
    return StripeError(402, "card_error", words, code="card_declined", decline_code="test_mode_live_card")
