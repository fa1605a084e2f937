"""A checkout's services: what a basket comes to, and the order that one token makes."""

import uuid
from typing import Any

import pytest

from orders.models import Address, Campaign, Coupon, Customer, Order, Staff
from orders.services.customers import Buyer, Place
from orders.services.orders import NewLine, OrderProblem
from orders.services.terms import due_now
from payments.models import Checkout
from payments.services.checkout import Basket, place_order, quote, why_closed
from tests.factories import make_campaign, make_offer
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ADA = Buyer("Ada Byron", "ada@mail.test", language="de")
LONDON = Place("12 St James's Square", "London", "GB", postal_code="SW1Y 4JH")


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(checkout_on=True)


def basket(campaign: Campaign, price: int = 5000, quantity: int = 1, code: str = "", **offer: Any) -> Basket:
    return Basket(campaign, (NewLine(make_offer(campaign, price, **offer), quantity),), code)


def token() -> str:
    return uuid.uuid4().hex


def test_an_order_is_made_with_its_customer_and_address(campaign: Campaign) -> None:
    order = place_order(basket(campaign, quantity=2), ADA, LONDON, token())
    assert (order.total, order.source) == (10_000, Order.Source.CHECKOUT)
    assert (order.customer.email, order.customer.language) == ("ada@mail.test", "de")
    assert str(order.address) == "12 St James's Square, London, SW1Y 4JH, GB"


def test_the_same_address_is_written_down_once(campaign: Campaign) -> None:
    for _ in range(2):
        place_order(basket(campaign), ADA, LONDON, token())
    assert Customer.objects.count() == Address.objects.count() == 1


def test_a_token_makes_one_order_however_often_and_by_whomever_at_once(campaign: Campaign) -> None:
    what, same = basket(campaign), token()
    orders = at_once(10, lambda _: place_order(what, ADA, LONDON, same).pk)
    assert len(set(orders)) == 1
    assert Order.objects.count() == Checkout.objects.count() == 1


def test_ten_customers_of_a_new_address_at_once_are_one_customer(campaign: Campaign) -> None:
    what = basket(campaign)
    at_once(10, lambda _: place_order(what, ADA, LONDON, token()))
    assert (Customer.objects.count(), Order.objects.count()) == (1, 10)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": 0}, "lines"),
        ({"quantity": 100}, "lines"),
        ({"active": False}, "lines"),
        ({"is_upsell": True}, "lines"),
        ({"code": "NOPE"}, "coupon_code"),
    ],
)
def test_what_cannot_be_sold_writes_nothing(campaign: Campaign, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(OrderProblem) as problem:
        place_order(basket(campaign, **wrong), ADA, LONDON, token())
    assert problem.value.field == field
    assert not Order.objects.exists()
    assert not Customer.objects.exists()


def test_goods_without_an_address_are_refused(campaign: Campaign) -> None:
    with pytest.raises(OrderProblem) as problem:
        place_order(basket(campaign), ADA, None, token())
    assert problem.value.field == "address"
    assert place_order(basket(campaign, shippable=False), ADA, None, token()).address is None


def test_somebody_who_left_cannot_be_chosen(campaign: Campaign) -> None:
    gone = Staff.objects.create(name="Gone", active=False)
    offer = make_offer(campaign)
    offer.staff.add(gone)
    with pytest.raises(OrderProblem):
        place_order(Basket(campaign, (NewLine(offer, 1, gone),)), ADA, LONDON, token())


def test_a_coupon_is_used_up_by_orders_and_not_by_quotes(campaign: Campaign) -> None:
    coupon = Coupon.objects.create(campaign=campaign, code="SUN", rate=1000, most_uses=1)
    assert quote(basket(campaign, code="sun")).total == 4500
    assert place_order(basket(campaign, code="sun"), ADA, LONDON, token()).total == 4500
    with pytest.raises(OrderProblem):
        place_order(basket(campaign, code="sun"), ADA, LONDON, token())
    coupon.refresh_from_db()
    assert coupon.uses == 1
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("offers", "code"),
    [
        ([{}], ""),
        ([{}, {"terms": "later"}], ""),
        ([{"terms": "deposit", "deposit_rate": 3333}, {}], "SUN"),
        ([{"terms": "deposit", "deposit_amount": 700}, {"terms": "later"}, {}], "SUN"),
    ],
)
@pytest.mark.parametrize(("currency", "price"), [("USD", 4995), ("JPY", 501), ("KWD", 12_340)])
def test_a_quote_is_what_the_order_will_be(offers: list[dict[str, Any]], code: str, currency: str, price: int) -> None:
    campaign = make_campaign(currency=currency, checkout_on=True)
    Coupon.objects.create(campaign=campaign, code="SUN", rate=1250)
    offers = [{**offer, "deposit_amount": 100} if offer.get("deposit_amount") else offer for offer in offers]
    lines = tuple(NewLine(make_offer(campaign, price * 3, **offer), 1 + place) for place, offer in enumerate(offers))
    wanted = Basket(campaign, lines, code)
    told = quote(wanted)
    order = place_order(wanted, ADA, LONDON, token())
    assert (told.total, told.discount, told.now) == (order.total, order.discount, due_now(order))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"active": False}, "is switched off"),
        ({"card_payments": False}, "takes no cards"),
        ({"checkout_on": False}, "Payment in the online form is off"),
    ],
)
def test_a_closed_campaign_says_why_to_its_merchant(campaign: Campaign, change: dict[str, Any], words: str) -> None:
    for name, value in change.items():
        setattr(campaign, name, value)
    assert words in why_closed(campaign)
    assert bool(why_closed(campaign)) == bool(words)
