"""One click after the sale charges the kept card, once; what is not paid is not on the order."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, Offer, Order, PaymentState
from orders.services.customers import Buyer
from orders.services.orders import NewLine
from payments.models import Checkout, Payment, Purpose, Status
from payments.services.checkout import Basket, place_order
from payments.services.one_click import accept_upsell, close_upsells, take_off_unpaid, unpaid_upsells, upsells_for
from payments.services.online import Attempt, OnlineCard, pay_online
from payments.services.reconcile import reconcile
from payments.services.reserve import PaymentRefused
from payments.tasks import take_off_unpaid_upsells
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_campaign, make_gateway, make_offer
from tests.faults.at_once import at_once
from tests.local_stripe import answer_bank, charges_of, decline_from_now_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(is_default=True, send_upsell_token=True)


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(checkout_on=True)


@pytest.fixture
def extra(campaign: Campaign) -> Offer:
    return make_offer(campaign, 900, shippable=False, is_upsell=True)


def sold(campaign: Campaign, card: str = "pm_card_visa") -> Order:
    offer = make_offer(campaign, 4900, shippable=False)
    basket = Basket(campaign, (NewLine(offer, 1),))
    order = place_order(basket, Buyer("Ada", "ada@mail.test"), None, uuid.uuid4().hex)
    pay_online(order, OnlineCard(new=card), Attempt(uuid.uuid4(), "/pay/"))
    order.refresh_from_db()
    return order


def test_one_click_is_a_line_and_a_payment_of_its_own(campaign: Campaign, gateway: Gateway, extra: Offer) -> None:
    order = sold(campaign)
    assert upsells_for(order) == [extra]
    payment = accept_upsell(order, extra, uuid.uuid4())
    order.refresh_from_db()
    line = order.lines.get(offer=extra)
    assert (payment.status, payment.purpose, payment.amount) == (Status.CAPTURED, Purpose.UPSELL, 900)
    assert (line.is_upsell, payment.upsell_line) == (True, line)
    assert (order.total, order.amount_paid, order.payment_state) == (5800, 5800, PaymentState.PAID)
    assert payment.card == Payment.objects.get(purpose=Purpose.SALE).card is not None
    assert payment.draft["off_session"] is True
    assert upsells_for(order) == []


def test_a_card_that_was_confirmed_once_is_not_challenged_again(
    campaign: Campaign, gateway: Gateway, extra: Offer
) -> None:
    order = sold(campaign, "pm_card_authenticationRequiredOnSetup")
    sale = Payment.objects.get()
    answer_bank(sale, passed=True)
    Payment.objects.update(next_try_at=clock.now() - timedelta(seconds=1))
    reconcile(sale.pk)
    payment = accept_upsell(order, extra, uuid.uuid4())
    assert payment.status == Status.CAPTURED


def test_the_same_press_and_a_second_one_charge_once(campaign: Campaign, gateway: Gateway, extra: Offer) -> None:
    order, press = sold(campaign), uuid.uuid4()
    payments = {accept_upsell(order, extra, press).pk, accept_upsell(order, extra, press).pk}
    payments.add(accept_upsell(order, extra, uuid.uuid4()).pk)
    assert len(payments) == 1
    assert order.lines.filter(is_upsell=True).count() == 1
    assert len(charges_of(Payment.objects.get(purpose=Purpose.UPSELL))) == 1


@pytest.mark.postgres
def test_ten_presses_at_once_charge_once(campaign: Campaign, gateway: Gateway, extra: Offer) -> None:
    order = sold(campaign)
    at_once(10, lambda _: accept_upsell(order, extra, uuid.uuid4()))
    assert order.lines.filter(is_upsell=True).count() == 1
    assert len(charges_of(Payment.objects.get(purpose=Purpose.UPSELL))) == 1


def test_a_declined_upsell_leaves_the_order_as_it_was(campaign: Campaign, gateway: Gateway, extra: Offer) -> None:
    order = sold(campaign)
    decline(order)
    payment = accept_upsell(order, extra, uuid.uuid4())
    order.refresh_from_db()
    assert payment.status == Status.DECLINED
    assert (order.total, order.lines.count(), order.payment_state) == (4900, 1, PaymentState.PAID)
    assert unpaid_upsells() == []


def decline(order: Order) -> None:
    card = Payment.objects.get(order=order, purpose=Purpose.SALE).card
    assert card is not None
    decline_from_now_on(card)


def test_an_unheard_upsell_waits_and_is_taken_off_if_it_was_not_paid(
    campaign: Campaign, gateway: Gateway, extra: Offer, local_stripe: LocalStripe
) -> None:
    order = sold(campaign)
    local_stripe.faults.add(Fault(kind="reset", when="before", method="POST", path="/v1/payment_intents"))
    payment = accept_upsell(order, extra, uuid.uuid4())
    local_stripe.faults.clear()
    order.refresh_from_db()
    assert (payment.status, order.total) == (Status.UNKNOWN, 5800)
    decline(order)
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now() - timedelta(seconds=1))
    reconcile(payment.pk)
    assert unpaid_upsells() == [payment.pk]
    take_off_unpaid_upsells()
    order.refresh_from_db()
    assert (order.total, order.payment_state) == (4900, PaymentState.PAID)
    assert not take_off_unpaid(payment.pk)


def test_what_is_being_packed_stays_and_is_due(
    campaign: Campaign, gateway: Gateway, extra: Offer, local_stripe: LocalStripe
) -> None:
    order = sold(campaign)
    local_stripe.faults.add(Fault(kind="reset", when="before", method="POST", path="/v1/payment_intents"))
    payment = accept_upsell(order, extra, uuid.uuid4())
    order.lines.filter(is_upsell=True).update(quantity_on_ship_docs=1)
    Payment.objects.filter(pk=payment.pk).update(status=Status.DECLINED)
    assert take_off_unpaid(payment.pk)
    order.refresh_from_db()
    assert (order.total, order.amount_due, order.payment_state) == (5800, 900, PaymentState.PART_PAID)
    assert unpaid_upsells() == []


@pytest.mark.parametrize("why", ["long ago", "closed", "no token", "inactive", "later", "other campaign", "shippable"])
def test_when_nothing_is_offered(campaign: Campaign, gateway: Gateway, extra: Offer, why: str) -> None:
    order = sold(campaign)
    if why == "long ago":
        Payment.objects.update(submitted_at=clock.now() - timedelta(minutes=31))
    elif why == "closed":
        close_upsells(order)
    elif why == "no token":
        Gateway.objects.update(send_upsell_token=False)
    else:
        changes: dict[str, dict[str, Any]] = {
            "inactive": {"active": False},
            "later": {"terms": "later"},
            "other campaign": {"campaign": make_campaign()},
            "shippable": {"shippable": True},
        }
        Offer.objects.filter(pk=extra.pk).update(**changes[why])
    assert upsells_for(order) == []
    with pytest.raises(PaymentRefused):
        accept_upsell(order, extra, uuid.uuid4())
    order.refresh_from_db()
    assert (order.total, Payment.objects.count()) == (4900, 1)


def test_an_order_of_the_office_is_offered_nothing(campaign: Campaign, gateway: Gateway, extra: Offer) -> None:
    order = sold(campaign)
    Checkout.objects.all().delete()
    assert upsells_for(order) == []


def test_a_gateway_without_room_takes_no_upsell_and_adds_none(
    campaign: Campaign, gateway: Gateway, extra: Offer
) -> None:
    order = sold(campaign)
    Gateway.objects.update(monthly_cap=5000)
    with pytest.raises(PaymentRefused):
        accept_upsell(order, extra, uuid.uuid4())
    order.refresh_from_db()
    assert (order.total, order.lines.count()) == (4900, 1)
