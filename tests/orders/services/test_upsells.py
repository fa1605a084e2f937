"""An upsell that was not paid comes off its order, unless it was packed or the order is closed."""

import pytest
from django.db import transaction

from orders.models import Order, OrderLine
from orders.services.cancelling import close_order
from orders.services.orders import NewLine, add_upsell
from orders.services.shipping import Parcel, cancel_ship_doc, create_ship_doc
from orders.services.upsells import remove_upsell
from tests.factories import make_offer, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def upsell() -> OrderLine:
    order = make_order(total=5000)
    return add_upsell(order.pk, NewLine(make_offer(order.campaign, 2000, cancellation_fee=2000), 1))


def remove(line: OrderLine) -> Order:
    with transaction.atomic():
        remove_upsell(Order.objects.select_for_update().get(pk=line.order_id), line)
    return Order.objects.get(pk=line.order_id)


def test_it_comes_off_with_what_it_cost(upsell: OrderLine) -> None:
    order = remove(upsell)
    assert (order.total, order.lines.count()) == (5000, 1)


def test_a_line_of_the_sale_stays(upsell: OrderLine) -> None:
    order = remove(upsell.order.lines.get(is_upsell=False))
    assert (order.total, order.lines.count()) == (7000, 2)


@pytest.mark.parametrize("put_back", [False, True])
def test_what_is_or_was_packed_stays(upsell: OrderLine, put_back: bool) -> None:
    doc = create_ship_doc(upsell.order_id, Parcel({upsell.pk: 1}))
    if put_back:
        cancel_ship_doc(doc.pk)
    order = remove(upsell)
    assert (order.total, order.lines.count()) == (7000, 2)


def test_a_cancelled_order_keeps_it_so_that_its_fee_stays_part_of_it(upsell: OrderLine) -> None:
    with transaction.atomic():
        close_order(Order.objects.get(pk=upsell.order_id), fee=7000)
    assert remove(upsell).total == 7000
