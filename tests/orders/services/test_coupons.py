"""A coupon gives what it says, on its days, as often as it may, and each order uses it once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as some

from gateways import clock, money
from orders.models import Campaign, Coupon, Order
from orders.services.cancelling import close_order
from orders.services.coupons import change_coupon, coupon_discount, find_coupon
from orders.services.orders import OrderProblem, create_order, total_up
from tests.factories import make_campaign, make_customer, make_offer
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db


def make_coupon(campaign: Campaign | None = None, **fields: Any) -> Coupon:
    of = campaign or make_campaign()
    fields = fields if {"amount", "rate"} & fields.keys() else {"rate": 1000, **fields}
    return Coupon.objects.create(**{"campaign": of, "code": "AUTUMN", **fields})


def order_with(coupon: Coupon | None, price: int = 5000, quantity: int = 1, **extras: Any) -> Order:
    campaign = extras.pop("campaign", None) or (coupon.campaign if coupon else make_campaign())
    return create_order(make_customer(), campaign, [(make_offer(campaign, price), quantity)], coupon=coupon, **extras)


def uses_of(coupon: Coupon) -> int:
    coupon.refresh_from_db()
    return int(coupon.uses)


# --- what it takes off ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "terms", "goods", "wanted"),
    [
        ("USD", {"rate": 1000}, 4995, 500),
        ("USD", {"rate": 1000}, 4994, 499),
        ("USD", {"rate": 10_000}, 4995, 4995),
        ("USD", {"rate": 1}, 49, 0),
        ("JPY", {"rate": 1500}, 1990, 299),
        ("KWD", {"rate": 1000}, 1250, 130),
        ("ISK", {"rate": 1000}, 1_500, 200),
        ("USD", {"amount": 500}, 4995, 500),
        ("USD", {"amount": 500}, 300, 300),
    ],
)
def test_a_discount_is_rounded_half_up_to_what_the_currency_has(
    currency: str, terms: dict[str, int], goods: int, wanted: int
) -> None:
    assert coupon_discount(Coupon(**terms), goods, currency) == wanted


@given(some.sampled_from(["USD", "JPY", "KWD", "ISK"]), some.integers(1, 10_000), some.integers(1, 10**6))
def test_a_discount_is_never_more_than_the_lines_nor_finer_than_the_currency(
    currency: str, rate: int, steps: int
) -> None:
    goods = steps * money.step(currency)
    discount = coupon_discount(Coupon(rate=rate), goods, currency)
    assert 0 <= discount <= goods
    assert discount % money.step(currency) == 0


def test_an_order_with_a_coupon_is_cheaper_and_counts_one_use() -> None:
    coupon = make_coupon(rate=1500)
    order = order_with(coupon, 1999, 3, shipping=595)
    assert (order.discount, order.total, order.coupon) == (900, 5997 - 900 + 595, coupon)
    assert uses_of(coupon) == 1


def test_lines_that_change_change_the_discount_and_count_no_second_use() -> None:
    coupon = make_coupon(rate=1000)
    order = order_with(coupon)
    order.lines.update(quantity=3)
    total_up(order)
    assert (order.discount, order.total, uses_of(coupon)) == (1500, 13_500, 1)


# --- when it counts ---------------------------------------------------------------------------------------------


def test_a_code_is_found_in_capitals_or_not_in_its_own_campaign_only() -> None:
    coupon = make_coupon()
    make_coupon(code="OTHER")
    assert find_coupon(coupon.campaign, " autumn ") == coupon
    with pytest.raises(OrderProblem) as refusal:
        find_coupon(coupon.campaign, "OTHER")
    assert (refusal.value.field, refusal.value.message) == (
        "coupon_code",
        f"{coupon.campaign} has no coupon “OTHER”: check the code, or leave it empty.",
    )


def test_of_two_codes_that_differ_in_capitals_the_one_that_was_typed_counts() -> None:
    first = make_coupon()
    second = make_coupon(first.campaign, code="Autumn")
    assert (find_coupon(first.campaign, "AUTUMN"), find_coupon(first.campaign, "Autumn")) == (first, second)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"active": False}, "Coupon AUTUMN is switched off: choose another, or switch it on."),
        ({"starts_on": date(2026, 3, 11)}, "Coupon AUTUMN counts from 11 Mar 2026 on."),
        ({"ends_on": date(2026, 3, 9)}, "Coupon AUTUMN ended on 9 Mar 2026."),
        ({"most_uses": 0}, "Coupon AUTUMN was used 0 times, which is as often as it counts: choose another."),
        (
            {"most_uses": 1, "uses": 1},
            "Coupon AUTUMN was used once, which is as often as it counts: choose another.",
        ),
    ],
)
def test_a_coupon_that_does_not_count_is_refused_and_nothing_is_written(fields: dict[str, Any], message: str) -> None:
    coupon = make_coupon(**fields)
    with clock.travel_to(datetime(2026, 3, 10, 12, 0, tzinfo=UTC)), pytest.raises(OrderProblem) as refusal:
        order_with(coupon)
    assert (refusal.value.field, refusal.value.message) == ("coupon_code", message)
    assert not Order.objects.exists()
    assert uses_of(coupon) == fields.get("uses", 0)


def test_a_coupon_of_another_campaign_is_refused() -> None:
    coupon = make_coupon()
    with pytest.raises(OrderProblem, match="Coupon AUTUMN is not one of"):
        order_with(coupon, campaign=make_campaign())


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        (datetime(2026, 3, 10, 3, 59, tzinfo=UTC), False),  # still the 9th in New York
        (datetime(2026, 3, 10, 4, 1, tzinfo=UTC), True),
        (datetime(2026, 3, 11, 3, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 11, 4, 1, tzinfo=UTC), False),
    ],
)
def test_days_begin_and_end_in_the_offices_time_zone(moment: datetime, counts: bool) -> None:
    coupon = make_coupon(starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 10))
    with override_settings(TIME_ZONE="America/New_York"), clock.travel_to(moment):
        if counts:
            assert order_with(coupon).coupon == coupon
        else:
            with pytest.raises(OrderProblem):
                order_with(coupon)


# --- uses -------------------------------------------------------------------------------------------------------


def test_a_coupon_that_is_exchanged_gives_its_use_back() -> None:
    old = make_coupon(rate=1000)
    new = make_coupon(old.campaign, code="WINTER", amount=700)
    order = order_with(old)
    change_coupon(order, new)
    total_up(order)
    assert (uses_of(old), uses_of(new), order.discount) == (0, 1, 700)
    change_coupon(order, None)
    order.discount = 0
    total_up(order)
    assert (uses_of(new), order.coupon, order.total) == (0, None, 5000)


def test_the_same_coupon_again_counts_nothing_even_after_its_last_day() -> None:
    coupon = make_coupon(most_uses=1)
    order = order_with(coupon)
    Coupon.objects.update(active=False)
    change_coupon(order, Coupon.objects.get())
    assert uses_of(coupon) == 1


def test_a_cancelled_order_gives_its_use_back_and_still_tells_of_the_coupon() -> None:
    coupon = make_coupon(most_uses=1)
    order = order_with(coupon)
    with transaction.atomic():
        close_order(order)
    assert (uses_of(coupon), order.coupon) == (0, coupon)
    assert order_with(coupon).coupon == coupon


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twelve_orders_at_once_use_a_coupon_no_more_often_than_it_may_be_used() -> None:
    coupon = make_coupon(most_uses=5)
    offer = make_offer(coupon.campaign)
    buyers = [make_customer() for _ in range(12)]

    def buy(number: int) -> bool:
        try:
            create_order(buyers[number], coupon.campaign, [(offer, 1)], coupon=coupon)
        except OrderProblem:
            return False
        return True

    assert sorted(at_once(12, buy)) == [False] * 7 + [True] * 5
    assert (uses_of(coupon), Order.objects.filter(coupon=coupon).count()) == (5, 5)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_orders_that_swap_their_coupons_at_once_do_not_block_each_other() -> None:
    one = make_coupon()
    two = make_coupon(one.campaign, code="WINTER")
    orders = [order_with(one), order_with(two)]

    def swap(number: int) -> None:
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=orders[number].pk)
            change_coupon(order, [two, one][number])

    for _ in range(10):
        at_once(2, swap)
        one, two = two, one
    assert (uses_of(one), uses_of(two)) == (1, 1)
