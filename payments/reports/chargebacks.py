"""The Chargeback details report: how many payments were contested, what that cost, and how it ended (S2-30)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet, Sum

from gateways import money
from gateways.models import Gateway
from payments.dispute_words import reason_text
from payments.models import Dispute, DisputeStatus
from payments.models.dispute import NO_CHARGEBACK
from payments.reports.csv_export import Table, plain
from payments.reports.reserve import percent
from payments.reports.scope import Scope

HIGH, TOO_HIGH = 50, 75
"""Hundredths of a percent. Stripe calls more than 0.75 % of disputes excessive: docs.stripe.com/disputes/measuring."""

HEADER = (
    *("dispute", "payment", "gateway", "mode", "opened on", "status", "reason", "reason code", "currency", "amount"),
    *("chargeback fee", "balance currency", "taken back", "given back", "fee taken", "answer by", "over since"),
)

Amounts = dict[str, int]


@dataclass
class ChargebackFigures:
    """Of one gateway in one currency, in minor units. What moved is by the currency of the balance."""

    gateway: Gateway
    currency: str
    payments: int = 0
    captured: int = 0
    chargebacks: int = 0
    inquiries: int = 0
    won: int = 0
    lost: int = 0
    disputed: int = 0
    fees: int = 0
    taken: Amounts = field(default_factory=lambda: defaultdict(int))
    returned: Amounts = field(default_factory=lambda: defaultdict(int))

    @property
    def open(self) -> int:
        return self.chargebacks - self.won - self.lost

    @property
    def share(self) -> int | None:
        """Chargebacks of the captured payments, in hundredths of a percent, rounded half up."""
        return (20_000 * self.chargebacks + self.payments) // (2 * self.payments) if self.payments else None

    @property
    def share_text(self) -> str:
        return "–" if self.share is None else f"{percent(self.share)} %"

    @property
    def tone(self) -> str:
        share = self.share or 0
        return "error" if share > TOO_HIGH else "warning" if share > HIGH else ""

    @property
    def taken_text(self) -> list[str]:
        return _pretty(self.taken)

    @property
    def returned_text(self) -> list[str]:
        return _pretty(self.returned)


@dataclass
class Totals:
    """Over all gateways: counts are added up, money by its currency."""

    payments: int = 0
    chargebacks: int = 0
    inquiries: int = 0
    won: int = 0
    lost: int = 0
    disputed: Amounts = field(default_factory=lambda: defaultdict(int))
    fees: Amounts = field(default_factory=lambda: defaultdict(int))

    @property
    def disputed_text(self) -> list[str]:
        return _pretty(self.disputed)

    @property
    def fees_text(self) -> list[str]:
        return _pretty(self.fees)


class _Figures(dict[tuple[int, str], ChargebackFigures]):
    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, key: tuple[int, str]) -> ChargebackFigures:
        made = self[key] = ChargebackFigures(self._scope.by_pk[key[0]], key[1])
        return made


def chargeback_figures(scope: Scope) -> list[ChargebackFigures]:
    found = _Figures(scope)
    _add_payments(scope, found)
    sums = _counted(scope).order_by().values("gateway", "currency", "settled_currency", "status")
    for row in sums.annotate(
        count=Count("pk"),
        disputed=Sum("amount"),
        fees=Sum("fee"),
        taken=Sum("amount_withdrawn"),
        returned=Sum("amount_reinstated"),
    ):
        _add(found[row["gateway"], row["currency"]], row)
    told = [one for one in found.values() if one.payments or one.chargebacks or one.inquiries]
    return sorted(told, key=lambda one: (one.gateway.name, one.currency))


def _add_payments(scope: Scope, found: _Figures) -> None:
    """All that were captured, less what is in no report."""
    parts = [(1, scope.captured()), *((-1, scope.captured().filter(which)) for which in scope.not_counted())]
    for sign, payments in parts:
        sums = payments.values_list("gateway", "currency").annotate(Count("pk"), Sum("amount_captured"))
        for gateway, currency, count, captured in sums:
            found[gateway, currency].payments += sign * count
            found[gateway, currency].captured += sign * captured


def _add(figures: ChargebackFigures, row: Mapping[str, Any]) -> None:
    """One status of one gateway and currency. `fees` is empty where no fee was booked."""
    amount = {name: int(row[name] or 0) for name in ("count", "disputed", "fees", "taken", "returned")}
    status = DisputeStatus(row["status"])
    if status in NO_CHARGEBACK:
        figures.inquiries += amount["count"]
        return
    figures.chargebacks += amount["count"]
    figures.won += amount["count"] if status is DisputeStatus.WON else 0
    figures.lost += amount["count"] if status is DisputeStatus.LOST else 0
    figures.disputed += amount["disputed"]
    figures.fees += amount["fees"]
    if settled := row["settled_currency"]:
        figures.taken[settled] += amount["taken"]
        figures.returned[settled] += amount["returned"]


def chargeback_totals(figures: list[ChargebackFigures]) -> Totals:
    totals = Totals()
    for one in figures:
        totals.payments += one.payments
        totals.chargebacks += one.chargebacks
        totals.inquiries += one.inquiries
        totals.won += one.won
        totals.lost += one.lost
        totals.disputed[one.currency] += one.disputed
        totals.fees[one.currency] += one.fees
    return totals


def _pretty(amounts: Amounts) -> list[str]:
    return [money.pretty(amount, currency) for currency, amount in sorted(amounts.items()) if amount]


def _counted(scope: Scope) -> QuerySet[Dispute]:
    return scope.counted(Dispute.objects.filter(scope.within("opened_on")))


def chargeback_rows(scope: Scope) -> QuerySet[Dispute]:
    """The disputes that were opened in the period, the newest first."""
    rows = _counted(scope).select_related("payment").defer("payment__draft")
    return rows.order_by("-opened_on", "-pk")


def chargeback_table(scope: Scope) -> Table:
    return Table(f"chargebacks-{scope.mode}-{scope.period.value}", HEADER, _cells(scope))


def _cells(scope: Scope) -> Iterator[tuple[object, ...]]:
    for row in chargeback_rows(scope).iterator(chunk_size=2000):
        yield (
            row.reference,
            row.payment.number,
            scope.by_pk[row.gateway_id].name,
            row.mode,
            row.opened_on,
            row.get_status_display(),
            reason_text(row.reason),
            row.network_reason,
            row.currency,
            plain(row.amount, row.currency),
            plain(row.fee, row.currency),
            row.settled_currency,
            plain(row.amount_withdrawn, row.settled_currency),
            plain(row.amount_reinstated, row.settled_currency),
            plain(row.fee_taken, row.settled_currency),
            row.evidence_due_at.isoformat(timespec="minutes") if row.evidence_due_at else "",
            row.closed_at.isoformat(timespec="minutes") if row.closed_at else "",
        )
