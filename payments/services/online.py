"""A customer pays an order by themselves, on a page of Midway's or of the merchant's: charged while they wait.

While one payment of the order is open no second one can start; what waits for its cardholder gives way to a new try.
Knows of no request, so that every checkout is built on it.
"""

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db import transaction

from gateways import money, stripe_js
from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from gateways.services import processor_for
from orders.models import Card, Order
from orders.services.terms import due_now
from payments.actors import CUSTOMER, Actor
from payments.models import PayLink, Payment, Purpose
from payments.routing import Route, prefer, route_order
from payments.services.balances import balance_of, lock_order
from payments.services.holds import void
from payments.services.means import with_customer, with_new_card
from payments.services.pay_links import amount_of_link
from payments.services.reserve import PaymentRefused, Wish, reserve
from payments.services.settle import settle
from payments.services.submit import submit
from payments.states import IN_FLIGHT, OPEN, Status


class Trouble(StrEnum):
    """Why a customer cannot pay now. Their pages have words for each; `OnlineRefused` has some for the merchant."""

    NOTHING_DUE = "nothing_due"
    IN_PROGRESS = "in_progress"
    AMOUNT_CHANGED = "amount_changed"
    TOO_LITTLE = "too_little"
    NO_GATEWAY = "no_gateway"
    OTHER_GATEWAY = "other_gateway"
    CARD = "card"
    UNHEARD = "unheard"


class OnlineRefused(Exception):
    """Nothing was charged. `message` is for the merchant: it may name gateways, which no customer needs to know of."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message


@dataclass(frozen=True)
class OnlineCard:
    """One of them: `new`, a confirmation token or the name of a test card; or `kept`, a card of the order's customer.

    A confirmation token was made for the account of `gateway`: it is worth nothing on another one.
    """

    new: str = ""
    kept: Card | None = None
    gateway: Gateway | None = None
    radar_session: str = ""


@dataclass(frozen=True)
class Attempt:
    """One press of a button: the same `form_token` makes one payment. `amount` is what the customer saw, if anything.

    The bank sends the customer back to `return_path` where the page cannot show its question (`in_page`) itself.
    """

    form_token: uuid.UUID
    return_path: str
    amount: int | None = None
    link: PayLink | None = None
    actor: Actor = CUSTOMER
    in_page: bool | None = None


def amount_now(order: Order, link: PayLink | None = None) -> int:
    """What is to be paid now, in minor units: by a link what it asks for, else what the offers' terms want at once."""
    balance = balance_of(order)
    if link is not None:
        return amount_of_link(link, balance)
    wanted = balance.total if balance.cancelled else due_now(order)
    return max(0, min(wanted - (balance.total - balance.due), balance.due))


def pay_online(order: Order, card: OnlineCard, attempt: Attempt) -> Payment:
    """Charge the order's due amount to the card, now. Call it outside a transaction. Raises OnlineRefused.

    The payment that comes back may be captured, declined, wait for its cardholder, or be unknown: then nobody may pay
    again until Midway has found out.
    """
    if earlier := _earlier(order, attempt):
        return earlier
    try:
        payment = _reserved(order, card, attempt)
    except OnlineRefused:
        if earlier := _earlier(order, attempt):  # the same press was quicker by another way
            return earlier
        raise
    submit(payment.pk, attempt.actor)
    payment.refresh_from_db()
    return payment


def _reserved(order: Order, card: OnlineCard, attempt: Attempt) -> Payment:
    make_way(order, attempt.actor)
    wish = _wish(order, card, attempt)
    try:
        return _reserve_alone(wish, attempt)
    except PaymentRefused as refusal:
        raise _translated(refusal) from refusal


def _earlier(order: Order, attempt: Attempt) -> Payment | None:
    return Payment.objects.filter(form_token=attempt.form_token, order=order).first()


def make_way(order: Order, actor: Actor = CUSTOMER) -> None:
    """Give up payments that wait for their cardholder, because they pay anew. Call it outside a transaction.

    Raises OnlineRefused where that could not be made sure of, because it may have been confirmed in this very moment,
    and where an answer is still to come.
    """
    if Payment.objects.filter(order=order, status__in=IN_FLIGHT).exists():
        raise OnlineRefused(Trouble.IN_PROGRESS, f"A payment of {order} is on its way: wait for its answer.")
    for payment in Payment.objects.filter(order=order, status=Status.REQUIRES_ACTION).select_related("gateway"):
        try:
            after = void(payment.pk, actor, why="The customer tries again.")
            if after.status == Status.REQUIRES_ACTION and not after.void_asked_at:
                after = settle(payment.pk, processor_for(payment.gateway).fetch(payment.reference), actor)
        except (PaymentRefused, ProcessorError) as error:
            raise OnlineRefused(Trouble.IN_PROGRESS, error.message) from error
        if after.status in OPEN:
            raise OnlineRefused(Trouble.IN_PROGRESS, f"{payment} is not over yet: look again in a moment.")


