"""What a person can do with a subscription. Each is refused with the field and the remedy, and then nothing changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from gateways import clock, money
from gateways.models import Gateway
from orders import schedule
from orders.models import Campaign, Card, Order, PaymentState, Subscription
from orders.services import billing
from orders.services.billing import record
from orders.services.plans import anchor_of, plan_of
from orders.services.vault import can_charge

Status, Held = Subscription.Status, Subscription.Held
FARTHEST = timedelta(days=731)
BATCH = 200


class SubscriptionProblem(Exception):
    """Nothing was changed. `field` is the form's field, `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@contextmanager
def _changing(subscription: Subscription, *states: str) -> Iterator[tuple[Subscription, Order | None]]:
    """The row and the order of the cycle that is due, locked. The caller's own copy shows the change afterwards."""
    with transaction.atomic():
        row, order = billing.lock(subscription.pk)
        if row is None:
            raise SubscriptionProblem("subscription", "This subscription does not exist any longer: reload the page.")
        if row.status not in states:
            raise SubscriptionProblem("subscription", _refusal(row))
        yield row, order
    subscription.refresh_from_db()


def _refusal(row: Subscription) -> str:
    remedy = {
        Status.ACTIVE: "it goes on by itself.",
        Status.PAST_DUE: "its card is tried again by itself; enter another card, or bill it now.",
        Status.PAUSED: "resume it first.",
        Status.CANCELLED: "take a new order, which starts a new one.",
        Status.FINISHED: "take a new order, which starts a new one.",
    }
    return f"{row} is {row.get_status_display().lower()}: {remedy[Status(row.status)]}"


def pause(subscription: Subscription, actor: str) -> None:
    """Bill nothing until it is resumed. A charge that is on its way still counts."""
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE) as (row, _):
        if row.ends_after_cycle:
            raise SubscriptionProblem(
                "subscription", f"{row} ends on {_day(row):%-d %b %Y} and bills nothing more: keep it first."
            )
        row.status, row.paused_at, row.held, row.try_at = Status.PAUSED, clock.now(), "", None
        row.save()
        record(row, "paused", actor)


def resume(subscription: Subscription, actor: str) -> None:
    """The dates that passed meanwhile are left out: the next one is the first of its rhythm that is still to come."""
    with _changing(subscription, Status.PAUSED) as (row, _):
        step = plan_of(row.offer).step(row.cycle + 1)
        if step is None or row.due_at is None:
            billing.end(row, Status.FINISHED, "Its offer has no further cycle.", actor)
            return
        due, anchor = schedule.first_after(clock.now(), row.due_at, step, anchor_of(row))
        row.status, row.paused_at, row.retries = Status.ACTIVE, None, 0
        row.due_at, row.anchor_day = due, anchor.day
        _go_on(row)
        record(row, "resumed", actor, detail=f"The next rebill is due on {_day(row):%-d %b %Y}.")


def cancel(subscription: Subscription, reason: str, actor: str, *, at_period_end: bool = False) -> None:
    """At once, or when the period that is paid is over: a paused one, and one whose period is over, at once anyway.

    A charge that is on its way is not called back; what comes of it is written down.
    """
    if not reason.strip():
        raise SubscriptionProblem("reason", "Say why: it is kept with the subscription.")
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED) as (row, order):
        if at_period_end and row.bills and row.due_at and row.due_at > clock.now():
            row.ends_after_cycle, row.end_reason = True, reason.strip()[:255]
            billing.wait(row, row.due_at)
            record(row, "cancel asked", actor, detail=f"At the end of its period, {_day(row):%-d %b %Y}. {reason}")
            return
        billing.drop_order(order)
        billing.end(row, Status.CANCELLED, reason.strip(), actor)


def keep(subscription: Subscription, actor: str) -> None:
    """Let one that was to end with its period go on."""
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE) as (row, _):
        if not row.ends_after_cycle:
            raise SubscriptionProblem("subscription", f"{row} is not going to end: there is nothing to take back.")
        row.ends_after_cycle, row.end_reason = False, ""
        _go_on(row)
        record(row, "kept", actor, detail="The cancellation was taken back.")


def cancel_all_of(campaign: Campaign, actor: str, reason: str) -> int:
    """Every subscription of a campaign at once, each in a transaction of its own; how many were cancelled."""
    done, ids = 0, _open_ones(campaign, after=0)
    while ids:
        for subscription in Subscription.objects.filter(pk__in=ids).order_by("pk"):
            try:
                cancel(subscription, reason, actor)
            except SubscriptionProblem:
                continue  # it ended meanwhile
            done += 1
        ids = _open_ones(campaign, after=ids[-1])
    return done


