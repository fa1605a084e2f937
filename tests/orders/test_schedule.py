"""Dates by rule: they never drift, whatever the month, the time zone and the night of the clocks."""

import calendar
import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import schedule
from orders.schedule import DAY, MONTH, Anchor, Plan, Step

ZONES = [
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/Havana",  # puts its clocks forward at midnight
    "America/Scoresbysund",  # and here at 23:00
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Kiritimati",
]
MONTHLY = Step(2, 1000, 1, MONTH)
FIVE_YEARS = 60

zones = st.sampled_from(ZONES)
starts = st.integers(0, 5 * 365 * 86_400).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(0, seconds))


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def dates(step: Step, start: datetime, zone: str, count: int) -> list[datetime]:
    """The next `count` dates in local time."""
    due, anchor, found = start, Anchor.of(start, zone), []
    for _ in range(count):
        due, anchor = schedule.advance(due, step, anchor)
        found.append(local(due, zone))
    return found


def monthly(start: str, count: int, zone: str = "UTC") -> list[str]:
    at = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    return [f"{due:%Y-%m-%d}" for due in dates(MONTHLY, at, zone, count)]


def test_the_31st_comes_back_after_every_shorter_month() -> None:
    assert monthly("2027-01-31 12:00", 4) == ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]


def test_the_leap_day_is_used_where_there_is_one() -> None:
    assert monthly("2028-01-30 12:00", 2) == ["2028-02-29", "2028-03-30"]
    yearly = dates(Step(2, 1000, 12, MONTH), datetime(2028, 2, 29, 12, tzinfo=UTC), "UTC", 4)
    assert [f"{due:%Y-%m-%d}" for due in yearly] == ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


