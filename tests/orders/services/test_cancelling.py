"""Closing an order, as far as no money is concerned: once, for a fee that is no more than the order."""

import pytest
from django.db import transaction

from orders.models import Order, PaymentState
from orders.services.cancelling import cancellation_fee, close_order
from orders.services.orders import OrderProblem, create_order, total_up
from tests.factories import make_campaign, make_customer, make_offer, make_order, make_rebill, make_subscription

pytestmark = pytest.mark.django_db


def close(order: Order, **how: object) -> Order:
    with transaction.atomic():
        close_order(Order.objects.select_for_update().get(pk=order.pk), **how)  # type: ignore[arg-type]
    return Order.objects.get(pk=order.pk)


def test_an_order_is_closed_once() -> None:
    closed = close(make_order(), reason="Ordered twice")
    assert closed.cancelled_at is not None
    assert (closed.payment_state, closed.cancel_reason, closed.amount_owed) == (
        PaymentState.CANCELLED,
        "Ordered twice",
        0,
    )
    with pytest.raises(OrderProblem, match="is cancelled already"):
        close(closed)
    assert Order.objects.get().cancelled_at == closed.cancelled_at


def test_of_a_cancelled_order_its_fee_is_owed() -> None:
    assert close(make_order(total=5000), fee=1200).amount_owed == 1200


@pytest.mark.parametrize("fee", [-1, 5001])
def test_a_fee_is_no_more_than_the_order(fee: int) -> None:
    with pytest.raises(OrderProblem) as refusal:
        close(make_order(total=5000), fee=fee)
    assert refusal.value.field == "fee"
    assert Order.objects.get().cancelled_at is None


def test_a_rebill_is_not_closed() -> None:
    with pytest.raises(OrderProblem, match="cancel the subscription"):
        close(make_rebill(make_subscription()))


def test_each_line_has_its_offers_fee_once() -> None:
    campaign = make_campaign()
    offers = [make_offer(campaign, 5000, cancellation_fee=fee) for fee in (700, 0, 900)]
    order = create_order(make_customer(), campaign, [(offers[0], 3), (offers[1], 1), (offers[2], 1)])
    assert cancellation_fee(order) == 1600


def test_a_cancelled_order_keeps_its_state_when_its_amounts_are_added_up_again() -> None:
    order = close(make_order())
    total_up(order)
    assert Order.objects.get().payment_state == PaymentState.CANCELLED
