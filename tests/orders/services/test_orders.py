"""Sales orders add up to the unit, and keep their amounts once a payment was entered."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as some

from gateways import clock, money
from orders.models import Campaign, Order, PaymentState, Staff
from orders.services.orders import NewLine, OrderProblem, create_order, price_line, start_order, total_up
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from tests.factories import (
    make_campaign,
    make_customer,
    make_gateway,
    make_offer,
    make_payment,
)
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def order_of(campaign: Campaign, *prices: tuple[int, int], **amounts: Any) -> Order:
    """An order with a line for each (price, quantity)."""
    lines = [(make_offer(campaign, price), quantity) for price, quantity in prices]
    return create_order(make_customer(), campaign, lines, address=None, discount_reason="Goodwill", **amounts)


def problem(order: Order) -> OrderProblem:
    with pytest.raises(OrderProblem) as refusal, transaction.atomic():
        total_up(order)
    assert str(refusal.value) == refusal.value.message
    return refusal.value


# --- totals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prices", "amounts", "total"),
    [
        ([(1999, 1)], {}, 1999),
        ([(1999, 3)], {}, 5997),
        ([(1999, 3), (4900, 2)], {}, 15_797),
        ([(1999, 3), (4900, 2)], {"discount": 797, "shipping": 595, "tax": 1301}, 16_896),
        ([(1000, 1)], {"discount": 1000}, 0),
        ([(1000, 1)], {"discount": 1000, "shipping": 595}, 595),
        ([(99_999_999, 1)], {}, 99_999_999),
        ([(1, 99_999_999)], {}, 99_999_999),
    ],
)
def test_a_total_is_lines_less_discount_plus_shipping_and_tax(
    campaign: Campaign, prices: list[tuple[int, int]], amounts: dict[str, int], total: int
) -> None:
    order = order_of(campaign, *prices, **amounts)
    assert (order.total, Order.objects.get(pk=order.pk).total) == (total, total)
    assert order.amount_due == total


@given(some.lists(some.tuples(some.integers(1, 9_999), some.integers(1, 9)), min_size=1, max_size=4), some.data())
def test_any_order_adds_up_to_the_unit(prices: list[tuple[int, int]], data: some.DataObject) -> None:
    goods = sum(price * quantity for price, quantity in prices)
    discount = data.draw(some.integers(0, goods))
    shipping, tax = data.draw(some.integers(0, 5_000)), data.draw(some.integers(0, 5_000))
    order = order_of(make_campaign(), *prices, discount=discount, shipping=shipping, tax=tax)
    assert order.total == goods - discount + shipping + tax


def test_a_new_order_takes_currency_and_time_from_its_campaign_and_the_clock() -> None:
    moment = datetime(2026, 10, 3, 12, 0, tzinfo=UTC)
    with clock.travel_to(moment):
        order = order_of(make_campaign(currency="EUR"), (5000, 1))
    assert (order.currency, order.payment_state) == ("EUR", PaymentState.UNPAID)
    assert abs((order.created_at - moment).total_seconds()) < 5


def test_a_line_keeps_the_name_and_the_price_of_its_day(campaign: Campaign) -> None:
    offer = make_offer(campaign, price=5000)
    order = create_order(make_customer(), campaign, [(offer, 2)])
    name = offer.name
    type(offer).objects.filter(pk=offer.pk).update(name="Dearer", price=6000)
    total_up(order)
    line = order.lines.get()
    assert (line.description, line.unit_price, line.amount, order.total) == (name, 5000, 10_000, 10_000)


def test_pricing_a_line_takes_the_offer_of_today(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    line = order.lines.get()
    line.offer = make_offer(campaign, price=700)
    price_line(line)
    assert (line.description, line.unit_price) == (line.offer.name, 700)


def test_starting_an_order_twice_keeps_its_first_moment() -> None:
    order = Order(campaign=make_campaign(currency="JPY"))
    start_order(order)
    first = order.created_at
    start_order(order)
    assert (order.currency, order.created_at) == ("JPY", first)


# --- what cannot be an order ------------------------------------------------------------------------------------


def test_an_order_without_lines_is_refused_and_nothing_is_written(campaign: Campaign) -> None:
    with pytest.raises(OrderProblem) as refusal:
        create_order(make_customer(), campaign, [])
    assert refusal.value.field == "lines"
    assert refusal.value.message == "An order needs at least one line: choose an offer and a quantity."
    assert not Order.objects.exists()


def test_an_offer_of_another_campaign_is_refused_by_name(campaign: Campaign) -> None:
    own, foreign = make_offer(campaign), make_offer()
    with pytest.raises(OrderProblem) as refusal:
        create_order(make_customer(), campaign, [(own, 1), (foreign, 1)])
    assert refusal.value.field == "lines"
    assert refusal.value.message == f"{foreign.name} is not an offer of {campaign}: choose another offer."
    assert not Order.objects.exists()


def test_an_order_moved_to_another_campaign_is_refused(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    order.campaign = make_campaign()
    assert problem(order).field == "lines"


def test_a_discount_of_more_than_the_goods_is_refused_even_when_shipping_covers_it(campaign: Campaign) -> None:
    with pytest.raises(OrderProblem) as refusal:
        order_of(campaign, (1000, 1), discount=1001, shipping=5000)
    assert refusal.value.field == "discount"
    assert refusal.value.message == "The discount is more than the lines come to: make it smaller."


def test_a_discount_without_a_reason_is_refused(campaign: Campaign) -> None:
    with pytest.raises(OrderProblem) as refusal:
        create_order(make_customer(), campaign, [(make_offer(campaign), 1)], discount=100)
    assert (refusal.value.field, refusal.value.message) == (
        "discount_reason",
        "Say why there is a discount, or take it away.",
    )
    assert not Order.objects.exists()


def test_a_line_names_somebody_who_gives_the_service(campaign: Campaign) -> None:
    offer, ada, bob = make_offer(campaign), Staff.objects.create(name="Ada"), Staff.objects.create(name="Bob")
    offer.staff.add(ada)
    order = create_order(make_customer(), campaign, [NewLine(offer, 1, ada)])
    assert order.lines.get().staff == ada
    with pytest.raises(OrderProblem, match=f"Bob does not give {offer.name}: choose somebody else, or nobody"):
        create_order(make_customer(), campaign, [NewLine(offer, 1, bob)])
    assert Order.objects.get() == order


@pytest.mark.parametrize(
    ("currency", "price", "most"),
    [("USD", 99_999_999, "999999.99 USD"), ("JPY", 99_999_999, "99999999 JPY"), ("ISK", 99_999_900, "999999 ISK")],
)
def test_an_order_of_more_than_can_be_charged_is_refused(currency: str, price: int, most: str) -> None:
    campaign, step = make_campaign(currency=currency), money.step(currency)
    assert order_of(campaign, (price, 1)).total == price
    with pytest.raises(OrderProblem) as refusal:
        order_of(campaign, (price, 1), shipping=step)
    assert refusal.value.message == f"An order comes to {most} at most: split it into two."


@pytest.mark.parametrize("amounts", [{"discount": -1}, {"shipping": -1}, {"tax": -1}], ids=str)
def test_a_negative_amount_never_becomes_an_order(campaign: Campaign, amounts: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="order_amounts_are_not_negative"), transaction.atomic():
        order_of(campaign, (1000, 1), **amounts)
    assert not Order.objects.exists()


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_line_of_nothing_never_becomes_an_order(campaign: Campaign, quantity: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        order_of(campaign, (1000, quantity))
    assert not Order.objects.exists()


# --- editing meanwhile ------------------------------------------------------------------------------------------


def test_an_unpaid_order_may_change_its_amounts(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    order.lines.update(quantity=2)
    order.shipping = 595
    order.save()
    total_up(order)
    assert Order.objects.get(pk=order.pk).total == 10_595


def test_once_a_payment_was_entered_the_amounts_stay(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    make_payment(order)
    order.lines.update(quantity=2)
    refusal = problem(order)
    assert (refusal.field, refusal.message) == (
        "lines",
        "A payment was entered meanwhile, so that the amounts stay as they are: reload.",
    )
    assert Order.objects.get(pk=order.pk).total == 5000


def test_what_does_not_change_the_total_may_change_after_payment(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    make_payment(order)
    order.notes = "Ring twice."
    order.save(update_fields=["notes"])
    total_up(order)
    saved = Order.objects.get(pk=order.pk)
    assert (saved.total, saved.notes, saved.payment_state) == (5000, "Ring twice.", PaymentState.IN_PROGRESS)


def test_after_a_decline_the_amounts_may_change_again(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    submit(make_payment(order, test_card="pm_card_visa_chargeDeclined").pk)
    order.lines.update(quantity=2)
    total_up(order)
    assert Order.objects.get(pk=order.pk).total == 10_000


def test_adding_up_never_touches_what_was_paid(campaign: Campaign) -> None:
    order = order_of(campaign, (5000, 1))
    stale = Order.objects.get(pk=order.pk)
    submit(make_payment(order).pk)
    total_up(stale)
    saved = Order.objects.get(pk=order.pk)
    assert (saved.payment_state, saved.amount_paid, saved.total) == (PaymentState.PAID, 5000, 5000)


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_payment_at_once_never_leave_an_order_overpaid() -> None:
    campaign, gateway = make_campaign(), make_gateway()
    for _ in range(6):
        order = order_of(campaign, (5000, 2))
        outcomes = at_once(2, lambda number, order=order: (edit if number else pay)(order, gateway))  # type: ignore[misc]
        saved = Order.objects.get(pk=order.pk)
        charged = sum(order.payments.values_list("amount", flat=True))
        assert (outcomes, saved.total) in [([10_000, False], 10_000), ([0, True], 5000)]
        assert charged <= saved.total


def pay(order: Order, gateway: object) -> int:
    try:
        return int(make_payment(Order.objects.get(pk=order.pk), gateway, amount=10_000).amount)  # type: ignore[arg-type]
    except PaymentRefused:
        return 0


def edit(order: Order, _: object) -> bool:
    try:
        with transaction.atomic():
            mine = Order.objects.select_for_update().get(pk=order.pk)
            mine.lines.update(quantity=1)
            total_up(mine)
    except OrderProblem:
        return False
    return True


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_payment_waits_for_an_edit_that_is_being_saved() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    order, gateway, paid = order_of(make_campaign(), (5000, 2)), make_gateway(), threading.Event()

    def pay_late(_: int) -> int:
        amount = pay(order, gateway)
        paid.set()
        return amount

    with transaction.atomic():
        order.lines.update(quantity=1)
        total_up(order)
        thread = threading.Thread(target=lambda: at_once(1, pay_late))
        thread.start()
        assert not paid.wait(0.3)
    thread.join(10)
    assert paid.is_set()
    assert not order.payments.exists()
