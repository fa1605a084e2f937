"""What is due now is what the offers' terms say, and never more than the order."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateways import money
from orders.models import Offer, Order
from orders.services.orders import create_order
from orders.services.terms import due_now
from tests.factories import make_campaign, make_customer, make_offer

pytestmark = pytest.mark.django_db

FULL: dict[str, Any] = {}
LATER = {"terms": Offer.Terms.LATER}
TWENTY = {"terms": Offer.Terms.DEPOSIT, "deposit_amount": 2000}
FIFTH = {"terms": Offer.Terms.DEPOSIT, "deposit_rate": 2000}


def order_of(*lines: tuple[dict[str, Any], int, int], currency: str = "USD", **extras: Any) -> Order:
    """Each line is its offer's terms, its price, and how many."""
    campaign = make_campaign(currency=currency)
    wanted = [(make_offer(campaign, price, **terms), quantity) for terms, price, quantity in lines]
    return create_order(make_customer(), campaign, wanted, discount_reason="Goodwill", **extras)


@pytest.mark.parametrize(
    ("lines", "extras", "now"),
    [
        ([(FULL, 5000, 2)], {"shipping": 595, "discount": 100, "tax": 7}, 10_502),
        ([(LATER, 5000, 2)], {"shipping": 595}, 0),
        ([(TWENTY, 10_000, 1)], {"shipping": 595}, 2000),
        ([(TWENTY, 10_000, 3)], {}, 6000),
        ([(FIFTH, 10_000, 3)], {}, 6000),
        ([(FIFTH, 1999, 1)], {}, 400),
        ([(FULL, 5000, 1), (TWENTY, 10_000, 1)], {}, 7000),
        ([(FULL, 5000, 1), (LATER, 5000, 1)], {"shipping": 600}, 5300),
        ([(TWENTY, 10_000, 1)], {"discount": 9000}, 1000),
        ([(TWENTY, 10_000, 1)], {"discount": 10_000}, 0),
    ],
)
def test_what_is_due_now(lines: list[Any], extras: dict[str, Any], now: int) -> None:
    assert due_now(order_of(*lines, **extras)) == now


@pytest.mark.parametrize(
    ("currency", "price", "now"), [("JPY", 1999, 400), ("KWD", 1990, 400), ("ISK", 199_900, 40_000)]
)
def test_a_share_is_rounded_to_what_the_currency_has(currency: str, price: int, now: int) -> None:
    assert due_now(order_of((FIFTH, price, 1), currency=currency)) == now


@settings(deadline=None, max_examples=50)
@given(some.sampled_from(["USD", "JPY", "KWD"]), some.data())
def test_what_is_due_now_is_never_more_than_the_order(currency: str, data: some.DataObject) -> None:
    step = money.step(currency)
    terms = some.sampled_from([FULL, LATER, FIFTH, {**TWENTY, "deposit_amount": step}])
    line = some.tuples(terms, some.integers(2, 9_999).map(lambda one: one * step), some.integers(1, 5))
    lines = data.draw(some.lists(line, min_size=1, max_size=4))
    goods = sum(price * quantity for _, price, quantity in lines) // step
    discount = data.draw(some.integers(0, goods)) * step
    shipping = data.draw(some.integers(0, 500)) * step
    order = order_of(*lines, currency=currency, discount=discount, shipping=shipping)
    now = due_now(order)
    assert 0 <= now <= order.total
    assert now % step == 0
    if all(terms == FULL for terms, _, _ in lines):
        assert now == order.total
