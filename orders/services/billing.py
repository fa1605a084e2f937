"""The life of a subscription as billing writes it: begun, paid for a cycle, held, ended.

Every function here changes a row that its caller has locked, and adds one line to the subscription's history.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from gateways import clock
from gateways.models import Gateway
from orders import schedule
from orders.models import Card, Order, OrderLine, PaymentState, Subscription, SubscriptionEvent
from orders.services.cancelling import close_order
from orders.services.plans import anchor_of, plan_of

Status, Held = Subscription.Status, Subscription.Held
ROW = ("offer__campaign", "customer", "gateway", "card__vaulted_customer", "order_line__order")


def record(
    subscription: Subscription, kind: str, actor: str, *, cycle: int | None = None, detail: str = ""
) -> SubscriptionEvent:
    """One thing that happened. `actor` is the name of who did it."""
    return SubscriptionEvent.objects.create(
        subscription=subscription, at=clock.now(), kind=kind, cycle=cycle, actor=actor, detail=detail[:500]
    )


class Overtaken(Exception):
    """Somebody made the order of the next cycle between our two looks: its lock comes first, so we begin anew."""


def lock(pk: int) -> tuple[Subscription | None, Order | None]:
    """The subscription, and the order of its next cycle where that has been made; in the order of all locks.

    That is: order, subscription, payment. None where there is no such subscription.
    """
    while True:
        try:
            with transaction.atomic():  # when it fails, its locks are given back
                return _lock(pk, skip_locked=False)
        except Overtaken:
            continue


def claim(pk: int) -> tuple[Subscription | None, Order | None]:
    """The same, but where somebody else has one of them at work, None: it is theirs."""
    try:
        return _lock(pk, skip_locked=True)
    except Overtaken:
        return None, None


def _lock(pk: int, *, skip_locked: bool) -> tuple[Subscription | None, Order | None]:
    ours = Order.objects.filter(subscription=pk)
    known = ours.filter(cycle=F("subscription__cycle") + 1).values_list("pk", flat=True).first()
    order = Order.objects.select_for_update(skip_locked=skip_locked).filter(pk=known).first() if known else None
    if known and order is None:
        return None, None
    row = Subscription.objects.select_for_update(no_key=True, skip_locked=skip_locked).filter(pk=pk)
    if not row.values_list("pk").first():
        return None, None
    # In a query of its own: PostgreSQL does not look at a joined table again after it waited for the lock.
    subscription = Subscription.objects.select_related(*ROW).get(pk=pk)
    if order is None or order.cycle != subscription.cycle + 1:
        if ours.filter(cycle=subscription.cycle + 1).exists():
            raise Overtaken
        order = None
    return subscription, order


def lock_row(pk: int) -> None:
    """The subscription alone, by a caller who has its order locked."""
    Subscription.objects.select_for_update(no_key=True).values_list("pk").get(pk=pk)


# --- what billing does ------------------------------------------------------------------------------------------


def start(line: OrderLine, card: Card | None, gateway: Gateway, actor: str) -> Subscription | None:
    """Begin with a line that was paid just now, its cycle 1. None where nothing of it recurs, or it has begun."""
    first = plan_of(line.offer).step(2)
    if first is None or Subscription.objects.filter(order_line=line).exists():
        return None
    now = clock.now()
    due, anchor = schedule.advance(now, first, schedule.Anchor.of(now, gateway.time_zone))
    subscription = Subscription.objects.create(
        order_line=line,
        customer=line.order.customer,
        offer=line.offer,
        quantity=line.quantity,
        card=card,
        gateway=gateway,
        held="" if card else Held.CARD,
        anchor_day=anchor.day,
        time_zone=anchor.zone,
        started_at=now,
        due_at=due,
        try_at=due if card else None,
    )
    why = "" if card else "The sale was paid without a card that can be charged again."
    record(subscription, "started", actor, cycle=1, detail=f"{line.order}. {why}".strip())
    return subscription


def make_order(subscription: Subscription, amount: int) -> Order:
    """The order of the next cycle; there is one for each, by constraint."""
    line = subscription.order_line
    order = Order.objects.create(
        source=Order.Source.REBILL,
        customer=subscription.customer,
        campaign=subscription.offer.campaign,
        address_id=line.order.address_id,
        currency=line.order.currency,
        subscription=subscription,
        cycle=subscription.cycle + 1,
        total=amount,
        created_at=clock.now(),
    )
    order.lines.create(
        offer=subscription.offer,
        quantity=subscription.quantity,
        description=subscription.offer.name,
        unit_price=amount // subscription.quantity,
        staff_id=line.staff_id,
    )
    return order


def paid(subscription: Subscription, actor: str, detail: str = "") -> None:
    """The next cycle is paid. The one after it is due an interval after this one *was due*, whenever it was paid."""
    subscription.cycle += 1
    record(subscription, "paid", actor, cycle=subscription.cycle, detail=detail)
    if subscription.due_at is None:  # it ended while the charge was on its way
        subscription.save()
        return
    subscription.retries, subscription.held = 0, ""
    following = plan_of(subscription.offer).step(subscription.cycle + 1)
    if following is None:
        end(subscription, Status.FINISHED, "Its last cycle was paid.", actor)
        return
    due, anchor = schedule.advance(subscription.due_at, following, anchor_of(subscription))
    subscription.due_at, subscription.anchor_day = due, anchor.day
    if subscription.bills:
        subscription.status, subscription.try_at = Status.ACTIVE, due
    subscription.save()


def hold(subscription: Subscription, why: str, actor: str, detail: str, *, try_at: datetime | None = None) -> None:
    """Let the cycle that is due wait, until a person does something or, with `try_at`, until then."""
    if subscription.held != why:
        record(subscription, "held", actor, cycle=subscription.cycle + 1, detail=detail)
    _wait(subscription, why, try_at)


def wait(subscription: Subscription, until: datetime | None) -> None:
    """Look at it again then; without a time, once news comes of the payment that is on its way."""
    _wait(subscription, "", until)


def _wait(subscription: Subscription, why: str, until: datetime | None) -> None:
    """One that ends with its period waits for that and for nothing else."""
    if subscription.ends_after_cycle:
        why, until = "", subscription.due_at
    subscription.held, subscription.try_at = why, until
    subscription.save()


def mark_late(subscription: Subscription) -> None:
    """What was declined or is held is past due from its due date on; before that it is merely not paid yet."""
    if subscription.bills and subscription.due_at and subscription.due_at <= clock.now():
        subscription.status = Status.PAST_DUE


def end(subscription: Subscription, status: str, reason: str, actor: str) -> None:
    """Nothing more is billed: it is cancelled or finished."""
    subscription.status, subscription.held = status, ""
    subscription.due_at = subscription.try_at = subscription.paused_at = None
    subscription.ended_at, subscription.end_reason = clock.now(), reason[:255]
    subscription.save()
    record(subscription, str(status), actor, detail=reason)


def drop_order(order: Order | None) -> None:
    """The order of a cycle that nobody will be charged for: where nothing is paid or on its way, it is cancelled."""
    unpaid = Order.objects.filter(pk=order.pk, payment_state=PaymentState.UNPAID).first() if order else None
    if unpaid:
        close_order(unpaid, reason="Its subscription ended.", subscription_ended=True)
