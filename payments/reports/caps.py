"""The Monthly cap report: how much of each gateway's cap was used, this month and in the months before (S2-26)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, Sum

from gateways import look, money
from gateways.bars import HEIGHT, WIDTH, Bar, bars_of, height_of
from gateways.models import Gateway, MonthlyVolume
from payments.models import Payment, Status
from payments.reports.csv_export import Table, plain
from payments.reports.periods import shift
from payments.reports.scope import Scope
from payments.states import OPEN

MONTHS = 6
HEADER = (
    *("gateway", "mode", "month", "currency", "cap", "captured", "reserved", "tests and deleted campaigns"),
    *("left", "used percent"),
)


@dataclass(frozen=True)
class MonthUse:
    """One month of one gateway, in minor units. `tests` is what no report counts and the cap does all the same."""

    month: date
    captured: int = 0
    reserved: int = 0
    tests: int = 0

    @property
    def used(self) -> int:
        return self.captured + self.reserved + self.tests


@dataclass(frozen=True)
class CapFigures:
    """The months go from the oldest to the one that was asked for. The cap is today's: Midway keeps no older one."""

    gateway: Gateway
    months: list[MonthUse]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def shown(self) -> MonthUse:
        return self.months[-1]

    @property
    def cap(self) -> int | None:
        return None if self.gateway.monthly_cap is None else int(self.gateway.monthly_cap)

    @property
    def left(self) -> int | None:
        return None if self.cap is None else max(0, self.cap - self.shown.used)

    @property
    def percent(self) -> int:
        return look.percent_of(self.shown.used, self.cap or 0)

    @property
    def _top(self) -> int:
        return max(1, self.cap or 0, *(month.used for month in self.months))

    @property
    def bars(self) -> list[Bar]:
        currency = self.gateway.currency
        labels = [f"{month.month:%B %Y}: {money.pretty(month.used, currency)}" for month in self.months]
        return bars_of([month.used for month in self.months], labels, self._top)

    @property
    def cap_line(self) -> float | None:
        return None if self.cap is None else height_of(self.cap, self._top)


def cap_figures(scope: Scope) -> list[CapFigures]:
    """From the ledger, less what is in no report, which is told apart: it uses up the cap as well."""
    months = {gateway.pk: _months(scope, gateway) for gateway in scope.gateways}
    ledger = _ledger(scope, months)
    tests = _tests(scope, months)
    found = []
    for gateway in scope.gateways:
        uses = []
        for month in months[gateway.pk]:
            captured, reserved = ledger.get((gateway.pk, month), (0, 0))
            test_captured, test_reserved = tests.get((gateway.pk, month), (0, 0))
            known = MonthUse(
                month,
                captured=max(0, captured - test_captured),
                reserved=max(0, reserved - test_reserved),
                tests=test_captured + test_reserved,
            )
            uses.append(known)
        found.append(CapFigures(gateway, uses))
    return found


Months = dict[int, list[date]]
Sums = dict[tuple[int, date], tuple[int, int]]
"""Captured and reserved, by gateway and month."""


def _months(scope: Scope, gateway: Gateway) -> list[date]:
    last = scope.span(gateway).last
    return [shift(last, -ago) for ago in reversed(range(MONTHS))]


def _ledger(scope: Scope, months: Months) -> Sums:
    rows = MonthlyVolume.objects.filter(gateway__in=scope.by_pk, month__in=_all(months))
    found = rows.values_list("gateway", "month", "captured", "reserved")
    return {(gateway, month): (captured, reserved) for gateway, month, captured, reserved in found}


def _tests(scope: Scope, months: Months) -> Sums:
    sums: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0])
    for which in scope.not_counted():
        mine = Payment.objects.filter(which, gateway__in=scope.by_pk, cap_month__in=_all(months)).order_by()
        rows = mine.values_list("gateway", "cap_month")
        captured = Sum("amount_captured", filter=Q(status=Status.CAPTURED), default=0)
        reserved = Sum(F("amount"), filter=Q(status__in=sorted(OPEN)), default=0)
        for gateway, month, taken, held in rows.annotate(taken=captured, held=reserved):
            sums[gateway, month][0] += taken
            sums[gateway, month][1] += held
    return {key: (taken, held) for key, (taken, held) in sums.items()}


def _all(months: Months) -> set[date]:
    return {month for own in months.values() for month in own}


def cap_table(scope: Scope) -> Table:
    return Table(f"caps-{scope.mode}-{scope.period.value}", HEADER, _cells(scope))


def _cells(scope: Scope) -> Iterator[tuple[object, ...]]:
    for figures in cap_figures(scope):
        currency, cap = figures.gateway.currency, figures.cap
        for use in figures.months:
            yield (
                figures.gateway.name,
                scope.mode,
                f"{use.month:%Y-%m}",
                currency,
                plain(cap, currency),
                plain(use.captured, currency),
                plain(use.reserved, currency),
                plain(use.tests, currency),
                plain(None if cap is None else max(0, cap - use.used), currency),
                "" if cap is None else look.percent_of(use.used, cap),
            )
