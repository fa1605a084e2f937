"""The schedule of an offer and of a subscription, read from their rows."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from gateways.models import Gateway
from orders import schedule
from orders.models import Offer, Order, Subscription
from orders.schedule import Anchor, Coming, Plan, Step


def plan_of(offer: Offer) -> Plan:
    """One query. An offer that is not recurring, or has no cycles, has an empty plan."""
    cycles = sorted(offer.cycles.all(), key=lambda cycle: cycle.number) if offer.is_recurring else []
    steps = (Step(one.number, int(one.price), one.every_count, one.every_unit) for one in cycles)
    return Plan(tuple(steps), offer.repeats)


def recurs(order: Order) -> bool:
    """Will a subscription begin when it is paid? Then its card has to be kept."""
    recurring = order.lines.filter(offer__kind=Offer.Kind.RECURRING, offer__cycles__isnull=False)
    return order.subscription_id is None and recurring.exists()


def anchor_of(subscription: Subscription) -> Anchor:
    local = subscription.started_at.astimezone(ZoneInfo(subscription.time_zone))
    return Anchor(subscription.anchor_day, local.time().replace(microsecond=0, fold=0), subscription.time_zone)


def next_amount(subscription: Subscription, plan: Plan) -> int | None:
    """What the next cycle costs, in minor units; None when there is none. An order that is made keeps its own."""
    step = plan.step(subscription.cycle + 1)
    if step is None:
        return None
    price = step.price if subscription.price_override is None else int(subscription.price_override)
    return price * subscription.quantity


def coming_cycles(subscription: Subscription, plan: Plan | None = None) -> Iterator[Coming]:
    """The rebills that are still to come; none once it ended, nor of one that is cancelled at the end of its period."""
    if subscription.due_at is None or subscription.ends_after_cycle:
        return iter(())
    return schedule.coming(
        plan or plan_of(subscription.offer),
        anchor_of(subscription),
        subscription.cycle + 1,
        subscription.due_at,
        price=None if subscription.price_override is None else int(subscription.price_override),
        quantity=subscription.quantity,
    )


def coming_of_offer(offer: Offer, gateway: Gateway, started_at: datetime, *, quantity: int = 1) -> Iterator[Coming]:
    """The rebills of a subscription that would begin at that moment through this gateway, for a preview."""
    plan = plan_of(offer)
    first = plan.step(2)
    if first is None:
        return iter(())
    due, anchor = schedule.advance(started_at, first, Anchor.of(started_at, gateway.time_zone))
    return schedule.coming(plan, anchor, 2, due, quantity=quantity)
