"""Rebills: beat finds the subscriptions that are due, and makes of each the order and the payment of its next cycle.

The database is the queue. A cycle is claimed by locking its subscription, and billed in one transaction: its order and
its live payment are one each, by constraint, whoever comes how often. The charge itself goes the way of every payment.
"""

import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from gateways import clock
from gateways.models import Gateway
from orders.models import Order, Subscription
from orders.services import billing
from orders.services.plans import next_amount, plan_of
from payments.actors import BEAT, Actor
from payments.models import Payment, Purpose
from payments.services.attempts import free_from
from payments.services.gate import chargeable
from payments.services.rebill_route import CannotBill, route_rebill
from payments.services.reserve import PaymentRefused, Wish, reserve
from payments.services.subscription_mails import tell_card_needed
from payments.services.waiting import look_after, still_closing
from payments.states import LIVE

log = logging.getLogger("midway.rebills")

Held, State = Subscription.Held, Subscription.Status
BATCH = 100
SHORTLY = timedelta(minutes=1)
AFTER_A_FAULT = timedelta(hours=1)


@dataclass
class Round:
    """What one look at the due subscriptions came to. `more`: time ran out before all were seen."""

    payments: list[int] = field(default_factory=list)
    seen: int = 0
    more: bool = False


def bill_due(*, seconds: int | None = None, actor: Actor = BEAT) -> Round:
    """Claim what is due, oldest first, for so many seconds. The caller has the payments charged after the commits.

    Any number may run at once: what one has at work the others pass over.
    """
    note_stopped()
    release_changed()
    done, place = Round(), None
    stop_at = None if seconds is None else time.monotonic() + seconds
    while batch := _due_after(place):
        for pk, _ in batch:
            if stop_at and time.monotonic() >= stop_at:
                done.more = True
                return done
            done.seen += 1
            if payment := _bill_safely(pk, actor):
                done.payments.append(payment.pk)
        place = batch[-1]
    return done


def due() -> QuerySet[Subscription]:
    rows = Subscription.objects.filter(try_at__lte=clock.now())
    return chargeable(rows, campaign="offer__campaign", gateway="gateway")


def _due_after(place: tuple[int, datetime] | None) -> list[tuple[int, datetime]]:
    """The next of them, from where the last batch ended: one that stays due is seen once in a round."""
    rows = due()
    if place:
        pk, try_at = place
        rows = rows.filter(Q(try_at__gt=try_at) | Q(try_at=try_at, pk__gt=pk))
    return list(rows.order_by("try_at", "pk").values_list("pk", "try_at")[:BATCH])  # type: ignore[arg-type]


def _bill_safely(pk: int, actor: Actor) -> Payment | None:
    """One that cannot be billed for a fault of ours holds up nobody else."""
    try:
        return bill(pk, actor)
    except Exception:
        log.exception("subscription %s could not be billed", pk, extra={"subscription": pk})
        Subscription.objects.filter(pk=pk, try_at__isnull=False).update(try_at=clock.now() + AFTER_A_FAULT)
        return None


@transaction.atomic
def bill(pk: int, actor: Actor = BEAT) -> Payment | None:
    """Claim one subscription and reserve the payment of the cycle that is due. None: there is nothing to charge now."""
    subscription, order = billing.claim(pk)
    if subscription is None or subscription.try_at is None or subscription.try_at > clock.now():
        return None
    live = live_payment(order)
    if live:
        look_after(subscription, live, actor)
    elif subscription.ends_after_cycle:
        billing.drop_order(order)
        billing.end(subscription, State.CANCELLED, subscription.end_reason, actor.name)
    elif still_closing(order):
        billing.wait(subscription, clock.now() + SHORTLY)
    else:
        return _bill_or_hold(subscription, order, actor)
    return None


def _bill_or_hold(subscription: Subscription, order: Order | None, actor: Actor) -> Payment | None:
    amount = int(order.total) if order else next_amount(subscription, plan_of(subscription.offer))
    if amount is None:
        billing.end(subscription, State.FINISHED, "Its offer has no further cycle.", actor.name)
        return None
    try:
        payment = take_cycle(subscription, order, amount, actor)
    except CannotBill as why:
        put_off(subscription, why, actor)
        return None
    return payment


