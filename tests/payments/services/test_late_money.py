"""Money that reaches a cancelled order goes back by itself, once, and the fee stays."""

from datetime import timedelta

import pytest

from gateways import clock
from orders.models import Order
from payments.models import Payment, Refund, Status
from payments.services.balances import balance_of, refresh_order
from payments.services.late_money import give_back_late_money, orders_with_late_money
from payments.services.submit import submit
from payments.tasks import sweep_late_money
from tests.factories import TESTER, make_gateway, make_payment
from tests.payments.refunds import paid, refunds_at_stripe
from tests.payments.services.test_cancellation import booking, cancel, held

pytestmark = pytest.mark.django_db(transaction=True)


def cancelled_before(payment: Payment, fee: int = 0) -> Order:
    """As if the payment had been on its way when its order was cancelled."""
    order = payment.order
    assert order is not None
    now = clock.now()
    Payment.objects.filter(pk=payment.pk).update(created_at=now - timedelta(minutes=2), settled_at=now)
    Order.objects.filter(pk=order.pk).update(cancelled_at=now - timedelta(minutes=1), cancellation_fee=fee)
    order.refresh_from_db()
    refresh_order(order)
    return order


def test_a_payment_that_was_confirmed_after_the_cancellation_goes_back_but_for_the_fee() -> None:
    payment = paid(order=booking())
    order = cancelled_before(payment, fee=2_000)
    assert (orders_with_late_money(), balance_of(order).excess) == ([order.pk], 8_000)
    sweep_late_money()
    (refund,) = Refund.objects.all()
    assert (refund.amount, refund.status, refund.note) == (8_000, "succeeded", f"{order} was cancelled before")
    assert refund.actor == "Celery beat"
    assert (orders_with_late_money(), len(refunds_at_stripe(payment))) == ([], 1)


def test_it_goes_back_once_even_when_the_bank_sends_it_back_to_us() -> None:
    payment = paid(order=booking(), test_card="pm_card_refundFail")
    order = cancelled_before(payment)
    give_back_late_money(order.pk)
    Refund.objects.update(status="failed")
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=0)
    assert give_back_late_money(order.pk) == []
    assert Refund.objects.count() == 1


def test_a_hold_that_was_not_released_is_released() -> None:
    hold = held(booking())
    order = cancelled_before(hold)
    assert orders_with_late_money() == [order.pk]
    give_back_late_money(order.pk)
    hold.refresh_from_db()
    assert (hold.status, orders_with_late_money()) == (Status.VOIDED, [])


def test_what_is_paid_for_the_fee_stays() -> None:
    order = booking()
    cancel(order)
    payment = make_payment(order, make_gateway(), amount=2_000, capture=False)
    submit(payment.pk)
    assert orders_with_late_money() == [order.pk]
    give_back_late_money(order.pk)
    payment.refresh_from_db()
    assert (payment.status, Refund.objects.count()) == (Status.AUTHORIZED, 0)


def test_an_order_that_is_not_cancelled_keeps_its_money() -> None:
    payment = paid(order=booking())
    assert (orders_with_late_money(), give_back_late_money(payment.order_id or 0)) == ([], [])


def test_what_an_operator_decided_at_the_cancellation_stays_decided() -> None:
    order = booking()
    paid(order=order)
    cancel(order)
    assert (orders_with_late_money(), give_back_late_money(order.pk, TESTER)) == ([], [])
    assert Refund.objects.count() == 1
