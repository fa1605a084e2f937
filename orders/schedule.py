"""When the cycles of a subscription are due, and for how much. Pure: no clock and no database.

Every date is made by rule from the one before, in the subscription's own time zone:

- Months keep to the anchor day, or end with a month that is shorter: Jan 31, Feb 28 or 29, Mar 31.
- Days are counted in local dates; the next month after them keeps to the day that they led to.
- The time of day is always the one of the first sale. Where the clocks are put forward over it, the cycle is due as
  much later (02:30 becomes 03:30), or earlier where that would be the next day; where they are put back, at the first
  of the two. The cycle after it is due at the usual time again.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY, MONTH = "day", "month"


@dataclass(frozen=True)
class Step:
    """A cycle of an offer, 2 or later: its price in minor units, and how long after the cycle before it is due."""

    number: int
    price: int
    count: int
    unit: str


@dataclass(frozen=True)
class Plan:
    """The cycles of an offer in the order of their numbers. `repeats`: the last one goes on for ever."""

    steps: tuple[Step, ...]
    repeats: bool

    def step(self, cycle: int) -> Step | None:
        """What is billed as this cycle; None after the plan's end. A number that is missing is like the one before."""
        if not self.steps or (cycle > self.steps[-1].number and not self.repeats):
            return None
        return next((step for step in reversed(self.steps) if step.number <= cycle), self.steps[0])


@dataclass(frozen=True)
class Anchor:
    """What dates keep to: the day of the month and the time of day, in a time zone."""

    day: int
    at: time
    zone: str

    @classmethod
    def of(cls, moment: datetime, zone: str) -> "Anchor":
        local = moment.astimezone(ZoneInfo(zone))
        return cls(local.day, local.time().replace(microsecond=0, fold=0), zone)


@dataclass(frozen=True)
class Coming:
    """A cycle that will be billed: `amount` in minor units for the whole quantity."""

    cycle: int
    due_at: datetime
    amount: int


def local_moment(day: date, at: time, zone: str) -> datetime:
    """The moment, in UTC, at which it is that time on that day there; see above for the nights of the clocks."""
    wanted = datetime.combine(day, at, ZoneInfo(zone))
    moment = wanted.astimezone(UTC)
    if moment.astimezone(wanted.tzinfo).date() == day:
        return moment
    earlier = wanted.replace(fold=1).astimezone(UTC)
    return earlier if earlier.astimezone(wanted.tzinfo).date() == day else moment


def advance(due: datetime, step: Step, anchor: Anchor) -> tuple[datetime, Anchor]:
    """When the next cycle is due if the one before was due at `due`, and what the dates after it keep to."""
    today = due.astimezone(ZoneInfo(anchor.zone)).date()
    if step.unit == MONTH:
        return local_moment(_months_later(today, step.count, anchor.day), anchor.at, anchor.zone), anchor
    day = today + timedelta(days=step.count)
    return local_moment(day, anchor.at, anchor.zone), replace(anchor, day=day.day)


def _months_later(today: date, count: int, anchor_day: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
    return date(year, month + 1, min(anchor_day, calendar.monthrange(year, month + 1)[1]))


def first_after(moment: datetime, due: datetime, step: Step, anchor: Anchor) -> tuple[datetime, Anchor]:
    """`due` itself where it is still to come, else the first date of its rhythm after `moment`."""
    while due <= moment:
        due, anchor = advance(due, step, anchor)
    return due, anchor


def coming(
    plan: Plan, anchor: Anchor, cycle: int, due: datetime, *, price: int | None = None, quantity: int = 1
) -> Iterator[Coming]:
    """The cycles from `cycle` on, the first of them due at `due`; endless where the plan repeats.

    `price` stands for the prices of the plan.
    """
    while step := plan.step(cycle):
        yield Coming(cycle, due, (step.price if price is None else price) * quantity)
        cycle += 1
        following = plan.step(cycle)
        if following is None:
            return
        due, anchor = advance(due, following, anchor)
