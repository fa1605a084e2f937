"""What the tests of refunds share: paid payments, and what the local Stripe was asked and has done."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from gateways import clock
from gateways.models import Gateway
from gateways.services import processor_for
from orders.models import Order
from payments.models import Payment, Refund
from payments.services.submit import submit
from tests import local_stripe as local
from tests.factories import make_gateway, make_order, make_payment

REFUNDS = "/v1/refunds"
PENDING_CARD, FAILING_CARD = "pm_card_pendingRefund", "pm_card_refundFail"


def paid(
    total: int = 10_000,
    *,
    gateway: Gateway | None = None,
    order: Order | None = None,
    currency: str = "USD",
    **wish: Any,
) -> Payment:
    """A captured payment; of the whole order, unless `amount` says otherwise."""
    order = order or make_order(total=total, currency=currency)
    payment = make_payment(order, gateway or make_gateway(currency=order.currency), **wish)
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == "captured"
    return payment


def refunds_at_stripe(payment: Payment) -> list[dict[str, Any]]:
    """What Stripe really gave back, oldest first."""
    rows = local.stripe.store.rows("select body from objects where type = 'refund' order by seq")
    return [one for row in rows if (one := json.loads(row[0]))["payment_intent"] == payment.reference]


@contextmanager
def calls_counted() -> Iterator[list[str]]:
    """The refunds that Stripe is asked to make meanwhile, whether or not it makes them."""
    made: list[str] = []

    def watch(method: str, url: str, *_: Any) -> None:
        if method == "POST" and url.startswith(REFUNDS):
            made.append(url)

    local.stripe.observers.append(watch)
    try:
        yield made
    finally:
        local.stripe.observers.remove(watch)


def refund_in_dashboard(payment: Payment, amount: int, **labels: str) -> str:
    """As the merchant does it at Stripe, past Midway; the refund's reference."""
    key = f"dashboard-{payment.key}-{len(refunds_at_stripe(payment))}"
    return processor_for(payment.gateway).refund(payment.reference, amount, key=key, **labels).reference


def due_now(refund: Refund) -> int:
    Refund.objects.filter(pk=refund.pk).update(next_try_at=clock.now() - timedelta(seconds=1))
    return refund.pk


def state_of(payment: Payment) -> tuple[str, int, int]:
    """The order's state, what is paid on it and what is refunded."""
    assert payment.order is not None
    payment.order.refresh_from_db()
    return payment.order.payment_state, payment.order.amount_paid, payment.order.amount_refunded


def assert_books(payment: Payment) -> None:
    """What the payment and its order say is what the rows say, and Stripe gave back no more than that."""
    payment.refresh_from_db()
    counted = [row.amount for row in payment.refunds.all() if row.status not in {"failed", "cancelled"}]
    assert payment.amount_refunded == sum(counted) <= payment.amount_captured
    given_back = [one["amount"] for one in refunds_at_stripe(payment) if one["status"] in {"pending", "succeeded"}]
    assert sum(given_back) <= payment.amount_refunded
    if payment.order:
        payment.order.refresh_from_db()
        others = payment.order.payments.exclude(pk=payment.pk).values_list("amount_refunded", flat=True)
        assert payment.order.amount_refunded == payment.amount_refunded + sum(others)
