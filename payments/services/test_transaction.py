"""A test transaction: money through a gateway without an order, on the same path as every other payment (S2-33)."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from gateways import money
from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from gateways.processors.test_cards import BY_REFERENCE, is_test_card
from orders.models import Card, Customer
from orders.services.vault import save_card
from payments.actors import Actor
from payments.models import Payment, Purpose
from payments.refund_states import ACCEPTED
from payments.services.history import record
from payments.services.holds import void
from payments.services.refunds.rules import RefundRefused
from payments.services.refunds.submit import refund_payment
from payments.services.reserve import PaymentRefused, Wish, reserve
from payments.services.submit import submit
from payments.states import Status

CARD_REFERENCE = re.compile(r"(pm|card|src)_[A-Za-z0-9]{8,}")
TEST_CUSTOMER = "test-transactions@midway.invalid"  # RFC 2606: nobody ever gets mail there
DEFAULT_TEST_CARD = "pm_card_visa"


def run_test_transaction(
    gateway: Gateway,
    amount: int,
    card: str,
    actor: Actor,
    capture: bool = True,
    refund: bool = False,
    *,
    form_token: uuid.UUID | None = None,
) -> Payment:
    """Charge `amount` (minor units of the gateway's currency). Call it outside a transaction.

    `card` is Stripe's name of a test card on a test gateway, else the reference of a saved card, pm_….
    `refund` gives the money back at once; a hold is then voided. Raises PaymentRefused before anything is charged; a
    decline is in the payment. A form that was sent before, by its `form_token`, charges nothing again.
    """
    earlier = Payment.objects.filter(form_token=form_token, gateway=gateway).first() if form_token else None
    if earlier:
        return earlier
    means = _means(gateway, card, keep=False)
    payment = _charge(gateway, amount, means, actor, capture=capture, form_token=form_token)
    return give_back(payment, actor) if refund else payment


def run_rebill(
    gateway: Gateway, amount: int, card: str, actor: Actor, *, refund: bool = False
) -> tuple[Payment, Payment | None]:
    """A first sale on a card that is kept, and, when it was captured, a rebill of it while the customer is away.

    The second amount is higher by `rebill_difference`: no bank takes it for the same payment sent twice (S2-37).
    """
    means = _means(gateway, card, keep=True)
    first = _charge(gateway, amount, means, actor)
    if first.status != Status.CAPTURED:
        return first, None
    second = _charge(gateway, amount + rebill_difference(gateway.currency), means, actor, off_session=True)
    if refund:
        return give_back(first, actor), give_back(second, actor)
    return first, second


def rebill_difference(currency: str) -> int:
    """Half a unit of the currency (D7), and what may be charged at all where that is more."""
    return max(money.half_unit(currency), money.minimum(currency))


def default_amount(gateway: Gateway) -> int:
    """1.00 (S2-35), or the least that this gateway takes."""
    least, _ = gateway.amount_bounds()
    return max(money.unit(gateway.currency), least)


@dataclass(frozen=True)
class Means:
    card: Card | None = None
    test_card: str = ""


def _means(gateway: Gateway, reference: str, *, keep: bool) -> Means:
    if not gateway.kind.takes_cards:
        raise PaymentRefused("gateway", f"{gateway} takes no cards, so there is nothing to test: use a Stripe gateway.")
    known = Card.objects.filter(account_id=gateway.account_id, mode=gateway.mode, reference=reference).first()
    if known:
        return Means(card=known)
    if is_test_card(reference):
        if gateway.is_live:
            raise PaymentRefused("card", f"{gateway} is live and takes real cards only: give a saved card, pm_….")
        return Means(card=_keep(gateway, reference)) if keep else Means(test_card=reference)
    if not CARD_REFERENCE.fullmatch(reference):
        raise PaymentRefused("card", _no_such_card(gateway, reference))
    return Means(card=_keep(gateway, reference))


def _no_such_card(gateway: Gateway, reference: str) -> str:
    if re.fullmatch(r"[\d -]{12,}", reference):
        return "Card numbers do not belong here: give the reference of a saved card, pm_…."
    if gateway.is_live:
        return f"“{reference}” is no saved card: give its reference, pm_…."
    return f"“{reference}” is no card for a test gateway: take one of {', '.join(BY_REFERENCE)}."


def _keep(gateway: Gateway, reference: str) -> Card:
    """A card that Midway does not know yet is kept for a customer of our own, as any sale would keep it."""
    customer, _ = Customer.objects.get_or_create(email=TEST_CUSTOMER, defaults={"name": "Test transactions"})
    try:
        return save_card(customer, gateway, reference)
    except ProcessorError as error:
        raise PaymentRefused("card", f"{error.message} Nothing was charged: try another card.") from error


def _charge(gateway: Gateway, amount: int, means: Means, actor: Actor, **how: Any) -> Payment:
    wish = Wish(
        order=None,
        gateway=gateway,
        amount=amount,
        actor=actor,
        card=means.card,
        test_card=means.test_card,
        purpose=Purpose.TEST,
        **how,
    )
    reserved = reserve(wish).payment
    submit(reserved.pk, actor)
    reserved.refresh_from_db()  # a worker's sweep may have been quicker
    return reserved


def give_back(payment: Payment, actor: Actor) -> Payment:
    """Refund what was captured, or release what is held; anything else is left as it is."""
    if payment.status == Status.AUTHORIZED:
        return void(payment.pk, actor)
    if payment.status == Status.CAPTURED and payment.left_to_refund:
        try:
            refund_payment(payment.pk, payment.left_to_refund, actor)
        except RefundRefused as refusal:  # a card of Stripe's own is contested the moment that it is charged
            record(payment, "refund refused", actor, before=payment.status, detail=refusal.message)
        payment.refresh_from_db()
    return payment


def given_back(payment: Payment) -> int:
    """What the processor has accepted to give back; a refund whose answer was not heard does not count."""
    accepted = payment.refunds.filter(status__in=ACCEPTED)
    return int(accepted.aggregate(total=Sum("amount"))["total"] or 0)


def refund_trouble(payment: Payment) -> str:
    """What became of a refund that was wanted and is not accepted, in words; empty when all is well."""
    troubled = payment.refunds.exclude(status__in=ACCEPTED).first()
    return f"{troubled}: {troubled.headline}. {troubled.explanation}" if troubled else ""


def is_refunded(payment: Payment) -> bool:
    return bool(0 < payment.amount_captured == given_back(payment))
