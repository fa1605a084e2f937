"""A cancelled order takes no payment, and one on which money is or may come is not cancelled unseen."""

import pytest

from orders.models import Campaign, Order, PaymentState
from orders.services.cancelling import cancel_order
from orders.services.orders import OrderProblem, total_up
from payments.models import Status
from payments.services.holds import void
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from tests.factories import TESTER, make_campaign, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def test_an_unpaid_order_is_cancelled_once(campaign: Campaign) -> None:
    order = make_order(campaign=campaign)
    cancel_order(order)
    first = Order.objects.get(pk=order.pk)
    cancel_order(order)
    again = Order.objects.get(pk=order.pk)
    assert first.cancelled_at is not None
    assert (first.payment_state, again.cancelled_at) == (PaymentState.CANCELLED, first.cancelled_at)


def test_a_cancelled_order_takes_no_payment(campaign: Campaign) -> None:
    order = make_order(campaign=campaign)
    cancel_order(order)
    with pytest.raises(PaymentRefused, match="The order is cancelled: nothing can be charged on it"):
        make_payment(order)
    assert not order.payments.exists()


@pytest.mark.parametrize(
    ("card", "capture", "state"),
    [
        ("pm_card_visa", True, "paid"),
        ("pm_card_visa", False, "authorized"),
        ("pm_card_threeDSecure2Required", True, "being settled"),
    ],
)
def test_an_order_with_money_on_it_is_not_cancelled(card: str, capture: bool, state: str) -> None:
    order = make_order()
    submit(make_payment(order, test_card=card, capture=capture).pk)
    with pytest.raises(OrderProblem) as refusal:
        cancel_order(order)
    assert refusal.value.message == f"{order} is {state}: void what is held and refund what is paid first."
    assert Order.objects.get(pk=order.pk).cancelled_at is None


def test_a_payment_that_waits_to_be_sent_keeps_its_order_from_being_cancelled() -> None:
    order = make_order()
    make_payment(order)
    with pytest.raises(OrderProblem, match="being settled"):
        cancel_order(order)


@pytest.mark.parametrize("way", ["declined", "voided"])
def test_an_order_whose_payments_came_to_nothing_is_cancelled(way: str) -> None:
    order = make_order()
    card = "pm_card_visa_chargeDeclined" if way == "declined" else "pm_card_visa"
    payment = make_payment(order, test_card=card, capture=False)
    submit(payment.pk)
    if way == "voided":
        void(payment.pk, TESTER)
    cancel_order(order)
    payment.refresh_from_db()
    assert (payment.status, Order.objects.get(pk=order.pk).payment_state) == (Status(way), PaymentState.CANCELLED)


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_and_a_payment_at_once_are_never_both_taken() -> None:
    gateway = make_gateway()

    def act(number: int, order: Order) -> bool:
        try:
            cancel_order(order) if number else make_payment(order, gateway)
        except (OrderProblem, PaymentRefused):
            return False
        return True

    for _ in range(6):
        order = make_order()
        taken = at_once(2, lambda number, order=order: act(number, order))  # type: ignore[misc]
        saved = Order.objects.get(pk=order.pk)
        assert sorted(taken) == [False, True]
        assert (saved.cancelled_at is None) == order.payments.exists()


def test_a_cancelled_order_keeps_its_state_when_its_amounts_are_added_up_again(campaign: Campaign) -> None:
    order = make_order(campaign=campaign)
    cancel_order(order)
    total_up(Order.objects.get(pk=order.pk))
    assert Order.objects.get(pk=order.pk).payment_state == PaymentState.CANCELLED
