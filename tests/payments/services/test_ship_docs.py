"""Goods leave with their money, or by an operator's decision; money is captured once, and goods stay without it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from gateways import clock
from orders.models import Order, PaymentState, ShipDoc
from orders.services.orders import OrderProblem
from orders.services.shipping import Parcel, cancel_ship_doc, create_ship_doc
from payments.models import Payment, Status
from payments.services.reconcile import reconcile, stuck_payments
from payments.services.reserve import PaymentRefused
from payments.services.ship_doc_balances import ship_doc_balance
from payments.services.ship_docs import ship, takes_of
from payments.services.ship_warnings import warnings_of
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents
from tests.payments.refunds import paid

pytestmark = pytest.mark.django_db(transaction=True)


def held(order: Order, amount: int = 0, **wish: Any) -> Payment:
    amount = amount or order.total
    payment = make_payment(order, make_gateway(currency=order.currency), amount=amount, capture=False, **wish)
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.AUTHORIZED
    return payment


def three_of(price: int, **extras: Any) -> Order:
    """An order of three of one thing."""
    order = make_order(total=price, **extras)
    order.lines.update(quantity=3)
    Order.objects.filter(pk=order.pk).update(total=order.total + 2 * price)
    order.refresh_from_db()
    return order


def pack(order: Order, quantity: int = 1) -> ShipDoc:
    return create_ship_doc(order.pk, Parcel({order.lines.get().pk: quantity}))


def take_of(doc: ShipDoc) -> tuple[int, int]:
    first = takes_of(doc, ship_doc_balance(doc).unpaid)[0]
    return first.payment.pk, first.amount


def refused(doc: ShipDoc, **how: Any) -> PaymentRefused:
    before = ShipDoc.objects.get(pk=doc.pk).status
    with pytest.raises(PaymentRefused) as refusal:
        ship(doc.pk, TESTER, **how)
    assert ShipDoc.objects.get(pk=doc.pk).status == before
    return refusal.value


# --- what it costs ----------------------------------------------------------------------------------------------


def test_what_is_due_for_a_part_is_its_worth_less_what_was_paid_for_it() -> None:
    order = three_of(1000, shipping=500)
    doc = pack(order)
    assert (ship_doc_balance(doc).value, ship_doc_balance(doc).due) == (1167, 1167)
    paid(order=order, amount=1000, ship_doc=doc)
    balance = ship_doc_balance(doc)
    assert (balance.paid, balance.due, balance.unpaid) == (1000, 167, 167)


def test_a_paid_order_owes_nothing_for_its_ship_docs() -> None:
    order = three_of(1000)
    paid(order=order, amount=3000)
    balance = ship_doc_balance(pack(order))
    assert (balance.value, balance.due, balance.unpaid) == (1000, 0, 0)


def test_the_last_ship_doc_owes_what_the_deposit_left() -> None:
    order = three_of(1000)
    paid(order=order, amount=1500)
    first, last = pack(order, 1), pack(order, 2)
    assert (ship_doc_balance(first).unpaid, ship_doc_balance(last).unpaid) == (1000, 1500)
    paid(order=order, amount=1000, ship_doc=first)
    assert (ship_doc_balance(first).unpaid, ship_doc_balance(last).unpaid) == (0, 500)


def test_what_is_held_is_not_asked_for_twice_but_is_not_paid_either() -> None:
    order = three_of(1000)
    doc = pack(order)
    held(order)
    balance = ship_doc_balance(doc)
    assert (balance.due, balance.unpaid) == (0, 1000)


def test_a_payment_of_a_ship_doc_takes_no_more_than_is_due_for_it() -> None:
    order = three_of(1000)
    doc = pack(order)
    with pytest.raises(PaymentRefused, match=r"Only 10\.00 USD of .*-S1 is open: enter that or less"):
        make_payment(order, make_gateway(), amount=1001, ship_doc=doc)
    payment = make_payment(order, make_gateway(), amount=1000, ship_doc=doc)
    with pytest.raises(PaymentRefused, match="nothing to charge"):
        make_payment(order, make_gateway(), amount=100, ship_doc=doc)
    assert (payment.ship_doc, order.payments.count()) == (doc, 1)


def test_a_payment_of_another_orders_or_a_cancelled_ship_doc_is_refused() -> None:
    order, doc = three_of(1000), pack(three_of(1000))
    with pytest.raises(PaymentRefused, match="belongs to another order"):
        make_payment(order, make_gateway(), amount=100, ship_doc=doc)
    cancel_ship_doc(doc.pk)
    with pytest.raises(PaymentRefused, match="is cancelled"):
        make_payment(doc.order, make_gateway(), amount=100, ship_doc=doc)


# --- capture on shipment ----------------------------------------------------------------------------------------


def test_goods_leave_and_their_hold_is_captured() -> None:
    order = three_of(1000)
    doc, hold = pack(order, 3), held(order)
    payment = ship(doc.pk, TESTER, take=take_of(doc))
    doc.refresh_from_db()
    order.refresh_from_db()
    assert payment is not None
    assert (payment.pk, payment.status, payment.amount_captured, payment.ship_doc) == (hold.pk, "captured", 3000, doc)
    assert (doc.status, order.payment_state) == ("shipped", PaymentState.PAID)
    assert [event.detail for event in payment.events.filter(kind="capture asked")] == [f"{doc} leaves"]


def test_a_part_captures_its_part_and_the_rest_of_the_hold_is_released() -> None:
    order = three_of(1000, shipping=500)
    doc, hold = pack(order), held(order)
    (take,) = takes_of(doc, ship_doc_balance(doc).unpaid)
    assert (take.payment, take.amount, take.released) == (hold, 1167, 2333)
    ship(doc.pk, TESTER, take=(hold.pk, 1167))
    hold.refresh_from_db()
    order.refresh_from_db()
    assert (hold.amount_captured, order.amount_paid, order.amount_held) == (1167, 1167, 0)
    rest = pack(order, 2)
    assert (ship_doc_balance(rest).due, takes_of(rest, 2333)) == (2333, [])


def test_its_own_hold_comes_first_and_another_ship_docs_is_not_offered() -> None:
    order = three_of(1000)
    first, second = pack(order), pack(order)
    of_order, of_first = held(order, 1000), held(order, 1000, ship_doc=first)
    assert [one.payment for one in takes_of(first, 1000)] == [of_first, of_order]
    assert [one.payment for one in takes_of(second, 1000)] == [of_order]
    cancel_ship_doc(first.pk)
    assert {one.payment for one in takes_of(second, 1000)} == {of_order, of_first}


def test_a_hold_that_is_not_enough_ships_only_with_leave() -> None:
    order = three_of(1000)
    doc, hold = pack(order, 3), held(order, 2000)
    refusal = refused(doc, take=(hold.pk, 2000))
    assert (refusal.field, "10.00 USD of" in refusal.message) == ("unpaid_too", True)
    hold.refresh_from_db()
    assert (hold.capture_asked, hold.status) == (None, "authorized")
    ship(doc.pk, TESTER, take=(hold.pk, 2000), unpaid_too=True)
    doc.refresh_from_db()
    assert (doc.status, ship_doc_balance(doc).unpaid) == ("shipped", 1000)


def test_what_is_paid_leaves_without_a_word() -> None:
    order = three_of(1000)
    doc = pack(order, 3)
    paid(order=order, amount=3000)
    assert (warnings_of(doc, ship_doc_balance(doc)), ship(doc.pk, TESTER)) == ([], None)
    doc.refresh_from_db()
    assert doc.status == "shipped"


def test_what_is_not_paid_leaves_only_with_leave() -> None:
    doc = pack(three_of(1000))
    refusal = refused(doc)
    assert refusal.message == f"10.00 USD of {doc} would leave unpaid: take the money first, or tick this."
    ship(doc.pk, TESTER, unpaid_too=True)
    doc.refresh_from_db()
    assert doc.status == "shipped"


def test_an_amount_or_a_hold_that_the_operator_did_not_see_is_not_captured() -> None:
    order = three_of(1000)
    doc, hold = pack(order), held(order)
    other = held(make_order(total=1000))
    for take in [(hold.pk, 999), (hold.pk, 3000), (other.pk, 1000)]:
        assert refused(doc, take=take).message.startswith("The holds or the amount have changed")
    assert not Payment.objects.exclude(capture_asked=None).exists()


def test_shipping_twice_captures_once() -> None:
    order = three_of(1000)
    doc = pack(order, 3)
    take = (held(order).pk, 3000)
    ship(doc.pk, TESTER, take=take)
    refusal = refused(doc, take=take)
    assert refusal.message == f"{doc} is shipped: nothing was captured."
    assert [one["amount_received"] for one in all_intents() if one["metadata"].get("order") == order.number] == [3000]


@pytest.mark.postgres
def test_four_operators_who_ship_at_once_capture_once() -> None:
    order = three_of(1000)
    doc = pack(order, 3)
    take = (held(order).pk, 3000)

    def press(_: int) -> bool:
        try:
            return ship(doc.pk, TESTER, take=take) is not None
        except PaymentRefused:
            return False

    assert sorted(at_once(4, press)) == [False, False, False, True]
    doc.refresh_from_db()
    assert (doc.status, ship_doc_balance(doc).paid) == ("shipped", 3000)


@pytest.mark.postgres
def test_two_holds_that_are_captured_at_once_for_one_ship_doc_pay_it_once() -> None:
    order = three_of(1000)
    doc = pack(order)
    takes = [(held(order, 1000).pk, 1000), (held(order, 1000).pk, 1000)]

    def press(number: int) -> bool:
        try:
            return ship(doc.pk, TESTER, take=takes[number]) is not None
        except (PaymentRefused, OrderProblem):
            return False

    assert sorted(at_once(2, press)) == [False, True]
    assert ship_doc_balance(doc).paid == 1000


# --- when the processor does not do it --------------------------------------------------------------------------


@pytest.fixture
def eight_days_later(local_stripe: LocalStripe) -> Iterator[Callable[[], None]]:
    """Lets Stripe's clock run on, so that a hold ends there; Midway has not heard of it."""
    moved: list[int] = []

    def run_on() -> None:
        moved.append(8 * 86_400)
        local_stripe.clock.advance(moved[-1])

    yield run_on
    local_stripe.clock.advance(-sum(moved))


