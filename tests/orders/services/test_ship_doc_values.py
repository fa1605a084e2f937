"""What ship docs are worth comes to what is ordered, to the unit, in whatever parts it leaves."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateways import money
from orders.models import Order, ShipDoc
from orders.services.orders import NewLine, add_upsell, create_order
from orders.services.ship_doc_values import ship_doc_values
from orders.services.shipping import Parcel, cancel_ship_doc, create_ship_doc
from tests.factories import make_campaign, make_customer, make_offer

pytestmark = pytest.mark.django_db


def order_of(*lines: tuple[int, int], currency: str = "USD", unshippable: int = 0, **extras: Any) -> Order:
    """Each line is a price, and how many."""
    campaign = make_campaign(currency=currency)
    wanted = [(make_offer(campaign, price), quantity) for price, quantity in lines]
    if unshippable:
        wanted.append((make_offer(campaign, unshippable, shippable=False), 1))
    return create_order(make_customer(), campaign, wanted, discount_reason="Goodwill", **extras)


def pack(order: Order, *quantities: int) -> ShipDoc:
    keys = order.lines.order_by("pk").values_list("pk", flat=True)
    return create_ship_doc(order.pk, Parcel(dict(zip(keys, quantities, strict=False))))


def values(order: Order) -> list[int]:
    return list(ship_doc_values(order).values())


@pytest.mark.parametrize(
    ("extras", "parts", "wanted"),
    [
        ({}, [(1,), (2,)], [1000, 2000]),
        ({"shipping": 500}, [(1,), (1,), (1,)], [1167, 1166, 1167]),
        ({"discount": 100, "shipping": 500, "tax": 50}, [(1,), (2,)], [1000 - 33 + 167 + 17, 2000 - 67 + 333 + 33]),
        ({"discount": 3000}, [(3,)], [0]),
        ({"discount": 3000, "shipping": 500}, [(1,), (2,)], [167, 333]),
    ],
)
def test_a_part_bears_its_share_and_the_last_one_the_rest(
    extras: dict[str, Any], parts: list[tuple[int, ...]], wanted: list[int]
) -> None:
    order = order_of((1000, 3), **extras)
    for part in parts:
        pack(order, *part)
    assert values(order) == wanted


@pytest.mark.parametrize(
    ("currency", "price", "shipping", "wanted"),
    [
        ("JPY", 1000, 500, [1167, 1166, 1167]),
        ("KWD", 1000, 500, [1170, 1160, 1170]),
        ("ISK", 1000, 500, [1200, 1100, 1200]),
    ],
)
def test_shares_go_in_the_currencys_steps(currency: str, price: int, shipping: int, wanted: list[int]) -> None:
    order = order_of((price, 3), currency=currency, shipping=shipping)
    for _ in range(3):
        pack(order, 1)
    assert values(order) == wanted


def test_what_does_not_ship_bears_its_share_of_discount_and_tax_and_no_shipping() -> None:
    order = order_of((1000, 1), unshippable=3000, discount=400, tax=200, shipping=500)
    pack(order, 1)
    assert values(order) == [1000 - 100 + 50 + 500]


def test_a_cancelled_ship_doc_is_worth_nothing_and_the_next_one_takes_its_place() -> None:
    order = order_of((1000, 3), shipping=500)
    first = pack(order, 1)
    cancel_ship_doc(first.pk)
    pack(order, 3)
    assert values(order) == [3500]


def test_an_upsell_bears_no_discount_and_changes_none_that_was_given() -> None:
    order = order_of((1000, 2), discount=200)
    pack(order, 1)
    assert values(order) == [900]
    add_upsell(order.pk, NewLine(make_offer(order.campaign, 5000), 1))
    order.refresh_from_db()
    pack(order, 1, 1)
    assert values(order) == [900, 900 + 5000]


@settings(deadline=None, max_examples=50)  # each order is packed in several transactions
@given(some.sampled_from(["USD", "JPY", "KWD", "ISK"]), some.data())
def test_ship_docs_come_to_the_order_however_it_is_parted(currency: str, data: some.DataObject) -> None:
    step = money.step(currency)
    lines = data.draw(some.lists(some.tuples(some.integers(1, 9_999), some.integers(1, 4)), min_size=1, max_size=3))
    goods = sum(price * quantity for price, quantity in lines)
    amounts: dict[str, Any] = {
        "discount": data.draw(some.integers(0, goods)) * step,
        "shipping": data.draw(some.integers(0, 999)) * step,
        "tax": data.draw(some.integers(0, 999)) * step,
    }
    order = order_of(*((price * step, quantity) for price, quantity in lines), currency=currency, **amounts)
    left = [quantity for _, quantity in lines]
    while any(left):
        part = [data.draw(some.integers(0, most)) for most in left]
        part = part if any(part) else left
        pack(order, *part)
        left = [most - taken for most, taken in zip(left, part, strict=True)]
    worth = values(order)
    assert sum(worth) == order.total
    assert all(value >= 0 and value % step == 0 for value in worth)
