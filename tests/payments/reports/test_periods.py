"""Months of a report: presets are counted from the gateway's own month, and none is skipped at the turn of a year."""

from datetime import UTC, date, datetime

import pytest

from payments.reports.periods import PRESETS, Period, Span, choices, shift

JANUARY = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("this", "2027-01", "2027-01"),
        ("last", "2026-12", "2026-12"),
        ("3", "2026-11", "2027-01"),
        ("6", "2026-08", "2027-01"),
        ("12", "2026-02", "2027-01"),
        ("2026-11", "2026-11", "2026-11"),
    ],
)
def test_a_period_is_whole_months(value: str, first: str, last: str) -> None:
    span = Period(value).span(JANUARY)
    assert (f"{span.first:%Y-%m}", f"{span.last:%Y-%m}") == (first, last)


def test_the_end_is_the_day_after_the_last() -> None:
    assert Span(date(2026, 11, 1), date(2026, 12, 1)).end == JANUARY


@pytest.mark.parametrize(("by", "month"), [(-1, "2026-12"), (-13, "2025-12"), (11, "2027-12"), (12, "2028-01")])
def test_months_are_counted_over_the_turn_of_a_year(by: int, month: str) -> None:
    assert f"{shift(JANUARY, by):%Y-%m}" == month


def test_two_years_of_months_are_offered_and_the_one_that_began_somewhere_already() -> None:
    offered = [value for value, _ in choices(datetime(2026, 11, 30, 12, tzinfo=UTC))]
    assert offered[: len(PRESETS)] == list(PRESETS)
    assert offered[len(PRESETS)] == "2026-12"
    assert offered[-1] == "2025-01"


def test_where_one_month_is_shown_none_of_several_is_offered() -> None:
    offered = dict(choices(datetime(2026, 11, 25, tzinfo=UTC), single_months=True))
    assert set(offered) & set(PRESETS) == {"this", "last"}
    assert offered["2026-11"] == "November 2026"
