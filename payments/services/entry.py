"""Payment entry: what an operator typed on a sales order or a ship doc becomes a payment that waits to be charged."""

from dataclasses import dataclass, replace

from gateways import clock, stripe_js
from gateways.models import Gateway
from gateways.processors.base import (
    RAW_CARDS_REFUSED,
    GatewayMisconfigured,
    GatewayUnavailable,
    ProcessorError,
)
from gateways.processors.offline import OWN_NUMBERS
from gateways.processors.raw_cards import RawCard
from gateways.services import pause, tokenize
from orders.models import Card
from orders.services.plans import recurs
from orders.services.vault import unfit
from payments.models import Payment
from payments.routing import chosen_by_operator
from payments.services.deposits import purpose_of
from payments.services.means import with_customer, with_new_card
from payments.services.reserve import PaymentRefused, Reservation, Wish, check_terms, reserve

CARD_FIELDS = {"number": "card_number", "exp_month": "card_expiry", "exp_year": "card_expiry", "cvc": "card_cvc"}


class RawCardsRefused(PaymentRefused):
    """The merchant has not allowed Stripe to take card numbers from us: the page says how, and why one may not."""


@dataclass(frozen=True)
class Typed:
    """What comes beside the choice of a method: the card that was typed, here or into Stripe's form, or a receipt.

    `save` keeps a new card for the customer; `moto`: the customer is on the phone.
    """

    card: RawCard | None = None
    receipt: str = ""
    token: str = ""
    save: bool = False
    moto: bool | None = None


def enter_payment(wish: Wish, method: str, typed: Typed | None = None) -> Reservation:
    """`method` is `card:<primary key>`, `new` (with a confirmation token), `test:<Stripe's name of a test card>`,
    `number` (with the typed card) or `offline:<cash, cheque or wire>` (with a receipt number, which may be empty).

    The caller enqueues the charge after the commit. Raises PaymentRefused; nothing is written then.
    """
    typed = typed or Typed()
    if wish.form_token and Payment.objects.filter(form_token=wish.form_token).exists():
        return reserve(wish)  # a form that was sent before makes nothing anew, not even a token of its card
    save = typed.save or (wish.order is not None and recurs(wish.order))
    wish = replace(wish, save_card=save, moto=typed.moto, in_page=stripe_js.works_for(wish.gateway))
    if wish.order and not wish.ship_doc:
        wish = replace(wish, purpose=purpose_of(wish.order, wish.amount))
    return reserve(chosen_by_operator(_with_means(wish, method, typed)))


def _with_means(wish: Wish, method: str, typed: Typed) -> Wish:
    kind, _, value = method.partition(":")
    if kind == "card":
        return replace(wish, card=_saved_card(value))
    if kind == "test" and value:
        return with_new_card(wish, value)
    if kind == "new":
        return with_new_card(wish, typed.token)
    if kind == "number":
        return _with_typed_card(wish, typed.card)
    if kind == "offline":
        return replace(wish, means=value, receipt=_receipt_number(typed.receipt))
    return wish


def _saved_card(value: str) -> Card:
    cards = Card.objects.select_related("vaulted_customer")
    card = cards.filter(pk=int(value)).first() if value.isascii() and value.isdecimal() else None
    if card is None:
        raise PaymentRefused("method", "This card does not exist any longer: reload the page and choose another.")
    if why := unfit(card, clock.now().date()):
        raise PaymentRefused("method", f"{card}: {why}. Choose another card.")
    return card


def _receipt_number(typed: str) -> str:
    if typed.upper().startswith(OWN_NUMBERS):
        raise PaymentRefused(
            "receipt", f"Numbers that begin with {OWN_NUMBERS} are Midway's own: leave it empty to be given one."
        )
    return typed


def _with_typed_card(wish: Wish, card: RawCard | None) -> Wish:
    """The number leaves for the processor here, once everything else is known to be right; its reference stays."""
    if card is None:
        raise PaymentRefused("card_number", "Type the card number.")
    if not wish.gateway.kind.takes_card_numbers:
        raise PaymentRefused("method", f"{wish.gateway} takes no card numbers: choose a saved card.")
    check_terms(wish.gateway, wish.order, wish.amount)
    wish = with_customer(wish)
    return replace(wish, new_card=_handed_over(wish.gateway, card))


def _handed_over(gateway: Gateway, card: RawCard) -> str:
    try:
        return tokenize(gateway, card)
    except GatewayUnavailable as error:
        raise PaymentRefused(
            "card_number", "Stripe did not answer, so the card was not taken. Nothing was charged: type it again."
        ) from error
    except GatewayMisconfigured as error:
        pause(gateway, error.message)
        raise PaymentRefused("gateway", error.message) from error
    except ProcessorError as error:
        if error.code == RAW_CARDS_REFUSED:
            raise RawCardsRefused("card_number", error.message) from error
        raise PaymentRefused(CARD_FIELDS.get(error.param, "card_number"), error.message) from error
