"""Webhook and synchronous answer bring the same news, in any order and at once: there is one effect."""

import itertools
from datetime import timedelta

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway, MonthlyVolume
from gateways.services import processor_for
from payments.models import Payment, Status, WebhookEvent
from payments.services import holds
from payments.services.inbox import process_event, replay_event, waiting_events
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import charges_of, deliver
from tests.payments.services.test_charge import CREATE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(webhook=True)


def take_in() -> list[WebhookEvent]:
    deliver(Client())
    for pk in waiting_events():
        process_event(pk)
    return list(WebhookEvent.objects.order_by("pk"))


def assert_one_effect(payment: Payment) -> None:
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert payment.events.filter(kind="captured").count() == 1
    assert len(charges_of(payment)) == 1
    volume = MonthlyVolume.objects.get(gateway=payment.gateway)
    assert (volume.reserved, volume.captured) == (0, payment.amount)
    assert payment.order is not None
    payment.order.refresh_from_db()
    assert payment.order.amount_paid == payment.amount


def test_the_webhook_after_the_answer_changes_nothing_and_is_applied(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway)
    submit(payment.pk)
    events = take_in()
    assert {event.status for event in events if event.type != "payment_intent.created"} == {"applied"}
    assert all(event.payment_id == payment.pk for event in events if event.status == "applied")
    assert_one_effect(payment)


def test_the_webhook_before_the_answer_settles_and_the_answer_adds_nothing(
    gateway: Gateway, local_stripe: LocalStripe
) -> None:
    payment = make_payment(gateway=gateway)
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=CREATE))
    submit(payment.pk)  # Stripe has charged; we have not heard
    Payment.objects.filter(pk=payment.pk).update(status=Status.SUBMITTED, next_try_at=clock.now())
    take_in()
    assert_one_effect(payment)


def test_every_event_twice_and_at_once_has_one_effect(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway)
    submit(payment.pk)
    deliver(Client())
    pks = waiting_events() * 4
    at_once(len(pks), lambda number: process_event(pks[number]))
    assert_one_effect(payment)


def test_the_answer_and_the_webhook_at_once_have_one_effect(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway)

    def act(number: int) -> None:
        if number == 0:
            submit(payment.pk)
        else:
            for _ in range(5):
                deliver(Client())
                for pk in waiting_events():
                    process_event(pk)

    at_once(3, act)
    take_in()
    assert_one_effect(payment)


def test_every_order_of_the_news_of_a_refunded_hold_ends_in_one_state(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway, capture=False)
    submit(payment.pk)
    holds.capture(payment.pk, 3000, TESTER)
    payment.refresh_from_db()
    processor_for(gateway).refund(payment.reference, 1000, key=f"{payment.key}-refund-1")
    deliver(Client())
    named = {"payment_intent.amount_capturable_updated", "charge.captured", "charge.refunded", "refund.created"}
    rows = list(WebhookEvent.objects.filter(type__in=named))
    assert len(rows) == 4
    for order in itertools.permutations(rows):
        for row in order:
            replay_event(row)
            process_event(row.pk)
        payment.refresh_from_db()
        assert (payment.status, payment.amount_captured, payment.amount_refunded) == (Status.CAPTURED, 3000, 1000)
    assert payment.events.filter(kind="refunded").count() == 1


def test_an_event_of_the_wrong_mode_is_kept_and_ignored(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway)
    submit(payment.pk)
    deliver(Client())
    WebhookEvent.objects.update(livemode=True)
    assert {row.status for row in (process_event(pk) for pk in waiting_events()) if row} == {"ignored"}


def test_an_event_about_somebody_elses_payment_is_kept_and_ignored(gateway: Gateway) -> None:
    processor = processor_for(gateway)
    stranger = make_payment(gateway=make_gateway())
    processor.charge({**stranger.draft}, key="elsewhere-1")
    assert {event.status for event in take_in()} == {"ignored"}
    stranger.refresh_from_db()
    assert stranger.status == Status.PENDING


def test_a_failure_keeps_the_event_and_a_later_try_applies_it(gateway: Gateway, local_stripe: LocalStripe) -> None:
    payment = make_payment(gateway=gateway)
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=CREATE))
    submit(payment.pk)
    deliver(Client())
    local_stripe.faults.add(Fault(kind="error", method="GET", times=None))
    for pk in waiting_events():
        process_event(pk)
    kept = WebhookEvent.objects.filter(type="payment_intent.succeeded").get()
    assert (kept.status, kept.tries) == ("new", 1)
    assert kept.note
    local_stripe.faults.clear()
    WebhookEvent.objects.update(next_try_at=clock.now() - timedelta(seconds=1))
    for pk in waiting_events():
        process_event(pk)
    kept.refresh_from_db()
    assert kept.status == "applied"
    assert_one_effect(payment)


def test_an_answer_of_another_amount_is_not_believed(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway)
    Payment.objects.filter(pk=payment.pk).update(draft={**payment.draft, "amount": payment.amount - 1})
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.SUBMITTED
    assert "amount" in payment.review_reason


def test_holds_are_captured_once_however_many_ask(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway, capture=False)
    submit(payment.pk)

    def ask(_: int) -> str:
        try:
            return holds.capture(payment.pk, payment.amount, TESTER).status
        except Exception as refusal:
            return type(refusal).__name__

    assert sorted(at_once(5, ask)) == ["PaymentRefused"] * 4 + ["captured"]
