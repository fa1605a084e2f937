"""When a declined card is tried again: on the campaign's days, at other hours of the day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.dunning import after_failure, next_reminder, next_retry
from tests.orders.test_schedule import ZONES

DAYS = [1, 3, 5, 7]
FIRST = datetime(2027, 3, 10, 9, 30, tzinfo=UTC)

moments = st.integers(0, 5 * 365 * 86_400).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(0, seconds))


def series(first: datetime, zone: str = "UTC", days: list[int] | None = None) -> list[datetime]:
    """Each try declined a minute after it was due."""
    tries: list[datetime] = []
    last = first
    while again := next_retry(days or DAYS, len(tries) + 1, first=first, last=last, zone=zone, minute=17):
        tries.append(again)
        last = again + timedelta(minutes=1)
    return tries


def test_the_days_count_from_the_first_decline_and_end() -> None:
    assert [f"{at:%m-%d}" for at in series(FIRST)] == ["03-11", "03-13", "03-15", "03-17"]


@given(first=moments, zone=st.sampled_from(ZONES))
def test_every_try_is_at_another_hour_than_the_one_before_and_on_its_day(first: datetime, zone: str) -> None:
    there, before = ZoneInfo(zone), first.astimezone(ZoneInfo(zone))
    for day, again in zip(DAYS, series(first, zone), strict=True):
        local = again.astimezone(there)
        assert (local.date() - first.astimezone(there).date()).days == day
        apart = abs(local.hour - before.hour)
        assert min(apart, 24 - apart) >= 2  # three hours, but for the nights of the clocks
        assert 6 <= local.hour <= 20
        before = local


def test_a_try_that_came_late_moves_the_next_one_on() -> None:
    late = FIRST + timedelta(days=6)
    again = next_retry(DAYS, 2, first=FIRST, last=late, zone="UTC")
    assert again is not None
    assert again.date() == (late + timedelta(days=1)).date()


def test_two_subscriptions_are_not_tried_in_the_same_minute() -> None:
    tries = {next_retry(DAYS, 1, first=FIRST, last=FIRST, zone="UTC", minute=pk) for pk in range(60)}
    assert len(tries) == 60


@pytest.mark.parametrize(("failures", "hours"), [(1, 1), (2, 6), (3, 24), (9, 24)])
def test_what_was_never_sent_is_tried_again_later_and_later(failures: int, hours: int) -> None:
    assert after_failure(failures) == timedelta(hours=hours)


def test_a_customer_who_has_to_confirm_is_reminded_on_the_same_days_and_then_no_more() -> None:
    now, reminders = FIRST, []
    while again := next_reminder(DAYS, FIRST, now):
        reminders.append((again - FIRST).days)
        now = again
    assert reminders == DAYS
