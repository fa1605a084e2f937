"""Sales of a live gateway, written straight to the database."""

from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict

from gateways.models import Gateway
from orders.models import Campaign
from payments.models import Dispute, Payment, Purpose, ReserveTranche, Status
from payments.reports.forms import ReportForm
from payments.reports.scope import Scope
from tests.admin import rows

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def live_gateway(**fields: Any) -> Gateway:
    return rows.gateway(**{"mode": "live", **fields})


def sale(gateway: Gateway, price: int = 10_000, *, at: datetime = NOW, status: Status = Status.CAPTURED) -> Payment:
    return rows.payment(status, of=rows.order(gateway.currency, price), gateway=gateway, at=at)


def trial_sale(gateway: Gateway, price: int = 10_000) -> Payment:
    """A test transaction: it has no order."""
    payment = sale(gateway, price)
    payment.order, payment.purpose = None, Purpose.TEST
    payment.save()
    return payment


def hide(payment: Payment, how: str) -> None:
    """Make its campaign one of those that are in no report."""
    assert payment.order is not None
    change: dict[str, Any] = {"kind": Campaign.Kind.TEST} if how == "of kind test" else {"deleted_at": NOW}
    Campaign.objects.filter(pk=payment.order.campaign_id).update(**change)


def held(payment: Payment, **fields: Any) -> ReserveTranche:
    return rows.tranche(payment, **{"held_on": NOW.date(), **fields})


def contested(payment: Payment, **fields: Any) -> Dispute:
    return rows.dispute(payment, **{"at": NOW, **fields})


def scope_of(*, single_months: bool = False, **asked: object) -> Scope:
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in asked.items()})
    form = ReportForm(query, single_months=single_months)
    assert form.is_valid(), form.errors
    return form.scope()
