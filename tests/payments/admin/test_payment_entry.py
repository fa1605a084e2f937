"""Payment entry on the sales order: one form, one payment; bad input is told at its field and charges nothing."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, Order
from payments.models import Payment, Status
from payments.services.submit import submit
from payments.tasks import charge_payment
from tests.factories import make_card, make_customer, make_gateway, make_order, make_payment
from tests.local_stripe import all_intents

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order() -> Order:
    return make_order(total=10_000)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(is_default=True)


def page(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def token(office: Client, order: Order) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f-]{36})"', office.get(page(order)).content.decode())
    assert found
    return found[1]


def enter(office: Client, order: Order, through: Gateway, **fields: Any) -> Any:
    data = {
        "form_token": str(uuid.uuid4()),
        "gateway": through.pk,
        "amount": "100.00",
        "method": "test:pm_card_visa",
        "capture": "now",
        **fields,
    }
    return office.post(f"/admin/orders/order/{order.pk}/payment/", data)


def test_a_payment_is_entered_charged_and_told_on_the_same_page(office: Client, order: Order, gateway: Gateway) -> None:
    answer = enter(office, order, gateway, form_token=token(office, order))
    payment = Payment.objects.get()
    assert answer["Location"] == f"{page(order)}?payment={payment.pk}#payment"
    assert "Waiting to be charged" in office.get(answer["Location"]).content.decode()
    charge_payment(payment.pk)
    told = office.get(answer["Location"]).content.decode()
    assert "Captured" in told
    assert "Nothing is due on this order" in told


def test_the_form_starts_with_the_balance_and_the_default_gateway(
    office: Client, order: Order, gateway: Gateway
) -> None:
    make_gateway(name="Another")
    html = office.get(page(order)).content.decode()
    assert 'value="100.00"' in html
    assert re.search(rf'<option value="{gateway.pk}"[^>]*selected', html)
    assert "USD · test" in html


def test_the_same_form_sent_ten_times_makes_one_payment(office: Client, order: Order, gateway: Gateway) -> None:
    once = token(office, order)
    places = {enter(office, order, gateway, form_token=once, amount="40.00")["Location"] for _ in range(10)}
    assert len(places) == 1
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("-1", "least that can be charged"),
        ("0", "least that can be charged"),
        ("0.49", "0.50 USD"),
        ("100.01", "Only 100.00 USD of this order is open"),
        ("1000000000", "not an amount"),
        ("ten", "Write the amount in digits"),
        ("1e3", "Write the amount in digits"),
        ("12.345", "finer than USD allows"),
        ("", "This field is required"),
        ("NaN", "Write the amount in digits"),
        ("٣", "Write the amount in digits"),
    ],
)
def test_a_bad_amount_is_told_at_its_field(
    office: Client, order: Order, gateway: Gateway, amount: str, said: str
) -> None:
    answer = enter(office, order, gateway, amount=amount)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_gateway_of_another_currency_is_refused(office: Client, order: Order) -> None:
    answer = enter(office, order, make_gateway(currency="EUR"))
    assert "takes EUR, the order is in USD" in answer.content.decode()
    assert not Payment.objects.exists()


@pytest.mark.parametrize("change", [{"active": False}, {"paused_at": "2026-01-01T00:00Z", "pause_reason": "key"}])
def test_an_inactive_or_paused_gateway_is_refused(
    office: Client, order: Order, gateway: Gateway, change: dict[str, Any]
) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(is_default=False, **change)
    answer = enter(office, order, gateway)
    assert (answer.status_code, Payment.objects.count()) == (400, 0)
    assert "not active" in answer.content.decode()


def test_a_card_of_another_account_is_refused(office: Client, gateway: Gateway) -> None:
    customer, other = make_customer(), make_gateway()
    card = make_card(customer, other)
    answer = enter(office, make_order(10_000, customer=customer), gateway, method=f"card:{card.pk}")
    assert "another Stripe account" in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_card_of_another_customer_is_refused(office: Client, order: Order, gateway: Gateway) -> None:
    card = make_card(make_customer(), gateway)
    assert enter(office, order, gateway, method=f"card:{card.pk}").status_code == 400
    assert not Payment.objects.exists()


@pytest.mark.parametrize("field", ["amount", "method", "gateway"])
def test_a_card_number_in_any_field_is_refused_and_not_repeated(
    office: Client, order: Order, gateway: Gateway, field: str
) -> None:
    answer = enter(office, order, gateway, **{field: "4242 4242 4242 4242"})
    assert answer.status_code == 400
    assert "4242 4242" not in answer.content.decode()
    assert not Payment.objects.exists()


@pytest.mark.parametrize("method", ["", "test:pm_card_unknown", "card:0", "card:x", "test:", "nonsense"])
def test_an_unknown_card_is_refused(office: Client, order: Order, gateway: Gateway, method: str) -> None:
    assert enter(office, order, gateway, method=method).status_code == 400
    assert not Payment.objects.exists()


def test_an_unknown_order_is_not_found(office: Client, order: Order, gateway: Gateway) -> None:
    order.pk = 10_000_000
    assert enter(office, order, gateway).status_code == 404


def test_a_visitor_is_sent_to_the_sign_in(order: Order, gateway: Gateway) -> None:
    assert "/login/" in enter(Client(), order, gateway)["Location"]
    assert not Payment.objects.exists()


def test_a_full_cap_is_told_with_what_is_left(office: Client, order: Order) -> None:
    answer = enter(office, order, make_gateway(monthly_cap=9_999))
    assert "99.99 USD left under its monthly cap" in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_answer_asks_again_while_it_is_in_flight_and_then_reloads_the_page(
    office: Client, order: Order, gateway: Gateway
) -> None:
    payment = make_payment(order, gateway)
    part = f"/admin/orders/order/{order.pk}/payment/{payment.pk}/"
    waiting = office.get(part)
    assert "hx-trigger" in waiting.content.decode()
    assert "HX-Refresh" not in waiting
    submit(payment.pk)
    known = office.get(part)
    assert known["HX-Refresh"] == "true"
    assert "hx-trigger" not in known.content.decode()


@pytest.mark.parametrize(
    ("card", "status", "words"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", Status.DECLINED, "not enough money on the card"),
        ("pm_card_threeDSecure2Required", Status.REQUIRES_ACTION, "wants them to confirm"),
    ],
)
def test_the_answer_is_told_in_plain_words(
    office: Client, order: Order, gateway: Gateway, card: str, status: str, words: str
) -> None:
    enter(office, order, gateway, method=f"test:{card}")
    payment = Payment.objects.get()
    charge_payment(payment.pk)
    payment.refresh_from_db()
    assert payment.status == status
    assert words in office.get(f"{page(order)}?payment={payment.pk}").content.decode()


def test_without_a_broker_the_payment_waits_for_the_sweep(
    office: Client, order: Order, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(charge_payment, "delay", gone)
    assert enter(office, order, gateway).status_code == 302
    assert Payment.objects.get().status == Status.PENDING


def test_nothing_reaches_stripe_before_a_worker_takes_it(office: Client, order: Order, gateway: Gateway) -> None:
    before = len(all_intents())
    enter(office, order, gateway)
    assert len(all_intents()) == before


def test_whoever_comes_back_from_the_bank_sees_the_answer_at_an_address_without_a_secret(
    office: Client, order: Order, gateway: Gateway
) -> None:
    payment = make_payment(order, gateway, test_card="pm_card_threeDSecure2Required")
    submit(payment.pk)
    payment.refresh_from_db()
    query = f"payment_intent={payment.reference}&payment_intent_client_secret={payment.reference}_secret_x"
    answer = office.get(f"{page(order)}?{query}&redirect_status=succeeded")
    assert answer["Location"] == f"{page(order)}?payment={payment.pk}#payment"
    payment.refresh_from_db()
    assert payment.next_try_at is not None
    assert payment.next_try_at <= clock.now()


def test_a_live_campaign_refuses_a_test_gateway(office: Client, order: Order, gateway: Gateway) -> None:
    Campaign.objects.filter(pk=order.campaign_id).update(mode="live")
    answer = enter(office, order, gateway)
    assert "is a test gateway and" in answer.content.decode()
    assert "No active gateway of live mode takes USD" in office.get(page(order)).content.decode()
    assert not Payment.objects.exists()
