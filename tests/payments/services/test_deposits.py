"""A deposit is asked for first, is marked as one, and what is later stays due."""

from typing import Any

import pytest

from orders.models import Offer, Order
from orders.services.orders import create_order
from payments.models import Payment, Purpose
from payments.services.balances import balance_of
from payments.services.deposits import open_deposit, purpose_of
from payments.services.entry import enter_payment
from payments.services.holds import void
from payments.services.reserve import Wish
from payments.services.submit import submit
from tests.factories import TESTER, make_campaign, make_customer, make_gateway, make_offer
from tests.payments.services.test_cancellation import cancel

pytestmark = pytest.mark.django_db(transaction=True)


def order_on(terms: str, price: int = 10_000, **offer: Any) -> Order:
    campaign = make_campaign()
    return create_order(make_customer(), campaign, [(make_offer(campaign, price, terms=terms, **offer), 1)])


def enter(order: Order, amount: int, **wish: Any) -> Payment:
    wish_for = Wish(order=order, gateway=make_gateway(), amount=amount, actor=TESTER, **wish)
    payment = enter_payment(wish_for, "test:pm_card_visa").payment
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def open_now(order: Order) -> int:
    return open_deposit(order, balance_of(order))


def test_a_deposit_is_asked_for_until_it_is_paid_and_the_rest_is_a_payment() -> None:
    order = order_on(Offer.Terms.DEPOSIT, deposit_amount=3_000)
    assert open_now(order) == 3_000
    part = enter(order, 1_000)
    assert (part.purpose, open_now(order), balance_of(order).due) == (Purpose.DEPOSIT, 2_000, 9_000)
    assert (enter(order, 2_000).purpose, open_now(order)) == (Purpose.DEPOSIT, 0)
    assert (enter(order, 7_000).purpose, balance_of(order).due) == (Purpose.PAYMENT_ENTRY, 0)


def test_more_than_the_deposit_is_a_payment() -> None:
    order = order_on(Offer.Terms.DEPOSIT, deposit_rate=2_500)
    assert (open_now(order), enter(order, 2_501).purpose) == (2_500, Purpose.PAYMENT_ENTRY)


def test_a_deposit_that_is_held_is_not_asked_for_twice_and_one_that_is_released_is() -> None:
    order = order_on(Offer.Terms.DEPOSIT, deposit_amount=3_000)
    hold = enter(order, 3_000, capture=False)
    assert (hold.purpose, open_now(order)) == (Purpose.DEPOSIT, 0)
    void(hold.pk, TESTER)
    assert open_now(order) == 3_000


@pytest.mark.parametrize("terms", [Offer.Terms.FULL, Offer.Terms.LATER])
def test_other_terms_ask_for_no_deposit(terms: str) -> None:
    order = order_on(terms)
    assert (open_now(order), purpose_of(order, 100), balance_of(order).due) == (0, Purpose.PAYMENT_ENTRY, 10_000)


def test_what_is_paid_on_a_cancelled_order_is_its_fee() -> None:
    order = order_on(Offer.Terms.DEPOSIT, deposit_amount=3_000, cancellation_fee=2_000)
    cancel(order)
    payment = enter(order, 2_000)
    assert (open_now(order), payment.purpose) == (0, Purpose.CANCELLATION_FEE)
