"""Refunds made at Stripe show once, whichever news of them comes first; what fails later is given back."""

import itertools

import pytest
from django.test import Client

from gateways.models import Gateway
from gateways.services import processor_for
from orders.models import PaymentState
from payments.actors import BEAT, WEBHOOK
from payments.models import Payment, Refund, WebhookEvent
from payments.services import holds
from payments.services.inbox import process_event, replay_event, waiting_events
from payments.services.refunds.reserve import reserve_refund
from payments.services.refunds.submit import refund_payment, submit_refund
from payments.services.refunds.sweep import payments_to_sync, sync_due_refunds
from payments.services.refunds.sync import sync_refunds
from payments.services.settle import settle
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import deliver
from tests.payments.refunds import (
    FAILING_CARD,
    PENDING_CARD,
    REFUNDS,
    assert_books,
    paid,
    refund_in_dashboard,
    refunds_at_stripe,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(webhook=True)


def take_in() -> None:
    deliver(Client())
    for pk in waiting_events():
        process_event(pk)
    assert not WebhookEvent.objects.exclude(status__in=["applied", "ignored"]).exists()


def look(payment: Payment) -> None:
    """As reconciliation does it: fetch, settle, and list the refunds if they are due."""
    settle(payment.pk, processor_for(payment.gateway).fetch(payment.reference), BEAT)
    sync_due_refunds(payment.pk)


def rows_of(payment: Payment) -> list[tuple[str, str, int]]:
    return list(payment.refunds.order_by("pk").values_list("source", "status", "amount"))


def test_a_refund_made_at_stripe_shows_once_by_its_webhooks(gateway: Gateway) -> None:
    payment = paid(10_000, gateway=gateway)
    reference = refund_in_dashboard(payment, 2_500, reason="requested_by_customer")
    take_in()
    refund = payment.refunds.get()
    assert rows_of(payment) == [("elsewhere", "succeeded", 2_500)]
    assert (refund.reference, refund.reason, refund.actor) == (reference, "requested_by_customer", "outside Midway")
    assert payment.events.filter(kind="refunded").count() == 1
    assert_books(payment)


def test_without_a_webhook_it_shows_when_the_payment_is_looked_at(gateway: Gateway) -> None:
    payment = paid(10_000)
    refund_in_dashboard(payment, 2_500)
    settle(payment.pk, processor_for(payment.gateway).fetch(payment.reference), BEAT)
    payment.refresh_from_db()
    assert (payment.amount_refunded, payments_to_sync()) == (0, [payment.pk])
    assert sync_due_refunds(payment.pk)
    assert rows_of(payment) == [("elsewhere", "succeeded", 2_500)]
    assert payments_to_sync() == []
    assert not sync_due_refunds(payment.pk)
    assert_books(payment)


def test_every_order_of_webhooks_and_looks_ends_in_one_state(gateway: Gateway) -> None:
    payment = paid(10_000, gateway=gateway)
    refund_in_dashboard(payment, 2_500)
    refund_payment(payment.pk, 3_000, TESTER)
    refund_in_dashboard(payment, 500)
    deliver(Client())
    events = list(WebhookEvent.objects.filter(type__in=["charge.refunded", "refund.created"]))[:3]
    assert len(events) == 3
    for order in itertools.permutations([*events, None]):
        for event in order:
            if event is None:
                look(payment)
            else:
                replay_event(event)
                process_event(event.pk)
        assert sorted(row[2] for row in rows_of(payment)) == [500, 2_500, 3_000]
        assert_books(payment)
    assert payment.events.filter(kind="refunded").count() == 3


@pytest.mark.parametrize("card", ["pm_card_visa", PENDING_CARD])
def test_a_webhook_that_overtakes_the_answer_finds_our_refund_by_our_key(
    gateway: Gateway, local_stripe: LocalStripe, card: str
) -> None:
    payment = paid(10_000, gateway=gateway, test_card=card)
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=REFUNDS))
    refund = refund_payment(payment.pk, 6_000, TESTER).refund
    Refund.objects.filter(pk=refund.pk).update(status="submitted")  # as if the answer were still on its way
    take_in()
    expected = "processing" if card == PENDING_CARD else "succeeded"
    assert rows_of(payment) == [("midway", expected, 6_000)]
    assert payment.refunds.get().reference == refunds_at_stripe(payment)[0]["id"]
    assert_books(payment)


@pytest.mark.postgres
def test_answer_webhooks_and_sync_at_once_write_one_row(gateway: Gateway) -> None:
    payment = paid(10_000, gateway=gateway)
    refund_in_dashboard(payment, 1_000)

    def act(number: int) -> None:
        if number == 0:
            refund_payment(payment.pk, 6_000, TESTER)
        elif number < 4:
            sync_refunds(payment.pk, WEBHOOK)
        else:
            deliver(Client())
            for pk in waiting_events():
                process_event(pk)

    at_once(8, act)
    take_in()
    assert sorted(rows_of(payment)) == [("elsewhere", "succeeded", 1_000), ("midway", "succeeded", 6_000)]
    assert payment.events.filter(kind="refunded").count() == 2
    assert_books(payment)


@pytest.mark.postgres
def test_ten_lists_at_once_write_a_refund_from_elsewhere_once() -> None:
    payment = paid(10_000)
    refund_in_dashboard(payment, 1_000)
    at_once(10, lambda _: sync_refunds(payment.pk, BEAT))
    assert rows_of(payment) == [("elsewhere", "succeeded", 1_000)]
    assert_books(payment)


