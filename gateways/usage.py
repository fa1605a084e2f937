"""How much of its monthly cap each gateway of a list has used, in one query for all of them."""

from datetime import timedelta

from django.db.models import Prefetch, QuerySet

from gateways import clock
from gateways.models import Gateway, MonthlyVolume
from gateways.volume import month_of


def with_recent_volumes(gateways: QuerySet[Gateway]) -> QuerySet[Gateway]:
    """Months turn at different moments in different time zones, so last month's rows come along."""
    since = (clock.now() - timedelta(days=33)).date().replace(day=1)
    recent = MonthlyVolume.objects.filter(month__gte=since)
    return gateways.prefetch_related(Prefetch("volumes", queryset=recent, to_attr="recent_volumes"))


def used_this_month(gateway: Gateway) -> int:
    """Held and captured this month, in minor units. The gateway comes from `with_recent_volumes`."""
    month = month_of(gateway, clock.now())
    volumes: list[MonthlyVolume] = getattr(gateway, "recent_volumes", [])
    return next((volume.used for volume in volumes if volume.month == month), 0)