@given(start=starts, zone=zones, months=st.integers(1, 12))
def test_monthly_dates_keep_to_the_anchor_day_for_five_years(start: datetime, zone: str, months: int) -> None:
    first = local(start, zone)
    for number, due in enumerate(dates(Step(2, 1, months, MONTH), start, zone, FIVE_YEARS // months), start=1):
        year, month = divmod(first.year * 12 + first.month - 1 + months * number, 12)
        last = calendar.monthrange(year, month + 1)[1]
        assert (due.year, due.month, due.day) == (year, month + 1, min(first.day, last))


@given(start=starts, zone=zones, days=st.integers(1, 60))
def test_day_intervals_are_counted_in_local_dates(start: datetime, zone: str, days: int) -> None:
    before = local(start, zone).date()
    for due in dates(Step(2, 1, days, DAY), start, zone, min(60, 1825 // days)):
        assert due.date() == before + timedelta(days=days)
        before = due.date()


@given(start=starts, zone=zones, unit=st.sampled_from([DAY, MONTH]))
def test_the_time_of_day_is_that_of_the_first_sale_but_in_the_nights_of_the_clocks(
    start: datetime, zone: str, unit: str
) -> None:
    wanted = local(start, zone).time().replace(microsecond=0, fold=0)
    for due in dates(Step(2, 1, 1, unit), start, zone, FIVE_YEARS):
        shift = abs(datetime.combine(due.date(), due.time()) - datetime.combine(due.date(), wanted))
        exists = datetime.combine(due.date(), wanted, ZoneInfo(zone))
        round_trip = exists.astimezone(UTC).astimezone(ZoneInfo(zone)).time()
        assert shift == timedelta() if round_trip == wanted else shift <= timedelta(hours=1)


@given(start=starts, zone=zones, unit=st.sampled_from([DAY, MONTH]), count=st.integers(1, 40))
def test_dates_only_go_forward(start: datetime, zone: str, unit: str, count: int) -> None:
    before = start
    for due in dates(Step(2, 1, count, unit), start, zone, 24):
        assert due > before
        before = due


@pytest.mark.parametrize(
    ("zone", "day", "at", "told"),
    [
        ("America/New_York", date(2027, 3, 14), time(2, 30), "2027-03-14 03:30 -0400"),  # does not exist: as much later
        ("America/New_York", date(2027, 11, 7), time(1, 30), "2027-11-07 01:30 -0400"),  # exists twice: the first
        ("America/Havana", date(2027, 3, 14), time(0, 30), "2027-03-14 01:30 -0400"),
        ("America/Scoresbysund", date(2027, 3, 27), time(23, 30), "2027-03-27 22:30 -0200"),  # 00:30 would be Sunday
        ("Australia/Lord_Howe", date(2027, 10, 3), time(2, 15), "2027-10-03 02:45 +1100"),
    ],
)
def test_the_nights_of_the_clocks(zone: str, day: date, at: time, told: str) -> None:
    assert f"{local(schedule.local_moment(day, at, zone), zone):%Y-%m-%d %H:%M %z}" == told


def test_after_the_night_of_the_clocks_the_usual_time_is_back() -> None:
    start = datetime(2027, 2, 14, 2, 30, tzinfo=ZoneInfo("America/New_York"))
    told = [f"{due:%m-%d %H:%M}" for due in dates(MONTHLY, start, "America/New_York", 3)]
    assert told == ["03-14 03:30", "04-14 02:30", "05-14 02:30"]


def test_a_day_begins_where_the_gateway_is() -> None:
    """23:30 on Jan 31 in New York is Feb 1 in UTC: the anchor is the 31st."""
    start = datetime(2027, 1, 31, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    assert [f"{due:%m-%d}" for due in dates(MONTHLY, start, "America/New_York", 2)] == ["02-28", "03-31"]


def test_months_after_days_keep_to_the_day_that_the_days_led_to() -> None:
    plan = Plan((Step(2, 500, 14, DAY), Step(3, 900, 1, MONTH)), repeats=True)
    start = datetime(2027, 1, 17, 9, tzinfo=UTC)
    due, anchor = schedule.advance(start, plan.steps[0], Anchor.of(start, "UTC"))
    found = [f"{one.due_at:%m-%d}" for one in itertools.islice(schedule.coming(plan, anchor, 2, due), 4)]
    assert found == ["01-31", "02-28", "03-31", "04-30"]


THREE = Plan((Step(2, 1500, 1, MONTH), Step(3, 1800, 1, MONTH), Step(4, 2000, 3, MONTH)), repeats=False)


def test_a_plan_that_ends_gives_its_cycles_and_no_more() -> None:
    due = datetime(2027, 1, 31, tzinfo=UTC)
    found = list(schedule.coming(THREE, Anchor.of(due, "UTC"), 2, due, quantity=2))
    assert [(one.cycle, f"{one.due_at:%Y-%m-%d}", one.amount) for one in found] == [
        (2, "2027-01-31", 3000),
        (3, "2027-02-28", 3600),
        (4, "2027-05-31", 4000),
    ]
    assert THREE.step(5) is None


def test_a_plan_that_repeats_goes_on_with_its_last_cycle_at_the_price_that_was_agreed() -> None:
    due = datetime(2027, 1, 31, tzinfo=UTC)
    plan = Plan(THREE.steps, repeats=True)
    found = itertools.islice(schedule.coming(plan, Anchor.of(due, "UTC"), 4, due, price=700), 3)
    assert [(one.cycle, f"{one.due_at:%Y-%m-%d}", one.amount) for one in found] == [
        (4, "2027-01-31", 700),
        (5, "2027-04-30", 700),
        (6, "2027-07-31", 700),
    ]


def test_a_missing_number_is_billed_like_the_one_before_and_an_empty_plan_never() -> None:
    plan = Plan((Step(3, 1, 1, MONTH), Step(6, 2, 1, MONTH)), repeats=True)
    assert [plan.steps.index(step) for number in range(2, 8) if (step := plan.step(number))] == [0, 0, 0, 0, 1, 1]
    assert Plan((), repeats=True).step(2) is None


def test_a_date_that_has_passed_gives_way_to_the_next_of_its_rhythm() -> None:
    due, now = datetime(2027, 1, 31, tzinfo=UTC), datetime(2027, 4, 15, tzinfo=UTC)
    moved, _ = schedule.first_after(now, due, MONTHLY, Anchor.of(due, "UTC"))
    assert moved == datetime(2027, 4, 30, tzinfo=UTC)
    assert schedule.first_after(due - timedelta(days=1), due, MONTHLY, Anchor.of(due, "UTC"))[0] == due
