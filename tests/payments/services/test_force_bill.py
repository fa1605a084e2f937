"""Force Bill NOW takes the next cycle at once: once, however often it is pressed and by how many (S2-38)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from gateways import clock
from orders.models import Order, Subscription
from orders.services.subscriptions import cancel, pause
from payments.models import Payment, Status
from payments.services.force_bill import force_bill
from payments.services.rebills import bill, bill_due
from payments.services.reserve import PaymentRefused
from payments.services.stops import stop_charging
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents
from tests.payments.services.test_charge import CREATE
from tests.payments.subscriptions import CONFIRMED, DECLINED, find_out, make_due, payments_of, run, told

pytestmark = pytest.mark.django_db(transaction=True)

Held, State = Subscription.Held, Subscription.Status


def early(card: str = "pm_card_visa", **fields: Any) -> Subscription:
    """Due in ten days."""
    due = clock.now() + timedelta(days=10)
    return make_due(card, due_at=due, try_at=due, anchor_day=due.day, started_at=due - timedelta(days=30), **fields)


def press(subscription: Subscription, **how: Any) -> Payment:
    payment = force_bill(subscription, TESTER, **how).payment
    submit(payment.pk)
    payment.refresh_from_db()
    subscription.refresh_from_db()
    return payment


def refused(subscription: Subscription, field: str, words: str, **how: Any) -> None:
    before = Subscription.objects.values().get(pk=subscription.pk), payments_of(subscription), told(subscription)
    with pytest.raises(PaymentRefused, match=words) as refusal:
        force_bill(subscription, TESTER, **how)
    assert refusal.value.field == field
    after = Subscription.objects.values().get(pk=subscription.pk), payments_of(subscription), told(subscription)
    assert after == before


def succeeded() -> int:
    return sum(intent["status"] == "succeeded" for intent in all_intents())


def test_it_takes_the_next_cycle_now_and_the_dates_after_it_stay() -> None:
    subscription = early()
    due = subscription.due_at
    payment = press(subscription)
    assert (payment.status, payment.cycle, payment.amount, payment.actor) == ("captured", 2, 1500, "tester")
    assert due is not None
    assert subscription.due_at is not None
    assert (subscription.cycle, subscription.due_at.day) == (2, min(due.day, subscription.due_at.day))
    assert 28 <= (subscription.due_at - due).days <= 31
    assert told(subscription) == ["billed by hand", "billed", "paid"]
    assert bill_due().payments == []


def test_pressed_again_on_purpose_it_takes_the_cycle_after_that() -> None:
    subscription = early()
    press(subscription)
    press(subscription)
    assert payments_of(subscription) == [(2, "captured"), (3, "captured")]


def test_the_same_form_sent_twice_bills_once(local_stripe: LocalStripe) -> None:
    subscription, token = early(), uuid.uuid4()
    first = press(subscription, form_token=token, cycle=2)
    again = force_bill(subscription, TESTER, token, cycle=2)
    assert (again.repeated, again.payment) == (True, first)
    refused(early(), "form_token", "another subscription", form_token=token)
    assert succeeded() >= 1
    assert payments_of(subscription) == [(2, "captured")]


def test_who_saw_the_cycle_before_it_was_billed_bills_nothing_in_its_place() -> None:
    subscription = early()
    stale = Subscription.objects.get(pk=subscription.pk)
    press(subscription)
    refused(stale, "subscription", "Cycle 2 was billed meanwhile")


@pytest.mark.postgres
@pytest.mark.parametrize("sent", [False, True])
def test_twenty_at_once_bill_once(local_stripe: LocalStripe, sent: bool) -> None:
    subscription, before = early(), succeeded()

    def one(_: int) -> str:
        seen = Subscription.objects.get(pk=subscription.pk)
        try:
            payment = force_bill(seen, TESTER, uuid.uuid4(), cycle=2).payment
        except PaymentRefused as refusal:
            return refusal.field
        if sent:
            submit(payment.pk)
        return "billed"

    answers = at_once(20, one)
    assert sorted(answers) == ["billed"] + ["subscription"] * 19
    for payment in subscription.payments.all():
        submit(payment.pk)
    assert payments_of(subscription) == [(2, "captured")]
    assert Order.objects.filter(subscription=subscription).count() == 1
    assert succeeded() == before + 1


def test_web_against_beat_bills_once() -> None:
    subscription = make_due()

    def either(number: int) -> bool:
        if number % 2:
            return bool(bill_due().payments)
        try:
            force_bill(Subscription.objects.get(pk=subscription.pk), TESTER, cycle=2)
        except PaymentRefused:
            return False
        return True

    assert sorted(at_once(8, either)) == [False] * 7 + [True]
    for payment in subscription.payments.all():
        submit(payment.pk)
    assert payments_of(subscription) == [(2, "captured")]


def test_what_is_being_billed_is_not_billed_again(local_stripe: LocalStripe) -> None:
    subscription = make_due()
    bill(subscription.pk)
    refused(subscription, "subscription", "being billed already, by Celery beat")
    other = early()
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CREATE))
    payment = press(other)
    assert payment.status == Status.UNKNOWN
    refused(other, "subscription", "being settled")
    find_out(payment)
    assert payments_of(other) == [(2, "captured")]


def test_a_payment_that_waits_for_its_customer_is_not_overtaken() -> None:
    subscription = make_due(CONFIRMED)
    run(subscription)
    refused(subscription, "subscription", "waits for the customer")


def test_what_waits_for_its_gateway_is_let_go_and_billed() -> None:
    gateway = make_gateway(active=False)
    subscription = make_due(gateway=gateway)
    run(subscription)
    assert subscription.held == Held.GATEWAY
    refused(subscription, "gateway", "switched off")
    gateway.active = True
    gateway.save()
    press(subscription)
    assert (subscription.held, subscription.cycle) == ("", 2)


def test_what_is_past_due_is_billed_between_its_retries() -> None:
    subscription = make_due(DECLINED)
    run(subscription)
    assert subscription.status == State.PAST_DUE
    payment = press(subscription)
    assert (payment.status, subscription.retries) == (Status.DECLINED, 2)


@pytest.mark.parametrize("end", ["pause", "cancel"])
def test_what_is_not_billed_is_refused(end: str) -> None:
    subscription = early()
    if end == "pause":
        pause(subscription, "ann")
        refused(subscription, "subscription", "resume it first")
    else:
        cancel(subscription, "Moved", "ann")
        refused(subscription, "subscription", "nothing more is billed")


def test_what_ends_with_its_period_is_refused() -> None:
    subscription = early()
    cancel(subscription, "Moved", "ann", at_period_end=True)
    refused(subscription, "subscription", "keep it first")


def test_without_a_card_or_room_it_is_refused_and_nothing_is_made() -> None:
    subscription = early(gateway=make_gateway(monthly_cap=100))
    refused(subscription, "gateway", "monthly cap")
    Subscription.objects.filter(pk=subscription.pk).update(card=None)
    refused(Subscription.objects.get(pk=subscription.pk), "card", "no card to charge")
    assert not Order.objects.filter(subscription=subscription).exists()


def test_while_charging_is_stopped_it_is_refused() -> None:
    subscription = early()
    stop_charging("Something is wrong", TESTER)
    refused(subscription, "gateway", "was stopped by tester")
