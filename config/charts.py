"""Bar charts as numbers for an SVG: the template draws them, the style sheet colours them."""

from dataclasses import dataclass
from datetime import date

from gateways import money

WIDTH, HEIGHT = 600, 160
GAP = 0.28  # of a day's width
LEAST = 2.0  # a day with little money still shows


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    slot_x: float
    slot_width: float
    label: str


@dataclass(frozen=True)
class Chart:
    currency: str
    total: str
    highest: str
    first: date
    last: date
    bars: list[Bar]
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(currency: str, days: list[date], amounts: list[int]) -> Chart:
    """One bar a day, as high as its share of the highest day."""
    highest = max(amounts)
    slot = WIDTH / len(days)
    bars = []
    for position, (day, amount) in enumerate(zip(days, amounts, strict=True)):
        height = max(LEAST, amount / highest * HEIGHT) if amount else 0.0
        bars.append(
            Bar(
                x=round(position * slot + slot * GAP / 2, 2),
                y=round(HEIGHT - height, 2),
                width=round(slot * (1 - GAP), 2),
                height=round(height, 2),
                slot_x=round(position * slot, 2),
                slot_width=round(slot, 2),
                label=f"{day:%-d %B}: {money.pretty(amount, currency)}",
            )
        )
    return Chart(
        currency, money.pretty(sum(amounts), currency), money.pretty(highest, currency), days[0], days[-1], bars
    )
