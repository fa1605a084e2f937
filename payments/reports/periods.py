"""The months that a report is about. A month is the gateway's own: it turns at midnight in its time zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

OFFERED = 24
FURTHEST_AHEAD = timedelta(hours=14)  # no clock on earth is further ahead of UTC

PRESETS = {
    "this": ("This month", 0, 0),
    "last": ("Last month", 1, 1),
    "3": ("Last 3 months", 2, 0),
    "6": ("Last 6 months", 5, 0),
    "12": ("Last 12 months", 11, 0),
}
"""Label, and how many months ago the first and the last month are."""

DEFAULT = "this"


@dataclass(frozen=True)
class Span:
    """The first days of a period's first and last month."""

    first: date
    last: date

    @property
    def end(self) -> date:
        """The first day that is not in it any longer."""
        return shift(self.last, 1)


@dataclass(frozen=True)
class Period:
    """A choice of months, by its value in the address: one of the presets, or a month such as 2026-11."""

    value: str

    def span(self, this_month: date) -> Span:
        if self.value in PRESETS:
            _, first, last = PRESETS[self.value]
            return Span(shift(this_month, -first), shift(this_month, -last))
        month = date.fromisoformat(f"{self.value}-01")
        return Span(month, month)

    @property
    def label(self) -> str:
        return PRESETS[self.value][0] if self.value in PRESETS else f"{date.fromisoformat(f'{self.value}-01'):%B %Y}"


def shift(month: date, by: int) -> date:
    """The first day of the month so many months later."""
    count = month.year * 12 + month.month - 1 + by
    return date(count // 12, count % 12 + 1, 1)


def choices(now: datetime, *, single_months: bool = False) -> list[tuple[str, str]]:
    """What a report offers; `single_months`: no preset of several."""
    newest = (now + FURTHEST_AHEAD).date().replace(day=1)
    months = [Period(f"{shift(newest, -ago):%Y-%m}") for ago in range(OFFERED)]
    presets = [Period(value) for value, (_, first, last) in PRESETS.items() if first == last or not single_months]
    return [(period.value, period.label) for period in [*presets, *months]]
