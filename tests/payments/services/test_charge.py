"""Reserve, submit, settle: one charge from the button to the row."""

from typing import Any

import pytest
from django.db import transaction

from gateways.models import MonthlyVolume
from gateways.processors.stripe_client import TransactionOpenError
from orders.models import PaymentState
from payments.models import Status
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_card, make_customer, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import charges_of

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "/v1/payment_intents"


def test_a_good_card_is_captured_and_everything_is_known_about_it() -> None:
    payment = make_payment(make_order(total=12_345))
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert (payment.amount_captured, payment.reference[:3], payment.charge_reference[:3]) == (12_345, "pi_", "ch_")
    assert payment.fee == 388  # 2.9 % and 30 cents
    assert payment.net == 12_345 - 388
    assert payment.card_text == "Visa •••• 4242"
    assert payment.order is not None
    payment.order.refresh_from_db()
    assert (payment.order.payment_state, payment.order.amount_paid) == (PaymentState.PAID, 12_345)


def test_the_history_tells_each_step_and_who_took_it() -> None:
    payment = make_payment()
    submit(payment.pk)
    told = list(payment.events.values_list("kind", "from_status", "to_status", "actor"))
    assert told == [
        ("reserved", "", "pending", "tester"),
        ("submitted", "pending", "submitted", "Celery worker"),
        ("captured", "submitted", "captured", "Celery worker"),
    ]


def test_a_saved_card_is_charged_at_its_customer() -> None:
    gateway = make_gateway()
    customer = make_customer()
    card = make_card(customer, gateway)
    payment = make_payment(make_order(customer=customer), gateway, card=card, test_card="")
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert payment.draft["customer"] == card.vaulted_customer.reference


def test_authorize_only_holds_the_amount_and_keeps_the_room() -> None:
    payment = make_payment(capture=False)
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured) == (Status.AUTHORIZED, 0)
    assert payment.capture_before is not None
    volume = MonthlyVolume.objects.get(gateway=payment.gateway)
    assert (volume.reserved, volume.captured) == (payment.amount, 0)


@pytest.mark.parametrize(
    ("card", "code", "hard"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline", False),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds", False),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card", True),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", True),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", False),
    ],
)
def test_a_decline_is_told_in_words_and_gives_the_room_back(card: str, code: str, hard: bool) -> None:
    payment = make_payment(test_card=card)
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.decline_code, payment.decline_hard) == (Status.DECLINED, code, hard)
    assert payment.explanation.endswith(".")
    assert payment.reference.startswith("pi_")
    assert MonthlyVolume.objects.get(gateway=payment.gateway).used == 0


def test_authentication_waits_with_the_banks_page() -> None:
    payment = make_payment(test_card="pm_card_threeDSecure2Required")
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.REQUIRES_ACTION
    assert payment.action_url.startswith("http")


def test_the_same_message_ten_times_at_once_charges_once(local_stripe: LocalStripe) -> None:
    payment = make_payment()
    at_once(10, lambda _: submit(payment.pk))
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1
    assert payment.events.filter(kind="captured").count() == 1
    assert MonthlyVolume.objects.get(gateway=payment.gateway).captured == payment.amount


def test_two_operators_cannot_pay_the_same_balance_twice() -> None:
    order, gateway = make_order(total=9_000), make_gateway()

    def enter(_: int) -> str:
        try:
            return make_payment(order, gateway).status
        except PaymentRefused as refusal:
            return refusal.field

    assert sorted(at_once(6, enter)) == ["amount"] * 5 + ["pending"]
    assert order.payments.count() == 1


def test_no_call_is_made_while_a_transaction_is_open(local_stripe: LocalStripe) -> None:
    payment = make_payment()
    with pytest.raises(TransactionOpenError), transaction.atomic():
        submit(payment.pk)
    assert charges_of(payment) == []
    payment.refresh_from_db()
    assert payment.status == Status.PENDING


def test_a_gateway_switched_off_after_entry_is_not_asked(local_stripe: LocalStripe) -> None:
    payment = make_payment()
    type(payment.gateway).objects.filter(pk=payment.gateway_id).update(active=False)
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.FAILED
    assert "nothing was charged" in payment.message
    assert charges_of(payment) == []
    assert MonthlyVolume.objects.get(gateway=payment.gateway).used == 0


def test_a_refused_key_pauses_the_gateway_and_nothing_is_charged(local_stripe: LocalStripe) -> None:
    payment = make_payment()
    gateway = payment.gateway
    gateway.secret_key = "sk_live_not_here"
    gateway.save()
    submit(payment.pk)
    payment.refresh_from_db()
    gateway.refresh_from_db()
    assert payment.status == Status.FAILED
    assert gateway.paused_at is not None
    assert "sk_live_not_here" not in gateway.pause_reason + payment.message
    assert MonthlyVolume.objects.get(gateway=gateway).used == 0


def test_a_refusal_right_after_a_silence_proves_nothing(local_stripe: LocalStripe, settings: Any) -> None:
    settings.STRIPE_NETWORK_RETRIES = 1
    payment = make_payment()
    local_stripe.faults.add(
        Fault(kind="reset", when="after", method="POST", path=CREATE),
        Fault(kind="malformed", method="POST", path=CREATE, nth=2, status=401, body='{"error": {"message": "no"}}'),
    )
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.UNKNOWN
    assert len(charges_of(payment)) == 1


@pytest.mark.parametrize("kind", ["error", "reset", "timeout", "rate_limit", "malformed"])
def test_silence_is_unknown_and_blocks_a_second_charge(local_stripe: LocalStripe, kind: str) -> None:
    order, gateway = make_order(), make_gateway()
    payment = make_payment(order, gateway)
    local_stripe.faults.add(Fault(kind=kind, when="after", method="POST", path=CREATE))  # type: ignore[arg-type]
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.UNKNOWN
    assert payment.next_try_at is not None
    with pytest.raises(PaymentRefused):
        make_payment(order, gateway)
    assert MonthlyVolume.objects.get(gateway=gateway).reserved == payment.amount