def _open_ones(campaign: Campaign, after: int) -> list[int]:
    rows = Subscription.objects.filter(offer__campaign=campaign, ended_at=None, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def change_date(subscription: Subscription, day: date, actor: str) -> None:
    """The next rebill is due on that day, at its usual time; the dates after it keep to that day of the month."""
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED) as (row, order):
        today = clock.now().astimezone(ZoneInfo(row.time_zone)).date()
        if not today < day <= today + FARTHEST:
            raise SubscriptionProblem(
                "date", f"Choose a day from tomorrow to {today + FARTHEST:%-d %b %Y}; to bill it today, bill it now."
            )
        if order and order.payment_state == PaymentState.IN_PROGRESS:
            raise SubscriptionProblem("date", f"{row} is being billed: wait for the result, then change the date.")
        before, row.anchor_day = _day(row), day.day
        row.due_at = schedule.local_moment(day, anchor_of(row).at, row.time_zone)
        row.retries = 0
        if row.bills:
            row.status = Status.ACTIVE
            _go_on(row)
        row.save()
        record(row, "date changed", actor, cycle=row.cycle + 1, detail=f"{before:%-d %b %Y} → {day:%-d %b %Y}")


def change_price(subscription: Subscription, price: int | None, actor: str) -> None:
    """Of one piece, in minor units, from the next order that is made on; None: the prices of the offer."""
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED) as (row, _):
        currency = row.offer.campaign.currency
        if price is not None:
            try:
                money.check_chargeable(price * row.quantity, currency)
            except money.MoneyError as error:
                raise SubscriptionProblem("price", str(error)) from error
        row.price_override = price
        row.save()
        told = "The prices of the offer" if price is None else money.plain(price, currency)
        record(row, "price changed", actor, cycle=row.cycle + 1, detail=told)


def change_card(subscription: Subscription, card: Card, actor: str) -> None:
    """Bill this card from now on: a cycle that waits is tried at once, and its retries begin anew.

    Where the card is kept on another account than the gateway's, a gateway on that account takes over (D8).
    """
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED) as (row, _):
        if card.customer_id != row.customer_id:
            raise SubscriptionProblem("card", "This card belongs to another customer: choose one of this customer's.")
        if card.blocked_at:
            raise SubscriptionProblem("card", f"This card is never charged again ({card.block_reason}): take another.")
        gateway = _gateway_for(row, card)
        moved = gateway != row.gateway
        row.card, row.gateway, row.retries = card, gateway, 0
        if row.bills and row.held in {Held.CARD, Held.RETRIES, Held.AUTHENTICATION, ""}:
            _go_on(row)
        row.save()
        record(row, "card changed", actor, detail=f"{card}{f', through {gateway}' if moved else ''}")


def _gateway_for(row: Subscription, card: Card) -> Gateway:
    if row.gateway.kind.takes_cards and can_charge(row.gateway, card):
        return row.gateway
    fitting = Gateway.objects.usable().filter(
        account_id=card.account_id, mode=card.mode, currency=row.offer.campaign.currency
    )
    for gateway in fitting.order_by("-is_default", "pk"):
        if gateway.kind.takes_cards and gateway.mode == row.offer.campaign.mode:
            return gateway
    raise SubscriptionProblem(
        "card", "No active gateway can charge this card: it is kept on an account of none. Enter the card anew."
    )


def change_gateway(subscription: Subscription, gateway: Gateway, actor: str) -> None:
    """Bill through this gateway from now on: one that can charge the subscription's card."""
    with _changing(subscription, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED) as (row, _):
        campaign, gateway = row.offer.campaign, Gateway.objects.get(pk=gateway.pk)
        if not gateway.is_usable:
            raise SubscriptionProblem("gateway", f"{gateway} is not active: choose another, or activate it first.")
        if (gateway.mode, gateway.currency) != (campaign.mode, campaign.currency) or not gateway.kind.takes_cards:
            raise SubscriptionProblem(
                "gateway",
                f"{gateway} cannot charge cards in {campaign.currency}, {campaign.mode} mode: choose another.",
            )
        if row.card and not can_charge(gateway, row.card):
            raise SubscriptionProblem(
                "gateway",
                f"The card is kept on another account than {gateway}'s: choose a gateway on its account, or enter the "
                "card anew.",
            )
        before, row.gateway = row.gateway, gateway
        if row.bills and row.held in {Held.CAP, Held.GATEWAY}:
            _go_on(row)
        row.save()
        record(row, "gateway changed", actor, detail=f"{before} → {gateway}")


def _go_on(row: Subscription) -> None:
    """Wait for nothing but the date: a date that has passed is tried at once."""
    usable = row.card is not None and row.card.blocked_at is None
    row.held = "" if usable else Held.CARD
    row.try_at = max(clock.now(), row.due_at) if usable and row.due_at else None
    row.save()


def _day(row: Subscription) -> date:
    if row.due_at is None:
        raise ValueError(f"{row} is never due")
    return row.due_at.astimezone(ZoneInfo(row.time_zone)).date()
