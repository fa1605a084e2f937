"""The home page's bar charts."""

from dataclasses import dataclass
from datetime import date

from gateways import money
from gateways.bars import HEIGHT, WIDTH, Bar, bars_of


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
    labels = [f"{day:%-d %B}: {money.pretty(amount, currency)}" for day, amount in zip(days, amounts, strict=True)]
    bars = bars_of(amounts, labels, highest)
    return Chart(
        currency, money.pretty(sum(amounts), currency), money.pretty(highest, currency), days[0], days[-1], bars
    )