def live_payment(order: Order | None) -> Payment | None:
    return Payment.objects.filter(order=order, status__in=LIVE).first() if order else None


def take_cycle(
    subscription: Subscription, order: Order | None, amount: int, actor: Actor, form_token: uuid.UUID | None = None
) -> Payment:
    """Reserve the payment of the next cycle, with its order where there is none yet. Raises CannotBill.

    The subscription is locked, and so is its order. It waits for the payment's outcome from here on.
    """
    check_card(subscription)
    route = route_rebill(subscription, amount)
    try:
        with transaction.atomic():
            wish = Wish(
                order=order or billing.make_order(subscription, amount),
                gateway=route.gateway,
                amount=amount,
                actor=actor,
                card=subscription.card,
                off_session=True,
                purpose=Purpose.REBILL,
                form_token=form_token,
                route=route.trace,
            )
            payment = reserve(wish).payment
    except PaymentRefused as refusal:
        raise _refused(refusal) from refusal
    billing.wait(subscription, None)
    detail = f"{payment} through {route.gateway}"
    billing.record(subscription, "billed", actor.name, cycle=payment.cycle, detail=detail)
    return payment


def _refused(refusal: PaymentRefused) -> CannotBill:
    """What routing had found well a moment ago: somebody else took the room, or the card is gone."""
    held = Held.CARD if refusal.field == "method" else Held.GATEWAY
    try_at = None if held == Held.CARD else clock.now() + SHORTLY
    return CannotBill(held, refusal.field, refusal.message, try_at=try_at)


def check_card(subscription: Subscription) -> None:
    """Raises CannotBill when there is no card that may be charged while its holder is away."""
    card = subscription.card
    if card is None:
        raise CannotBill(Held.CARD, "card", "There is no card to charge: the customer has to enter one.")
    if card.blocked_at:
        why = f"{card} is never charged again: {card.block_reason} The customer has to enter another."
        raise CannotBill(Held.CARD, "card", why)
    campaign = subscription.offer.campaign
    if later := free_from(card, campaign.attempts_per_card):
        why = f"{card} was tried {campaign.attempts_per_card} times in 30 days: the next try may be on"
        raise CannotBill("", "card", f"{why} {later:%-d %b %Y}, {later:%H:%M} UTC.", try_at=later)


def put_off(subscription: Subscription, why: CannotBill, actor: Actor) -> None:
    if not why.held:
        billing.record(subscription, "put off", actor.name, cycle=subscription.cycle + 1, detail=why.message)
        billing.wait(subscription, why.try_at)
        return
    if why.held == Held.CARD:
        billing.mark_late(subscription)
        tell_card_needed(subscription, why.message)
    billing.hold(subscription, why.held, actor.name, why.message, try_at=why.try_at)


def note_stopped() -> None:
    """Due ones that the kill switch holds say so, until it is released; then they are due as before."""
    waiting = Subscription.objects.filter(try_at__lte=clock.now(), held="")
    waiting.exclude(pk__in=due().values("pk")).update(held=Held.STOPPED)
    stopped = Subscription.objects.filter(held=Held.STOPPED)
    stopped.filter(pk__in=chargeable(stopped, campaign="offer__campaign", gateway="gateway").values("pk")).update(
        held=""
    )


def release_changed() -> None:
    """What a gateway holds is looked at as soon as a gateway on its account has been changed: switched on, say."""
    account = Gateway.objects.filter(account_id=OuterRef("gateway__account_id"), mode=OuterRef("gateway__mode"))
    changed = account.filter(updated_at__gt=OuterRef("updated_at"))
    held = Subscription.objects.filter(held__in=[Held.CAP, Held.GATEWAY], try_at__gt=clock.now())
    held.filter(Exists(changed)).update(try_at=clock.now())
