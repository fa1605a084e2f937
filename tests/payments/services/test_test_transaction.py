"""A test transaction goes the way of every payment, without an order."""

import uuid

import pytest

from gateways import money
from gateways.models import Gateway, MonthlyVolume
from orders.models import Card
from payments.models import Payment, Purpose, Status
from payments.services.reserve import PaymentRefused
from payments.services.test_transaction import (
    default_amount,
    given_back,
    is_refunded,
    rebill_difference,
    run_rebill,
    run_test_transaction,
)
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_card, make_customer, make_gateway
from tests.faults.at_once import at_once
from tests.local_stripe import charges_of

pytestmark = pytest.mark.django_db(transaction=True)

VISA = "pm_card_visa"


def refusal(gateway: Gateway, amount: int = 100, card: str = VISA) -> tuple[str, str]:
    with pytest.raises(PaymentRefused) as refused:
        run_test_transaction(gateway, amount, card, TESTER)
    assert not Payment.objects.exists()
    return refused.value.field, refused.value.message


def test_it_is_captured_without_an_order_and_counts_under_the_cap() -> None:
    gateway = make_gateway()
    payment = run_test_transaction(gateway, 100, VISA, TESTER)
    assert (payment.status, payment.order, payment.purpose) == (Status.CAPTURED, None, Purpose.TEST)
    assert payment.number == f"TEST-{payment.pk}"
    assert [event.kind for event in payment.events.all()] == ["reserved", "submitted", "captured"]
    assert MonthlyVolume.objects.get(gateway=gateway).captured == 100
    assert len(charges_of(payment)) == 1


def test_a_form_that_is_sent_many_times_at_once_charges_once() -> None:
    gateway, token = make_gateway(), uuid.uuid4()
    told = at_once(6, lambda _: run_test_transaction(gateway, 100, VISA, TESTER, form_token=token).pk)
    assert len(set(told)) == 1
    assert Payment.objects.get().status == Status.CAPTURED
    assert MonthlyVolume.objects.get(gateway=gateway).captured == 100


def test_it_is_given_back_when_asked() -> None:
    payment = run_test_transaction(make_gateway(), 100, VISA, TESTER, refund=True)
    assert (payment.status, payment.amount_refunded) == (Status.CAPTURED, 100)


def test_a_hold_is_released_when_it_is_to_be_given_back() -> None:
    gateway = make_gateway()
    assert run_test_transaction(gateway, 100, VISA, TESTER, capture=False).status == Status.AUTHORIZED
    assert run_test_transaction(gateway, 100, VISA, TESTER, capture=False, refund=True).status == Status.VOIDED


def test_a_decline_is_an_outcome() -> None:
    payment = run_test_transaction(make_gateway(), 100, "pm_card_visa_chargeDeclinedLostCard", TESTER)
    assert (payment.status, payment.decline_code) == (Status.DECLINED, "lost_card")


def test_silence_is_unknown_and_never_failed(local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(path="/v1/payment_intents", kind="timeout", when="after"))
    payment = run_test_transaction(make_gateway(), 100, VISA, TESTER, refund=True)
    assert (payment.status, payment.amount_refunded) == (Status.UNKNOWN, 0)


def test_a_refund_that_is_not_answered_is_told_and_the_payment_stays_captured(local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(path="/v1/refunds", kind="timeout"))
    payment = run_test_transaction(make_gateway(), 100, VISA, TESTER, refund=True)
    assert (payment.status, payment.refunds.get().status) == (Status.CAPTURED, "unknown")
    assert (given_back(payment), is_refunded(payment)) == (0, False)
    assert payment.events.filter(kind="refund unknown").exists()


def test_a_refund_that_is_refused_leaves_the_payment_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.services.refunds.rules.why_off", lambda _: "Live charging is off.")
    payment = run_test_transaction(make_gateway(), 100, VISA, TESTER, refund=True)
    assert (payment.status, given_back(payment)) == (Status.CAPTURED, 0)
    assert payment.events.get(kind="refund refused").detail == "Live charging is off."


def test_the_rules_of_every_payment_hold() -> None:
    assert refusal(make_gateway(), 49)[0] == "amount"
    assert refusal(make_gateway(maximum_amount=99))[0] == "amount"
    assert "monthly cap" in refusal(make_gateway(monthly_cap=99))[1]
    gateway = make_gateway()
    Gateway.objects.filter(pk=gateway.pk).update(active=False)
    assert "not active" in refusal(gateway)[1]


@pytest.mark.parametrize("card", ["pm_card_nonsense!", "4242 4242 4242 4242", "", "tok_visa"])
def test_what_is_no_card_is_refused_without_being_repeated_when_it_is_a_number(card: str) -> None:
    field, message = refusal(make_gateway(), card=card)
    assert field == "card"
    assert "4242" not in message


def test_live_keys_take_no_test_card() -> None:
    gateway = make_gateway()
    Gateway.objects.filter(pk=gateway.pk).update(mode="live")
    gateway.refresh_from_db()
    assert "real cards only" in refusal(gateway)[1]


def test_a_card_that_a_customer_has_saved_is_charged_at_that_customer() -> None:
    gateway = make_gateway()
    card = make_card(make_customer(), gateway)
    payment = run_test_transaction(gateway, 100, card.reference, TESTER)
    assert (payment.status, payment.card) == (Status.CAPTURED, card)


def test_a_card_of_another_account_is_not_taken_over() -> None:
    card = make_card(make_customer(), make_gateway())
    assert "Nothing was charged" in refusal(make_gateway(), card=card.reference)[1]


def test_a_rebill_charges_the_kept_card_again_while_its_holder_is_away() -> None:
    first, again = run_rebill(make_gateway(), 100, VISA, TESTER, refund=True)
    assert again is not None
    assert (first.status, again.status, again.amount - first.amount) == (Status.CAPTURED, Status.CAPTURED, 50)
    assert first.card == again.card != None  # noqa: E711  both, and none of them empty
    assert again.draft["off_session"] is True
    assert "off_session" not in first.draft
    assert (first.amount_refunded, again.amount_refunded) == (100, 150)


def test_nothing_is_rebilled_on_a_card_that_was_declined() -> None:
    first, again = run_rebill(make_gateway(), 100, "pm_card_chargeCustomerFail", TESTER)
    assert (first.status, again) == (Status.DECLINED, None)


def test_a_declining_card_is_not_kept() -> None:
    with pytest.raises(PaymentRefused, match="Nothing was charged"):
        run_rebill(make_gateway(), 100, "pm_card_visa_chargeDeclined", TESTER)
    assert not Card.objects.exists()


def test_the_moto_switch_marks_a_test_transaction(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(moto=True)
    refused = run_test_transaction(gateway, 100, VISA, TESTER)
    assert (refused.status, "moto" in refused.message) == (Status.FAILED, True)
    local_stripe.handle("POST", f"/_local/accounts/{gateway.account_id}", {}, b'{"moto": true}')
    assert run_test_transaction(gateway, 100, VISA, TESTER).status == Status.CAPTURED


@pytest.mark.parametrize(
    ("currency", "half", "difference", "amount"),
    [
        ("USD", 50, 50, 100),
        ("JPY", 1, 50, 50),
        ("GBP", 50, 50, 100),
        ("KWD", 500, 500, 1000),
        ("HUF", 50, 17500, 17500),
    ],
)
def test_amounts_are_in_units_of_the_currency(currency: str, half: int, difference: int, amount: int) -> None:
    assert (money.half_unit(currency), rebill_difference(currency)) == (half, difference)
    assert default_amount(make_gateway(currency=currency)) == amount
