"""A customer pays by themselves: routed, charged while they wait, once, and never beside an open payment."""

import uuid
from typing import Any

import pytest

from gateways.models import Gateway
from orders.models import Campaign, Order
from payments.models import Payment, Purpose, Status
from payments.services.online import Attempt, OnlineCard, OnlineRefused, Trouble, amount_now, make_way, pay_online
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.admin import rows
from tests.factories import (
    make_campaign,
    make_card,
    make_gateway,
    make_offer,
    make_order,
    make_rebill,
    make_subscription,
)
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents, answer_bank, charges_of, confirmation_token

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "/v1/payment_intents"
CHALLENGED = "pm_card_threeDSecure2Required"


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(is_default=True)


@pytest.fixture
def order(gateway: Gateway) -> Order:
    return make_order(total=10_000)


def attempt(**changes: Any) -> Attempt:
    return Attempt(**{"form_token": uuid.uuid4(), "return_path": "/pay/o/x/", **changes})


def pay(order: Order, card: str = "pm_card_visa", **changes: Any) -> Payment:
    return pay_online(order, OnlineCard(new=card), attempt(**changes))


def test_the_due_amount_is_charged_through_the_routed_gateway(order: Order, gateway: Gateway) -> None:
    payment = pay(order)
    assert (payment.status, payment.amount, payment.gateway) == (Status.CAPTURED, 10_000, gateway)
    assert (payment.purpose, payment.actor) == (Purpose.SALE, "Customer")
    assert payment.route[0]["verdict"] == "chosen"
    assert payment.draft["return_url"] == "http://testserver/pay/o/x/"
    assert "moto" not in str(payment.draft)
    assert payment.events.first().source == "customer"  # type: ignore[union-attr]


def test_one_press_sent_ten_times_at_once_is_one_payment(order: Order) -> None:
    press = attempt()
    answers = at_once(10, lambda _: pay_online(order, OnlineCard(new="pm_card_visa"), press).pk)
    assert len(set(answers)) == 1
    assert len(charges_of(Payment.objects.get())) == 1


def test_ten_presses_at_once_are_one_payment_and_nine_refusals(order: Order) -> None:
    def press(_: int) -> str:
        try:
            return str(pay(order).status)
        except OnlineRefused as refusal:
            return refusal.trouble

    answers = at_once(10, press)
    assert answers.count("captured") == 1
    assert set(answers) <= {"captured", Trouble.IN_PROGRESS, Trouble.NOTHING_DUE, Trouble.AMOUNT_CHANGED}
    assert Payment.objects.filter(status=Status.CAPTURED).count() == 1


def test_while_an_answer_is_to_come_nobody_pays_again(order: Order, local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(kind="reset", when="before", method="POST", path=CREATE))
    assert pay(order).status == Status.UNKNOWN
    local_stripe.faults.clear()
    with pytest.raises(OnlineRefused) as refusal:
        pay(order)
    assert refusal.value.trouble == Trouble.IN_PROGRESS
    assert Payment.objects.count() == 1


def test_what_waits_for_its_cardholder_gives_way_to_a_new_try(order: Order) -> None:
    first = pay(order, CHALLENGED)
    second = pay(order)
    first.refresh_from_db()
    assert (first.status, second.status) == (Status.VOIDED, Status.CAPTURED)
    assert first.events.filter(kind="void asked", detail="The customer tries again.").exists()


def test_what_was_confirmed_meanwhile_does_not_give_way(order: Order) -> None:
    first = pay(order, CHALLENGED)
    answer_bank(first, passed=True)
    with pytest.raises(OnlineRefused) as refusal:
        pay(order)
    assert refusal.value.trouble == Trouble.NOTHING_DUE
    first.refresh_from_db()
    assert first.status == Status.CAPTURED


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_first_try_that_cannot_be_made_sure_of_blocks_the_second(
    order: Order, local_stripe: LocalStripe, when: str
) -> None:
    pay(order, CHALLENGED)
    local_stripe.faults.add(Fault(kind="reset", when=when, path="*/cancel"))  # type: ignore[arg-type]
    with pytest.raises(OnlineRefused) as refusal:
        make_way(order)
    assert refusal.value.trouble == Trouble.IN_PROGRESS
    assert len([one for one in all_intents() if one["metadata"].get("order") == order.number]) == 1