def _wish(order: Order, card: OnlineCard, attempt: Attempt) -> Wish:
    amount = amount_now(order, attempt.link)
    _check_amount(order, amount, attempt)
    route = _route(order, amount, card)
    if route.gateway is None:
        raise OnlineRefused(Trouble.NO_GATEWAY, route.problem)
    in_page = stripe_js.works_for(route.gateway) if attempt.in_page is None else attempt.in_page
    wish = Wish(
        order=order,
        gateway=route.gateway,
        amount=amount,
        actor=attempt.actor,
        card=card.kept,
        save_card=keeps_card(order),
        purpose=_purpose(order, amount, attempt),
        form_token=attempt.form_token,
        route=route.trace,
        moto=False,
        in_page=in_page,
        return_path=attempt.return_path,
        radar_session=card.radar_session,
        pay_link=attempt.link,
    )
    try:
        return with_new_card(wish, card.new) if card.new else with_customer(wish)
    except PaymentRefused as refusal:
        raise _translated(refusal) from refusal


def _check_amount(order: Order, amount: int, attempt: Attempt) -> None:
    if not amount:
        raise OnlineRefused(Trouble.NOTHING_DUE, "Nothing is due on this order now.")
    if attempt.amount is not None and attempt.amount != amount:
        due = money.plain(amount, order.currency)
        raise OnlineRefused(Trouble.AMOUNT_CHANGED, f"{due} are due now, which is not what the customer was shown.")
    if amount < money.minimum(order.currency):
        least = money.plain(money.minimum(order.currency), order.currency)
        raise OnlineRefused(Trouble.TOO_LITTLE, f"The least that can be charged is {least}.")


def _route(order: Order, amount: int, card: OnlineCard) -> Route:
    """A token is good on the account that it was made for alone, so another gateway means another card form."""
    route = route_order(order, amount, card=card.kept)
    if card.gateway is None or card.kept or route.gateway is None:
        return route
    route = prefer(route, card.gateway)
    if route.gateway and route.gateway.account_id != card.gateway.account_id:
        now = f"The payment goes through {route.gateway} now: ask for the card again."
        raise OnlineRefused(Trouble.OTHER_GATEWAY, now)
    return route


def keeps_card(order: Order) -> bool:
    """What is billed again needs a card that is there then."""
    return order.subscription_id is not None or order.lines.filter(offer__kind="recurring").exists()


def _purpose(order: Order, amount: int, attempt: Attempt) -> Purpose:
    if order.cancelled_at:
        return Purpose.CANCELLATION_FEE
    is_first = not order.payments.filter(status__in=OPEN | {Status.CAPTURED}).exists()
    return Purpose.DEPOSIT if attempt.link is None and is_first and amount < order.total else Purpose.SALE


@transaction.atomic
def _reserve_alone(wish: Wish, attempt: Attempt) -> Payment:
    """Under the order's lock: two tabs, two devices or two presses are one payment."""
    order = lock_order(wish.order.pk if wish.order else None)
    if order is None:
        raise ValueError("a customer pays an order")
    if earlier := _earlier(order, attempt):
        return earlier
    if order.payments.filter(status__in=OPEN - {Status.AUTHORIZED}).exists():
        raise OnlineRefused(Trouble.IN_PROGRESS, f"A payment of {order} is on its way: wait for its answer.")
    if amount_now(order, attempt.link) != wish.amount:
        raise OnlineRefused(Trouble.AMOUNT_CHANGED, f"What is due on {order} has changed meanwhile.")
    return reserve(replace(wish, order=order)).payment


FIELDS = {"amount": Trouble.AMOUNT_CHANGED, "gateway": Trouble.NO_GATEWAY, "method": Trouble.CARD}


def _translated(refusal: PaymentRefused) -> OnlineRefused:
    return OnlineRefused(FIELDS.get(refusal.field, Trouble.NO_GATEWAY), refusal.message)
