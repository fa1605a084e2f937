"""The Reserve report: what processors hold back, what they released, and what comes free when (S2-29)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, QuerySet, Sum

from gateways import money
from gateways.bars import HEIGHT, WIDTH, Bar, bars_of
from gateways.models import Gateway
from payments.models import ReserveTranche
from payments.reports.csv_export import Table, plain
from payments.reports.periods import shift
from payments.reports.scope import Scope

HEADER = (
    *("payment", "gateway", "mode", "held on", "release on", "state", "currency", "captured", "rate in percent"),
    "held back",
)

FEWEST_MONTHS = 6


@dataclass
class ReserveFigures:
    """Of one gateway in one currency, in minor units. `months` is what comes free in each coming month."""

    gateway: Gateway
    currency: str
    held: int = 0
    released: int = 0
    next_on: date | None = None
    months: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    sales: int = 0
    captured_in_period: int = 0
    held_in_period: int = 0
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def coming(self) -> list[tuple[date, int]]:
        """Month by month from the first on, without a gap, and enough of them for a picture."""
        if not self.months:
            return []
        first, last = min(self.months), max(self.months)
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        months = [shift(first, ahead) for ahead in range(max(count, FEWEST_MONTHS))]
        return [(month, self.months.get(month, 0)) for month in months]

    @property
    def bars(self) -> list[Bar]:
        coming = self.coming
        labels = [f"{month:%B %Y}: {money.pretty(amount, self.currency)}" for month, amount in coming]
        amounts = [amount for _, amount in coming]
        return bars_of(amounts, labels, max(amounts)) if amounts else []


class _Figures(dict[tuple[int, str], ReserveFigures]):
    """By gateway and currency; made when a row first asks for them."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, key: tuple[int, str]) -> ReserveFigures:
        made = self[key] = ReserveFigures(self._scope.by_pk[key[0]], key[1])
        return made


def reserve_figures(scope: Scope) -> list[ReserveFigures]:
    """Currencies are never added up: each gateway has one entry for each of its own."""
    found = _Figures(scope)
    if scope.gateways:
        _add_standing(scope, found)
        _add_period(scope, found)
    return sorted(found.values(), key=lambda one: (one.gateway.name, one.currency))


def _add_standing(scope: Scope, found: _Figures) -> None:
    """What is free in every time zone is one sum; the rest is told day by day, since days turn at different moments."""
    rows = _counted(scope).values("gateway", "currency")
    freed_everywhere = min(scope.today(gateway) for gateway in scope.gateways)
    past = rows.filter(release_on__lte=freed_everywhere)
    for gateway, currency, total in past.values_list("gateway", "currency").annotate(total=Sum("amount")):
        found[gateway, currency].released += total
    coming = rows.filter(release_on__gt=freed_everywhere).values_list("gateway", "currency", "release_on")
    for gateway, currency, day, total in coming.annotate(total=Sum("amount")).order_by("release_on"):
        figures = found[gateway, currency]
        if day <= scope.today(figures.gateway):
            figures.released += total
            continue
        figures.held += total
        figures.months[day.replace(day=1)] += total
        figures.next_on = figures.next_on or day


def _add_period(scope: Scope, found: _Figures) -> None:
    rows = _counted(scope).filter(scope.within("held_on")).values_list("gateway", "currency")
    for gateway, currency, count, captured, held in rows.annotate(Count("pk"), Sum("captured"), Sum("amount")):
        figures = found[gateway, currency]
        figures.sales, figures.captured_in_period, figures.held_in_period = count, captured, held


def _counted(scope: Scope) -> QuerySet[ReserveTranche]:
    return scope.counted(ReserveTranche.objects.order_by())


def reserve_rows(scope: Scope) -> QuerySet[ReserveTranche]:
    """The tranches that were held in the period, the newest first."""
    rows = _counted(scope).filter(scope.within("held_on")).select_related("payment").defer("payment__draft")
    return rows.order_by("-held_on", "-pk")


def reserve_table(scope: Scope) -> Table:
    return Table(f"reserve-{scope.mode}-{scope.period.value}", HEADER, _cells(scope))


def _cells(scope: Scope) -> Iterator[tuple[object, ...]]:
    for row in reserve_rows(scope).iterator(chunk_size=2000):
        gateway = scope.by_pk[row.gateway_id]
        yield (
            row.payment.number,
            gateway.name,
            row.mode,
            row.held_on,
            row.release_on,
            "released" if row.release_on <= scope.today(gateway) else "held",
            row.currency,
            plain(row.captured, row.currency),
            percent(row.rate),
            plain(row.amount, row.currency),
        )


def percent(hundredths: int) -> str:
    """`2.50` of 250."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"
