"""The monthly cap's ledger against the payments that it is the sum of: looked at without a lock, repaired under one."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery, Sum

from gateways.models import Gateway, MonthlyVolume
from payments.models import Payment, Status
from payments.states import OPEN


@dataclass(frozen=True)
class Books:
    """Minor units of the gateway's currency."""

    reserved: int
    captured: int

    def differs_by(self, other: "Books") -> int:
        return abs(self.reserved - other.reserved) + abs(self.captured - other.captured)


def mend_ledger(gateway: Gateway, month: date) -> tuple[Books, int]:
    """What the books of this month are, and by how much they were wrong. Charges go on meanwhile.

    Whoever changes a payment changes the ledger in the same transaction, so that any one statement sees the two
    agree: a ledger that is right costs no lock.
    """
    stored, right = _both(gateway, month)
    if stored == right:
        return right, 0
    return _mend(gateway, month)


@transaction.atomic
def _mend(gateway: Gateway, month: date) -> tuple[Books, int]:
    """Behind the row's lock: who had it before us has committed ledger and payment together, and both are seen. Who
    waits for it has changed neither where we can see it, and adds or takes its own amount after us.
    """
    MonthlyVolume.objects.get_or_create(gateway=gateway, month=month)
    row = MonthlyVolume.objects.select_for_update().get(gateway=gateway, month=month)
    stored, right = _both(gateway, month)
    if stored != right:
        MonthlyVolume.objects.filter(pk=row.pk).update(reserved=right.reserved, captured=right.captured)
    return right, stored.differs_by(right)


def _both(gateway: Gateway, month: date) -> tuple[Books, Books]:
    """Ledger and payments in one statement: two would see two moments, and take a charge between them for drift."""
    ledger = MonthlyVolume.objects.filter(gateway=OuterRef("pk"), month=month)
    payments = Payment.objects.filter(gateway=OuterRef("pk"), cap_month=month)
    row = Gateway.objects.filter(pk=gateway.pk).values_list(
        Subquery(ledger.values("reserved")),
        Subquery(ledger.values("captured")),
        _sum(payments.filter(status__in=OPEN), "amount"),
        _sum(payments.filter(status=Status.CAPTURED), "amount_captured"),
    )
    found = [int(value or 0) for value in row.get()]
    return Books(*found[:2]), Books(*found[2:])


def _sum(payments: QuerySet[Payment], field: str) -> Any:
    return Subquery(payments.order_by().values("gateway").annotate(total=Sum(field)).values("total"))
