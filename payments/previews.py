"""What is to come: the rebills of a subscription or an offer with what they use of the cap, and a gateway's month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from gateways import clock, look
from gateways.models import Gateway, MonthlyVolume
from gateways.volume import month_of
from orders.models import Offer, Subscription
from orders.schedule import Coming, local_moment
from orders.services.plans import coming_cycles, coming_of_offer, plan_of
from payments.routing import route_offers

SHOWN = 12
MOST_SUBSCRIPTIONS = 5_000
"""More than these are added up as those that were looked at: the page says so, and stays quick."""


@dataclass(frozen=True)
class Row:
    """One rebill that is to come. `cap_share`: per cent of the monthly cap that it uses; None without a cap."""

    cycle: int
    due_at: datetime
    amount: int
    gateway: Gateway
    cap_share: int | None


@dataclass(frozen=True)
class MonthAhead:
    """Minor units. `scheduled` are rebills until the month ends, `left` what still fits under the cap beside them."""

    used: int
    scheduled: int
    rebills: int
    left: int | None
    month_ends: date
    is_whole: bool

    @property
    def over(self) -> int:
        """How much of what is scheduled finds no room."""
        return max(0, -self.left) if self.left is not None else 0


def next_rebills(subscription: Subscription) -> list[Row]:
    return _rows(coming_cycles(subscription), subscription.gateway)


def rebills_of_offer(offer: Offer) -> list[Row]:
    """Of one that is bought now, through the gateway that routing would choose; empty where none would."""
    if not offer.is_recurring:
        return []
    gateway = route_offers(offer.campaign, [offer], int(offer.price)).gateway
    return _rows(coming_of_offer(offer, gateway, clock.now()), gateway) if gateway else []


def _rows(coming: Iterable[Coming], gateway: Gateway) -> list[Row]:
    return [
        Row(one.cycle, one.due_at, one.amount, gateway, _share(one.amount, gateway)) for one in islice(coming, SHOWN)
    ]


def _share(amount: int, gateway: Gateway) -> int | None:
    return look.percent_of(amount, int(gateway.monthly_cap)) if gateway.monthly_cap else None


def month_ahead(gateway: Gateway) -> MonthAhead:
    """This month of the gateway's: what it has taken and holds, and the rebills that will come before it ends."""
    now = clock.now()
    month = month_of(gateway, now)
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    end = local_moment(following, time(0), gateway.time_zone)
    volume = MonthlyVolume.objects.filter(gateway=gateway, month=month).first()
    used = volume.used if volume else 0
    due = list(_due_before(gateway, end)[: MOST_SUBSCRIPTIONS + 1])
    amounts = [one.amount for row in due[:MOST_SUBSCRIPTIONS] for one in _until(row, end)]
    scheduled = sum(amounts)
    left = None if gateway.monthly_cap is None else int(gateway.monthly_cap) - used - scheduled
    last_day = end.astimezone(ZoneInfo(gateway.time_zone)).date()
    return MonthAhead(used, scheduled, len(amounts), left, last_day, is_whole=len(due) <= MOST_SUBSCRIPTIONS)


def _due_before(gateway: Gateway, end: datetime) -> QuerySet[Subscription]:
    billed = Subscription.objects.filter(
        gateway=gateway, due_at__lt=end, status__in=[Subscription.Status.ACTIVE, Subscription.Status.PAST_DUE]
    )
    return billed.select_related("offer").prefetch_related("offer__cycles").order_by("due_at")


def _until(subscription: Subscription, end: datetime) -> Iterable[Coming]:
    for one in coming_cycles(subscription, plan_of(subscription.offer)):
        if one.due_at >= end:
            return
        yield one