@pytest.mark.parametrize(
    ("prepare", "trouble"),
    [
        ("paid", Trouble.NOTHING_DUE),
        ("another amount", Trouble.AMOUNT_CHANGED),
        ("gateway off", Trouble.NO_GATEWAY),
        ("no room", Trouble.NO_GATEWAY),
        ("unknown card", Trouble.CARD),
        ("other account", Trouble.OTHER_GATEWAY),
    ],
)
def test_what_is_refused_charges_nothing(order: Order, gateway: Gateway, prepare: str, trouble: Trouble) -> None:
    card, how = OnlineCard(new="pm_card_visa"), attempt()
    if prepare == "paid":
        rows.payment(of=order, gateway=gateway)
    elif prepare == "another amount":
        how = attempt(amount=9_999)
    elif prepare == "gateway off":
        Gateway.objects.update(active=False, is_default=False)
    elif prepare == "no room":
        Gateway.objects.update(monthly_cap=9_999)
    elif prepare == "unknown card":
        card = OnlineCard(kept=make_card(make_order().customer, gateway))
    else:
        card = OnlineCard(new="ctoken_1234", gateway=make_gateway())
    before = Payment.objects.count()
    with pytest.raises(OnlineRefused) as refusal:
        pay_online(order, card, how)
    assert refusal.value.trouble == trouble
    assert Payment.objects.count() == before


def test_less_than_a_card_can_take_is_refused(gateway: Gateway) -> None:
    with pytest.raises(OnlineRefused) as refusal:
        pay(make_order(total=49))
    assert refusal.value.trouble == Trouble.TOO_LITTLE
    assert pay(make_order(total=50)).status == Status.CAPTURED


def test_the_card_form_of_an_equal_gateway_is_honoured() -> None:
    """Weights drew one gateway for the page and another for the order: the card was typed for the first."""
    campaign = make_campaign()
    gateways = [make_gateway(), make_gateway()]
    for gateway in gateways:
        campaign.assignments.create(gateway=gateway)
    for gateway in gateways:
        order = make_order(campaign=campaign)
        token = confirmation_token(gateway.secret_key)
        payment = pay_online(order, OnlineCard(new=token, gateway=gateway), attempt())
        assert (payment.status, payment.gateway) == (Status.CAPTURED, gateway)
        assert [row["verdict"] for row in payment.route] == ["chosen", "kept"]


def test_a_radar_session_goes_along_where_the_switch_and_the_key_are_there() -> None:
    make_gateway("radar", public_key="pk_test_radar_1", send_radar_sessions=True, is_default=True)
    payment = pay_online(make_order(), OnlineCard(new="pm_card_visa", radar_session="rse_1"), attempt())
    assert payment.draft["radar_options"] == {"session": "rse_1"}
    assert payment.status == Status.CAPTURED


def test_a_rebill_is_paid_while_its_customer_is_there(gateway: Gateway) -> None:
    subscription = make_subscription(gateway=gateway)
    card = make_card(subscription.customer, gateway)
    payment = pay_online(make_rebill(subscription), OnlineCard(kept=card), attempt())
    assert (payment.status, payment.purpose, payment.cycle, payment.card) == (
        Status.CAPTURED,
        Purpose.REBILL,
        2,
        card,
    )
    assert "off_session" not in payment.draft


# --- what is to be paid now -----------------------------------------------------------------------------------------


def deposit(campaign: Campaign, price: int = 10_000) -> Order:
    offer = make_offer(campaign, price, terms="deposit", deposit_rate=2000)
    order = make_order(campaign=campaign, total=500)
    order.lines.all().delete()
    order.lines.create(offer=offer, description=offer.name, unit_price=price)
    Order.objects.filter(pk=order.pk).update(total=price)
    order.refresh_from_db()
    return order


def test_a_deposit_is_asked_for_once(gateway: Gateway) -> None:
    order = deposit(make_campaign())
    assert amount_now(order) == 2000
    assert pay(order).purpose == Purpose.DEPOSIT
    assert amount_now(order) == 0
    order.refresh_from_db()
    assert order.amount_due == 8000


def test_a_cancelled_order_owes_its_fee(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(cancelled_at=order.created_at, cancellation_fee=1500)
    order.refresh_from_db()
    payment = pay(order)
    assert (payment.amount, payment.purpose) == (1500, Purpose.CANCELLATION_FEE)


# --- currencies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("JPY", 500), ("KRW", 15_000), ("USD", 1999), ("EUR", 50), ("UGX", 500_000), ("ISK", 50_000), ("KWD", 12_340)],
)
def test_an_amount_is_the_same_in_the_order_the_request_and_the_payment(currency: str, amount: int) -> None:
    make_gateway(currency=currency, is_default=True)
    payment = pay(make_order(total=amount, currency=currency))
    (intent,) = [one for one in all_intents() if one["id"] == payment.reference]
    assert (intent["amount"], intent["currency"]) == (amount, currency.lower())
    assert (payment.amount_captured, payment.currency) == (amount, currency)