def test_goods_stay_when_the_capture_is_refused(eight_days_later: Callable[[], None]) -> None:
    order = three_of(1000)
    doc, hold = pack(order, 3), held(order)
    take = take_of(doc)
    eight_days_later()
    with clock.travel_to(clock.now() + timedelta(days=8)):
        payment = ship(doc.pk, TESTER, take=take)
        doc.refresh_from_db()
        assert payment is not None
        assert (doc.status, payment.capture_asked, payment.amount_captured) == ("draft", None, 0)
        assert payment.message
    with clock.travel_to(clock.now() + timedelta(days=8, minutes=1)):
        reconcile(hold.pk)
        (warning,) = warnings_of(doc, ship_doc_balance(doc))
    assert warning == f"The hold of 30.00 USD ({hold}) ended before it was captured: nothing was taken."
    assert ship_doc_balance(doc).due == 3000


@pytest.mark.parametrize("when", ["before", "after"])
def test_goods_stay_while_nobody_knows_whether_it_was_captured(local_stripe: LocalStripe, when: str) -> None:
    order = three_of(1000)
    doc = pack(order, 3)
    take = (held(order).pk, 3000)
    local_stripe.faults.add(Fault(kind="reset", when=when, path="*/capture"))  # type: ignore[arg-type]
    payment = ship(doc.pk, TESTER, take=take)
    doc.refresh_from_db()
    assert payment is not None
    assert (doc.status, payment.capture_asked) == ("draft", 3000)
    assert f"is already being captured for {doc}" in refused(doc, take=take).message
    (warning,) = warnings_of(doc, ship_doc_balance(doc))
    assert warning == f"30.00 USD ({payment}) is being captured, and the answer is not known yet."
    Payment.objects.update(next_try_at=clock.now() - timedelta(seconds=1))
    reconcile(payment.pk)
    assert ship_doc_balance(doc).unpaid == 0
    ship(doc.pk, TESTER)
    doc.refresh_from_db()
    assert (doc.status, ship_doc_balance(doc).paid) == ("shipped", 3000)


