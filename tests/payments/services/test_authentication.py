"""A challenge that nobody passes leaves the payment pending, until it is passed, replaced or given up."""

from datetime import timedelta

import pytest
from django.test import Client

from gateways import clock
from gateways.models import MonthlyVolume
from orders.models import PaymentState
from payments.models import Payment, Status
from payments.services.inbox import process_event, waiting_events
from payments.services.reconcile import reconcile
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway, make_payment
from tests.local_stripe import all_intents, answer_bank, deliver

pytestmark = pytest.mark.django_db(transaction=True)

CHALLENGED = "pm_card_threeDSecure2Required"
DECLINED_AFTERWARDS = "pm_card_threeDSecureRequiredChargeDeclined"


def asked(card: str = CHALLENGED, **wish: object) -> Payment:
    """A payment whose cardholder was asked by their bank."""
    payment = make_payment(test_card=card, **wish)  # type: ignore[arg-type]
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.REQUIRES_ACTION
    return payment


def look(payment: Payment, *, later: timedelta = timedelta()) -> Payment:
    """What beat does once the payment's turn has come, `later` than it was submitted."""
    now = clock.now()
    Payment.objects.filter(pk=payment.pk).update(submitted_at=now - later, next_try_at=now - timedelta(seconds=1))
    reconcile(payment.pk)
    payment.refresh_from_db()
    return payment


def state_at_stripe(payment: Payment) -> str:
    return next(str(one["status"]) for one in all_intents() if one["id"] == payment.reference)


def test_a_failed_challenge_leaves_the_payment_pending_and_says_so() -> None:
    payment = asked()
    answer_bank(payment, passed=False)
    look(payment)
    assert payment.status == Status.REQUIRES_ACTION
    assert payment.authentication_failed
    assert (
        payment.explanation == "The cardholder did not confirm the payment with their bank. They can still try again."
    )
    assert payment.action_url == ""
    assert payment.order is not None
    payment.order.refresh_from_db()
    assert payment.order.payment_state == PaymentState.IN_PROGRESS
    assert payment.events.filter(kind="authentication failed").count() == 1
    look(payment)
    assert payment.events.filter(kind="authentication failed").count() == 1


def test_the_webhook_of_a_failed_challenge_says_the_same(client: Client) -> None:
    payment = asked(gateway=make_gateway(webhook=True))
    answer_bank(payment, passed=False)
    deliver(client)
    for event in waiting_events():
        process_event(event)
    payment.refresh_from_db()
    assert payment.authentication_failed
    assert payment.review_reason == ""


def test_a_challenge_that_is_passed_late_takes_the_money_once() -> None:
    payment = asked()
    answer_bank(payment, passed=True)
    look(payment, later=timedelta(hours=23))
    assert (payment.status, payment.amount_captured) == (Status.CAPTURED, payment.amount)
    assert MonthlyVolume.objects.get(gateway=payment.gateway).captured == payment.amount


@pytest.mark.parametrize("tried", [True, False], ids=["failed", "abandoned"])
def test_nobody_waits_for_ever(tried: bool) -> None:
    payment = asked()
    if tried:
        answer_bank(payment, passed=False)
    look(payment, later=timedelta(hours=23, minutes=59))
    assert payment.status == Status.REQUIRES_ACTION
    look(payment, later=timedelta(hours=24))
    assert payment.status == Status.VOIDED
    assert state_at_stripe(payment) == "canceled"
    assert payment.order is not None
    payment.order.refresh_from_db()
    assert (payment.order.payment_state, payment.order.amount_due) == (PaymentState.UNPAID, payment.amount)
    assert MonthlyVolume.objects.get(gateway=payment.gateway).used == 0
    assert payment.events.filter(detail="Nobody confirmed it within 24 hours.").count() == 1


def test_who_confirms_in_the_last_moment_has_paid() -> None:
    payment = asked()
    answer_bank(payment, passed=True)
    look(payment, later=timedelta(hours=25))
    assert payment.status == Status.CAPTURED


def test_giving_up_that_is_not_heard_is_finished_later(local_stripe: LocalStripe) -> None:
    payment = asked()
    local_stripe.faults.add(Fault(kind="reset", when="after", path="*/cancel"))
    look(payment, later=timedelta(hours=24))
    assert payment.status == Status.REQUIRES_ACTION
    local_stripe.faults.clear()
    look(payment, later=timedelta(hours=24))
    assert payment.status == Status.VOIDED
    assert payment.review_reason == ""


def test_the_next_look_is_no_later_than_the_end_of_patience() -> None:
    payment = asked()
    Payment.objects.filter(pk=payment.pk).update(tries=9)
    look(payment, later=timedelta(hours=23, minutes=50))
    assert payment.next_try_at is not None
    assert payment.next_try_at <= clock.now() + timedelta(minutes=10)


def test_a_decline_after_the_challenge_is_closed_so_that_no_other_card_can_pay_it() -> None:
    payment = asked(DECLINED_AFTERWARDS)
    answer_bank(payment, passed=True)
    look(payment)
    assert payment.status == Status.DECLINED
    assert state_at_stripe(payment) == "requires_payment_method"
    look(payment)
    assert (payment.status, payment.next_try_at, payment.review_reason) == (Status.DECLINED, None, "")
    assert state_at_stripe(payment) == "canceled"


def test_closing_a_decline_is_tried_again_until_stripe_has_answered(local_stripe: LocalStripe) -> None:
    payment = asked(DECLINED_AFTERWARDS)
    answer_bank(payment, passed=True)
    look(payment)
    local_stripe.faults.add(Fault(kind="error", when="before", path="*/cancel"))
    assert look(payment).next_try_at is not None
    local_stripe.faults.clear()
    assert look(payment).next_try_at is None
    assert state_at_stripe(payment) == "canceled"


def test_a_plain_decline_is_left_alone_because_nobody_else_can_pay_it() -> None:
    payment = make_payment(test_card="pm_card_visa_chargeDeclined")
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.next_try_at, payment.void_asked_at) == (Status.DECLINED, None, None)
