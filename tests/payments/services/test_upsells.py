"""An upsell is due on top of what was paid, and is added once."""

import pytest

from orders.models import Order, PaymentState
from orders.services.orders import NewLine, OrderProblem
from payments.services.balances import balance_of
from payments.services.cancellation import Cancellation, store_cancellation
from payments.services.cancellation_plan import plan_cancellation
from payments.services.upsells import OrderChanged, add_upsell
from tests.factories import TESTER, make_campaign, make_offer, make_order, make_rebill, make_subscription
from tests.faults.at_once import at_once
from tests.payments.refunds import paid

pytestmark = pytest.mark.django_db(transaction=True)


def paid_order(total: int = 5000) -> Order:
    order = paid(total).order
    assert order is not None
    return order


def upsell_for(order: Order, price: int = 2000, quantity: int = 1) -> NewLine:
    return NewLine(make_offer(order.campaign, price), quantity)


def test_a_paid_order_with_an_upsell_is_part_paid_and_the_difference_is_due() -> None:
    order = paid_order(5000)
    line = add_upsell(order.pk, upsell_for(order, 2000, 2), seen=5000, shipping=300, tax=70)
    order.refresh_from_db()
    assert (line.is_upsell, line.amount, line.unit_price) == (True, 4000, 2000)
    assert (order.total, order.shipping, order.tax, order.payment_state) == (9370, 300, 70, PaymentState.PART_PAID)
    assert balance_of(order).due == 4370
    assert order.lines.filter(is_upsell=False).get().amount == 5000


def test_an_upsell_on_an_unpaid_order_leaves_it_unpaid() -> None:
    order = make_order(total=5000)
    add_upsell(order.pk, upsell_for(order), seen=5000)
    order.refresh_from_db()
    assert (order.total, order.payment_state) == (7000, PaymentState.UNPAID)


def test_a_coupon_gives_nothing_off_what_is_sold_later() -> None:
    campaign = make_campaign()
    coupon = campaign.coupons.create(code="HALF", rate=5000)
    order = make_order(total=4000, campaign=campaign, coupon=coupon)
    add_upsell(order.pk, upsell_for(order, 1000), seen=2000)
    order.refresh_from_db()
    assert (order.discount, order.total) == (2000, 3000)


def test_the_same_form_twice_adds_one_line() -> None:
    order = paid_order(5000)
    add_upsell(order.pk, upsell_for(order), seen=5000)
    with pytest.raises(OrderChanged):
        add_upsell(order.pk, upsell_for(order), seen=5000)
    assert order.lines.count() == 2


@pytest.mark.postgres
def test_the_same_form_four_times_at_once_adds_one_line() -> None:
    order = paid_order(5000)
    new = upsell_for(order)

    def press(_: int) -> bool:
        try:
            add_upsell(order.pk, new, seen=5000)
        except OrderChanged:
            return False
        return True

    assert sorted(at_once(4, press)) == [False, False, False, True]
    order.refresh_from_db()
    assert (order.lines.count(), order.total) == (2, 7000)


def refused(order: Order, new: NewLine, seen: int) -> str:
    with pytest.raises(OrderProblem) as refusal:
        add_upsell(order.pk, new, seen=seen)
    assert order.lines.count() == 1
    assert Order.objects.get(pk=order.pk).total == order.total
    return refusal.value.message


def test_a_cancelled_order_takes_no_upsell() -> None:
    order = make_order(total=5000)
    seen = plan_cancellation(order, 0).seen
    store_cancellation(order.pk, Cancellation(0, "Changed their mind", seen), TESTER)
    assert refused(order, upsell_for(order), 5000) == f"{order} is cancelled: make a new order."


def test_a_rebill_takes_no_upsell() -> None:
    order = make_rebill(make_subscription())
    assert "is the rebill of a subscription" in refused(order, upsell_for(order), order.total)


def test_an_offer_of_another_campaign_or_off_sale_is_refused() -> None:
    order = make_order(total=5000)
    assert "is not an offer of" in refused(order, NewLine(make_offer(), 1), 5000)
    assert "is not on sale any longer" in refused(order, NewLine(make_offer(order.campaign, active=False), 1), 5000)


def test_an_order_of_more_than_can_be_charged_is_refused() -> None:
    order = make_order(total=99_999_999)
    assert "An order comes to 999999.99 USD at most" in refused(order, upsell_for(order, 1), 99_999_999)
