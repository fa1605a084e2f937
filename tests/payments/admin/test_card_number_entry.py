"""A card number on a V1 gateway: through that one form, to Stripe, and from there on a payment like any other."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from gateways.models import Gateway, MonthlyVolume
from orders.models import Order
from payments.models import Payment, Status
from payments.services.reconcile import reconcile
from payments.services.submit import submit
from payments.tasks import charge_payment
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway, make_order, make_payment
from tests.gateways.processors.conftest import Sent, sent
from tests.legacy import AMEX, VISA, allow_numbers, make_v1_gateway
from tests.local_stripe import charges_of
from tests.payments.admin.test_payment_entry import enter, page
from tests.payments.services.test_reconcile import due_now

__all__ = ["sent"]

pytestmark = pytest.mark.django_db(transaction=True)

METHODS, INTENTS = "/v1/payment_methods", "/v1/payment_intents"
TYPED = {"method": "number", "card_number": "4242 4242 4242 4242", "card_expiry": "04/39", "card_cvc": "737"}


@pytest.fixture
def order() -> Order:
    return make_order(total=10_000)


@pytest.fixture
def legacy() -> Gateway:
    return make_v1_gateway(name="Legacy shop", is_default=True)


def type_card(office: Client, order: Order, through: Gateway, **fields: Any) -> Any:
    return enter(office, order, through, **{**TYPED, **fields})


def refused(answer: HttpResponse, said: str) -> None:
    told = answer.content.decode()
    assert answer.status_code == 400
    assert said in told
    assert not any(typed in told for typed in ("4242 4242 4242", VISA, '"04/39"', '"737"'))
    assert not Payment.objects.exists()


def test_a_typed_card_is_charged_and_only_its_reference_is_kept(office: Client, order: Order, legacy: Gateway) -> None:
    answer = type_card(office, order, legacy)
    payment = Payment.objects.get()
    assert answer["Location"] == f"{page(order)}?payment={payment.pk}#payment"
    assert payment.draft["payment_method"].startswith("pm_")
    charge_payment(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured, payment.card_text) == (Status.CAPTURED, 10_000, "Visa •••• 4242")
    assert len(charges_of(payment)) == 1


def test_it_can_be_held_only(office: Client, order: Order, legacy: Gateway) -> None:
    type_card(office, order, legacy, capture="hold")
    payment = Payment.objects.get()
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.AUTHORIZED


def test_a_customer_record_is_made_where_the_gateway_wants_one(office: Client, order: Order) -> None:
    type_card(office, order, make_v1_gateway(create_customer=True))
    payment = Payment.objects.get()
    assert payment.draft["customer"].startswith("cus_")
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED


def test_a_declining_card_is_told_in_plain_words(office: Client, order: Order, legacy: Gateway) -> None:
    type_card(office, order, legacy, card_number="4000 0000 0000 9995")
    payment = Payment.objects.get()
    charge_payment(payment.pk)
    assert "not enough money on the card" in office.get(f"{page(order)}?payment={payment.pk}").content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"card_number": ""}, "Type the card number."),
        ({"card_number": "4242 4242 4242 4241"}, "a digit is wrong or missing"),
        ({"card_number": "4242.4242.4242.4242"}, "digits only"),
        ({"card_expiry": "04/24"}, "The card has expired"),
        ({"card_expiry": "soon"}, "month and year"),
        ({"card_expiry": ""}, "month and year"),
        ({"card_cvc": "73"}, "three digits on the back"),
        ({"card_cvc": ""}, "three digits on the back"),
        ({"card_number": AMEX}, "four digits on the front"),
        ({"amount": "0.10"}, "least that can be charged"),
        ({"amount": "100.01"}, "Only 100.00 USD of this order is open"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_the_number_goes_nowhere(
    office: Client, order: Order, legacy: Gateway, sent: Sent, fields: dict[str, str], said: str
) -> None:
    refused(type_card(office, order, legacy, **fields), said)
    assert sent == []


def test_the_card_is_forgotten_when_another_field_is_wrong(office: Client, order: Order, legacy: Gateway) -> None:
    told = type_card(office, order, legacy, amount="ten").content.decode()
    assert "Write the amount in digits" in told
    for name in ("card_number", "card_expiry", "card_cvc"):
        field = told[told.index(f'name="{name}"') :]
        assert "value=" not in field[: field.index(">")]
        assert 'autocomplete="off"' in field[: field.index(">")]


def test_a_card_that_stripe_says_is_wrong_is_told_at_its_field(office: Client, order: Order, legacy: Gateway) -> None:
    refused(type_card(office, order, legacy, card_number="4111 1111 1111 1111"), "declined")


def test_an_account_that_may_not_send_numbers_is_answered_with_the_steps(
    office: Client, order: Order, legacy: Gateway
) -> None:
    allow_numbers(legacy, allowed=False)
    answer = type_card(office, order, legacy)
    refused(answer, "Sending credit card numbers directly to the Stripe API is generally unsafe")
    told = answer.content.decode()
    assert "Log in to the Stripe dashboard first" in told  # S0-19
    assert "https://dashboard.stripe.com/settings/integration" in told  # S0-18
    assert "Handle card information directly" in told  # S2-42
    assert "PCI compliant third party vendor" in told
    assert "the liability for a leak moves from Stripe to you" in told  # S0-20
    assert "attestation of compliance" in told  # S2-43


def test_the_same_refusal_at_the_charge_is_answered_in_the_payments_answer(
    office: Client, order: Order, legacy: Gateway, local_stripe: LocalStripe
) -> None:
    words = (
        "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens."
    )
    body = f'{{"error": {{"type": "invalid_request_error", "message": "{words}"}}}}'
    type_card(office, order, legacy)
    local_stripe.faults.add(Fault(kind="malformed", path=INTENTS, status=402, body=body))
    payment = Payment.objects.get()
    charge_payment(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.FAILED
    assert "Handle card information directly" in payment.message
    for place in (f"{page(order)}?payment={payment.pk}", f"/admin/orders/order/{order.pk}/payment/{payment.pk}/"):
        assert "Log in to the Stripe dashboard first" in office.get(place).content.decode()


@pytest.mark.parametrize("kind", ["error", "reset", "timeout", "rate_limit", "malformed"])
def test_a_stripe_that_does_not_take_the_card_leaves_no_payment(
    office: Client, order: Order, legacy: Gateway, local_stripe: LocalStripe, kind: str
) -> None:
    local_stripe.faults.add(Fault(kind=kind, path=METHODS))  # type: ignore[arg-type]
    refused(type_card(office, order, legacy), "Nothing was charged: type it again")
    assert type_card(office, order, legacy).status_code == 302


@pytest.mark.parametrize("kind", ["error", "reset", "timeout"])
def test_silence_at_the_charge_is_unknown_and_found_out_without_the_number(
    office: Client, order: Order, legacy: Gateway, local_stripe: LocalStripe, sent: Sent, kind: str
) -> None:
    type_card(office, order, legacy)
    payment = Payment.objects.get()
    local_stripe.faults.add(Fault(kind=kind, when="after", method="POST", path=INTENTS))  # type: ignore[arg-type]
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.UNKNOWN
    refused_again = type_card(office, order, legacy, amount="100.00")
    assert refused_again.status_code == 400
    reconcile(due_now(payment).pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1
    assert [request.path for request in sent].count(METHODS) == 1
    assert MonthlyVolume.objects.get(gateway=legacy).captured == 10_000


def test_the_same_form_sent_five_times_hands_the_card_over_once(
    office: Client, order: Order, legacy: Gateway, sent: Sent
) -> None:
    token = "6d1f0c5e-2a54-4f77-9b16-2f2a3a4d5e6f"
    places = {type_card(office, order, legacy, form_token=token)["Location"] for _ in range(5)}
    assert len(places) == 1
    assert [request.path for request in sent] == [METHODS]


def test_a_refused_key_pauses_the_gateway(office: Client, order: Order, legacy: Gateway) -> None:
    legacy.secret_key = "sk_live_not_here"
    legacy.save()
    refused(type_card(office, order, legacy), "refuses this gateway")
    legacy.refresh_from_db()
    assert legacy.paused_at is not None


def test_a_number_for_another_type_of_gateway_is_stopped_at_the_door(
    office: Client, order: Order, legacy: Gateway, sent: Sent
) -> None:
    v2 = make_gateway()
    sent.clear()
    answer = type_card(office, order, v2)
    refused(answer, "looks like a card number")
    refused(type_card(office, order, v2, card_number="4242 4242 4242 4241"), "takes no card numbers")
    assert sent == []


def test_the_fields_are_there_only_where_a_gateway_takes_numbers(office: Client, order: Order) -> None:
    make_gateway(is_default=True)
    assert "card_number" not in office.get(page(order)).content.decode()
    make_v1_gateway()
    assert "card_number" in office.get(page(order)).content.decode()


def test_test_cards_work_on_a_v1_gateway_too(legacy: Gateway, order: Order) -> None:
    payment = make_payment(order, legacy)
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