# --- what one is warned of --------------------------------------------------------------------------------------


def test_money_that_is_held_waits_or_was_given_back_is_told() -> None:
    order = three_of(1000)
    doc = pack(order, 3)
    hold = held(order, 1000)
    waits = make_payment(order, make_gateway(), amount=1000, test_card="pm_card_threeDSecure2Required")
    sent = make_payment(order, make_gateway(), amount=1000)
    submit(waits.pk)
    assert warnings_of(doc, ship_doc_balance(doc)) == [
        f"10.00 USD ({hold}) is held, and not captured yet.",
        f"10.00 USD ({waits}) waits for the cardholder to confirm.",
        f"10.00 USD ({sent}) is being settled: its answer is not known yet.",
    ]


def test_a_hold_whose_time_is_over_is_told_though_no_news_has_come_and_is_looked_at_again(
    eight_days_later: Callable[[], None],
) -> None:
    order = three_of(1000)
    doc, hold = pack(order, 3), held(order)
    assert hold.capture_before is not None
    with clock.travel_to(hold.capture_before + timedelta(minutes=5)):
        (warning,) = warnings_of(doc, ship_doc_balance(doc))
        assert "it may be gone" in warning
        assert stuck_payments() == []
    eight_days_later()
    with clock.travel_to(hold.capture_before + timedelta(hours=1)):
        assert stuck_payments() == [hold.pk]
        reconcile(hold.pk)
    hold.refresh_from_db()
    assert hold.status == Status.EXPIRED


def test_a_refund_is_told_before_paid_goods_leave() -> None:
    order = three_of(1000)
    doc = pack(order, 3)
    payment = paid(order=order, amount=3000)
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=500)
    assert warnings_of(doc, ship_doc_balance(doc)) == [f"5.00 USD of what was paid on {order} was refunded."]
