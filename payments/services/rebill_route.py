"""The gateway of a rebill: the one that approved the first sale, or, where that is so wished, one on its account."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateways import clock
from gateways.models import Gateway, WhenCapped
from gateways.usage import with_recent_volumes
from gateways.volume import month_of
from orders.models import Subscription
from orders.schedule import local_moment
from payments.routing import CHOSEN, DROPPED, Terms, has_no_room, objection, trace_row

Held = Subscription.Held
SECOND_LOOK = timedelta(hours=3)
"""A gateway that is changed is looked at again at once (`release_changed`): this is for what else may have mended."""


class CannotBill(Exception):
    """Why a cycle cannot be charged now: what it waits for, and when it is looked at again if not before.

    `field` and `message` are for a person who wanted it charged.
    """

    def __init__(self, held: str, field: str, message: str, *, try_at: datetime | None = None) -> None:
        super().__init__(message)
        self.held = held
        self.field = field
        self.message = message
        self.try_at = try_at


@dataclass(frozen=True)
class RebillRoute:
    gateway: Gateway
    trace: tuple[dict[str, str], ...]


def route_rebill(subscription: Subscription, amount: int) -> RebillRoute:
    """Raises CannotBill where neither the subscription's own gateway nor one in its place can take the amount now."""
    terms = Terms(subscription.offer.campaign, amount, subscription.card)
    own = with_recent_volumes(Gateway.objects.filter(pk=subscription.gateway_id)).get()
    why_not = objection(own, terms)
    if not why_not:
        return RebillRoute(own, (trace_row(own, CHOSEN, "It is the subscription's own."),))
    trace = [trace_row(own, DROPPED, why_not)]
    for other in _in_its_place(own):
        if objections := objection(other, terms):
            trace.append(trace_row(other, DROPPED, objections))
        else:
            reason = f"It is on the same account as {own}, which cannot take it: {why_not}"
            return RebillRoute(other, (trace_row(other, CHOSEN, reason), *trace))
    raise _nobody(own, why_not, terms, tried=len(trace))


def _in_its_place(own: Gateway) -> list[Gateway]:
    if own.when_capped != WhenCapped.OTHER:
        return []
    peers = Gateway.objects.usable().filter(account_id=own.account_id, mode=own.mode, currency=own.currency)
    return list(with_recent_volumes(peers.exclude(pk=own.pk).order_by("-is_default", "pk")))


def _nobody(own: Gateway, why_not: str, terms: Terms, *, tried: int) -> CannotBill:
    others = " No other gateway on its account can take it." if tried > 1 or own.when_capped == WhenCapped.OTHER else ""
    message = f"{own} cannot take it. {why_not}{others}"
    if why_not == has_no_room(own, terms):
        return CannotBill(Held.CAP, "gateway", message, try_at=next_month(own))
    return CannotBill(Held.GATEWAY, "gateway", message, try_at=clock.now() + SECOND_LOOK)


def next_month(gateway: Gateway) -> datetime:
    """When there is room under the cap again: at midnight where the gateway is."""
    first = month_of(gateway, clock.now())
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return local_moment(following, time(0), gateway.time_zone)