def test_a_refund_from_elsewhere_waits_while_ours_holds_its_amount(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    ours = reserve_refund(payment.pk, 6_000, TESTER).refund
    refund_in_dashboard(payment, 7_000)
    sync_refunds(payment.pk, BEAT)
    assert rows_of(payment) == [("midway", "pending", 6_000)]
    assert Payment.objects.filter(refunds_due_at__isnull=False).exists()
    submit_refund(ours.pk, BEAT)  # Stripe refuses it: only 3,000 are left
    sync_refunds(payment.pk, BEAT)
    assert rows_of(payment) == [("midway", "failed", 6_000), ("elsewhere", "succeeded", 7_000)]
    assert not Payment.objects.filter(refunds_due_at__isnull=False).exists()
    assert_books(payment)


def test_a_refund_that_fails_later_restores_the_amount_and_asks_for_a_person(
    gateway: Gateway, local_stripe: LocalStripe
) -> None:
    payment = paid(10_000, gateway=gateway, test_card=FAILING_CARD)
    refund = refund_payment(payment.pk, 10_000, TESTER).refund
    assert rows_of(payment) == [("midway", "succeeded", 10_000)]
    assert state_of(payment) == (PaymentState.REFUNDED, 10_000, 10_000)
    local_stripe.clock.advance(61)
    local_stripe.run_timers()
    take_in()
    local_stripe.clock.advance(-61)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert refund.message == "Not refunded: the card has expired or was cancelled."
    assert f"The refund {refund} of 100.00 USD failed: the customer did not get the money" in payment.review_reason
    assert payment.events.filter(kind="refund failed", amount=10_000).count() == 1
    assert state_of(payment) == (PaymentState.PAID, 10_000, 0)
    assert payment.left_to_refund == 10_000
    assert_books(payment)


def test_every_order_of_the_news_of_a_refund_that_failed_ends_in_failed(
    gateway: Gateway, local_stripe: LocalStripe
) -> None:
    payment = paid(10_000, gateway=gateway, test_card=FAILING_CARD)
    refund = refund_payment(payment.pk, 4_000, TESTER).refund
    local_stripe.clock.advance(61)
    local_stripe.run_timers()
    deliver(Client())
    local_stripe.clock.advance(-61)
    named = ["charge.refunded", "refund.created", "refund.failed", "charge.refund.updated"]
    events = list(WebhookEvent.objects.filter(type__in=named))
    assert len(events) == 4
    for order in itertools.permutations(events):
        for event in order:
            replay_event(event)
            process_event(event.pk)
        refund.refresh_from_db()
        assert refund.status == "failed"
    assert_books(payment)
    assert payment.events.filter(kind="refund failed").count() == 1


def test_a_refund_that_was_called_back_at_stripe_restores_the_amount(local_stripe: LocalStripe) -> None:
    payment = paid(10_000, test_card=PENDING_CARD)
    refund = refund_payment(payment.pk, 4_000, TESTER).refund
    path, key = f"{REFUNDS}/{refund.reference}/cancel", payment.gateway.secret_key
    assert local_stripe.handle("POST", path, {"Authorization": f"Bearer {key}"}).status == 200
    look(payment)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.amount_refunded, payment.review_reason) == ("cancelled", 0, "")
    assert_books(payment)


def test_a_refund_that_is_found_after_it_was_given_up_counts_again(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=REFUNDS))
    refund = refund_payment(payment.pk, 6_000, TESTER).refund
    Refund.objects.filter(pk=refund.pk).update(status="failed")
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=0)
    sync_refunds(payment.pk, BEAT)
    assert rows_of(payment) == [("midway", "succeeded", 6_000)]
    assert_books(payment)


def test_a_silent_stripe_keeps_the_event_and_the_list_due(gateway: Gateway, local_stripe: LocalStripe) -> None:
    payment = paid(10_000, gateway=gateway)
    take_in()
    refund_in_dashboard(payment, 2_500)
    deliver(Client())
    local_stripe.faults.add(Fault(kind="error", method="GET", path=f"{REFUNDS}*", times=None))
    for pk in waiting_events():
        process_event(pk)
    assert set(WebhookEvent.objects.filter(type="charge.refunded").values_list("status", flat=True)) == {"new"}
    Payment.objects.filter(pk=payment.pk).update(refunds_due_at="2026-01-01T00:00Z")
    assert not sync_due_refunds(payment.pk)
    payment.refresh_from_db()
    assert payment.refunds_due_at is not None
    assert payments_to_sync() == []
    assert rows_of(payment) == []


def test_a_refund_that_is_known_before_its_capture_is_written_with_it(gateway: Gateway) -> None:
    payment = make_payment(make_order(total=10_000), gateway, capture=False)
    submit(payment.pk)
    payment.refresh_from_db()
    processor_for(gateway).capture(payment.reference, 10_000, key="dashboard-capture")
    refund_in_dashboard(payment, 2_500)
    deliver(Client())
    newest_first = WebhookEvent.objects.filter(status="new").order_by("-pk").values_list("pk", flat=True)
    for pk in list(newest_first):
        process_event(pk)
    payment.refresh_from_db()
    assert (payment.status, payment.amount_refunded) == ("captured", 2_500)
    assert_books(payment)


def test_what_was_refunded_before_there_were_rows_is_counted_once() -> None:
    payment = paid(10_000)
    refund_in_dashboard(payment, 2_500)
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=2_500)
    sync_refunds(payment.pk, BEAT)
    assert rows_of(payment) == [("elsewhere", "succeeded", 2_500)]
    assert_books(payment)


def test_a_released_hold_has_no_refunds(gateway: Gateway) -> None:
    payment = make_payment(gateway=gateway, capture=False)
    submit(payment.pk)
    holds.void(payment.pk, TESTER)
    take_in()
    assert not Refund.objects.exists()
    sync_refunds(payment.pk, BEAT)
    assert not Refund.objects.exists()
