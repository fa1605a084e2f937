"""The steps of a test drive in their order. Each names what it made by Stripe's reference, or says why it stopped."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from gateways import money
from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from gateways.processors.test_cards import is_test_card
from orders.models import Campaign, Card, Order, Subscription
from orders.services.orders import create_order
from orders.services.vault import save_card
from payments.actors import Actor
from payments.models import Payment, Purpose, Refund
from payments.services.force_bill import force_bill
from payments.services.refunds.rules import RefundRefused
from payments.services.refunds.submit import refund_payment
from payments.services.reserve import PaymentRefused, Wish, reserve
from payments.services.submit import submit
from payments.services.test_drive.stage import close_stage, offers_of, open_stage, passenger
from payments.states import Status

Thing = TypeVar("Thing")


class Stopped(Exception):
    """This step failed, and no further one is made; the text says why."""


@dataclass
class Trip:
    """What a test drive has made so far. A live gateway charges `card`, a saved card of the merchant's own."""

    gateway: Gateway
    card: str
    actor: Actor
    campaign: Campaign | None = None
    order: Order | None = None
    payments: list[Payment] = field(default_factory=list)


def make_campaign(trip: Trip) -> tuple[str, str]:
    trip.campaign = open_stage(trip.gateway)
    return "", f"{trip.campaign.name}: a phone campaign that only this gateway may charge."


def take_order(trip: Trip) -> tuple[str, str]:
    campaign = _need(trip.campaign)
    offers = offers_of(campaign, trip.gateway)
    trip.order = create_order(passenger(), campaign, [(offer, 1) for offer in offers])
    return trip.order.number, f"{money.plain(trip.order.total, trip.order.currency)}, nothing to ship."


def charge(trip: Trip) -> tuple[str, str]:
    order = _need(trip.order)
    wish = Wish(
        order=order,
        gateway=trip.gateway,
        amount=int(order.total),
        actor=trip.actor,
        card=_card(trip),
        purpose=Purpose.SALE,
    )
    return _captured(trip, reserve(wish).payment)


def bill_cycle_2(trip: Trip) -> tuple[str, str]:
    subscription = Subscription.objects.filter(order_line__order=_need(trip.order)).first()
    if subscription is None:
        raise Stopped("The sale started no subscription.")
    return _captured(trip, force_bill(subscription, trip.actor).payment)


def _captured(trip: Trip, payment: Payment) -> tuple[str, str]:
    submit(payment.pk, trip.actor)
    payment.refresh_from_db()
    trip.payments.append(payment)
    if payment.status != Status.CAPTURED:
        raise Stopped(f"{payment}: {payment.headline}. {payment.explanation}")
    return (
        payment.reference,
        f"{payment}: {money.plain(payment.amount_captured, payment.currency)} by {payment.card_text}.",
    )


def refund_sale(trip: Trip) -> tuple[str, str]:
    return _refunded(trip, 0)


def refund_rebill(trip: Trip) -> tuple[str, str]:
    return _refunded(trip, 1)


def _refunded(trip: Trip, place: int) -> tuple[str, str]:
    refund = give_back(trip.payments[place], trip.actor)
    if refund is None or refund.status not in {"succeeded", "processing"}:
        raise Stopped(f"{trip.payments[place]} was not refunded: {refund.message if refund else 'nothing was left'}")
    return refund.reference, f"{money.plain(refund.amount, refund.currency)} given back."


def give_back(payment: Payment, actor: Actor) -> Refund | None:
    """All that is left of a payment; None when there is nothing. Raises Stopped."""
    payment.refresh_from_db()
    left = int(payment.amount_captured - payment.amount_refunded)
    if payment.status != Status.CAPTURED or not left:
        return None
    try:
        return refund_payment(payment.pk, left, actor, note="Test drive").refund
    except RefundRefused as refused:
        raise Stopped(refused.message) from refused


def put_away(trip: Trip) -> tuple[str, str]:
    close_stage(_need(trip.campaign), trip.actor.name)
    return "", "The subscription is cancelled, and the campaign is out of lists and reports."


STEPS: list[tuple[str, str, Callable[[Trip], tuple[str, str]]]] = [
    ("campaign", "Test campaign", make_campaign),
    ("order", "Order", take_order),
    ("charge", "First sale", charge),
    ("force_bill", "Force Bill NOW, cycle 2", bill_cycle_2),
    ("refund_sale", "Refund of the sale", refund_sale),
    ("refund_rebill", "Refund of the rebill", refund_rebill),
    ("archive", "Put away", put_away),
]
LABELS = {name: label for name, label, _ in STEPS}


def _card(trip: Trip) -> Card:
    known = Card.objects.filter(
        account_id=trip.gateway.account_id, mode=trip.gateway.mode, reference=trip.card, customer=passenger()
    ).first()
    if known:
        return known
    if trip.gateway.is_live and is_test_card(trip.card):
        raise Stopped(f"{trip.gateway} is live and takes real cards only: give a saved card of your own, pm_….")
    try:
        return save_card(passenger(), trip.gateway, trip.card)
    except ProcessorError as error:
        raise Stopped(f"{error.message} Nothing was charged: try another card.") from error


def _need(thing: Thing | None) -> Thing:
    if thing is None:
        raise Stopped("A step before this one was not made.")
    return thing


FAULTS = (Stopped, PaymentRefused, ProcessorError)
