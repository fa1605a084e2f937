"""When a declined rebill is tried again. Pure: no clock and no database.

A bank that said no at night may say yes by day: each try is at another hour of the day than the one before, in the
subscription's time zone, and the minute differs from one subscription to the next so that they do not all come at once.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from orders.schedule import local_moment

HOURS = (10, 19, 14, 7)
"""Waking hours, well apart."""
APART = 3
AFTER_FAILURES = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Nothing was sent: it is our trouble, not the card's. It is tried again until a person has mended it."""


def next_retry(
    days: Sequence[int], declines: int, *, first: datetime, last: datetime, zone: str, minute: int = 0
) -> datetime | None:
    """The try after so many declines, of which the `first` and the `last` were then. None: the schedule is at its end.

    `days` are counted from the first decline. A try that was late moves the next one on: never two on one day.
    """
    if declines > len(days):
        return None
    there = ZoneInfo(zone)
    planned = first.astimezone(there).date() + timedelta(days=days[declines - 1])
    local = last.astimezone(there)
    day = max(planned, local.date() + timedelta(days=1))
    return local_moment(day, time(_other_hour(local.hour, declines), minute % 60), zone)


def _other_hour(hour: int, declines: int) -> int:
    others = [one for one in HOURS if min((one - hour) % 24, (hour - one) % 24) >= APART]
    return others[declines % len(others)]


def after_failure(failures: int) -> timedelta:
    """How long to wait after so many tries that were never sent."""
    return AFTER_FAILURES[min(failures, len(AFTER_FAILURES)) - 1]


def next_reminder(days: Sequence[int], asked_at: datetime, now: datetime) -> datetime | None:
    """When a customer who has to confirm is written to again. None: we have waited long enough."""
    return next((at for day in days if (at := asked_at + timedelta(days=day)) > now), None)
