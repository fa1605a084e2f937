"""A dispute's life: the object says how it stands, whatever news came, however often and in whatever order."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from gateways.processors.disputes import DisputeResult
from gateways.services import processor_for
from orders.models import Order, PaymentState
from payments import tasks
from payments.actors import WEBHOOK
from payments.models import Dispute, Payment, Status, WebhookEvent
from payments.services.disputes import (
    gateways_to_look_through,
    look_for_disputes,
    open_disputes,
    refresh_dispute,
    write_dispute,
)
from payments.services.inbox import process_event, replay_event, waiting_events
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import deliver
from tests.payments.disputed import INQUIRY, NOT_RECEIVED, accept_in_dashboard, decide, make_dispute, sell, take_in
from tests.payments.disputed import told_about as told
from tests.payments.services.test_charge import CREATE

pytestmark = pytest.mark.django_db(transaction=True)

OPENED = ["dispute opened", "dispute: taken back", "dispute: fee"]
FACTS = ["status", "amount_withdrawn", "amount_reinstated", "fee", "fee_taken", "submissions", "movements"]


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(webhook=True, chargeback_fee=2500, time_zone="America/New_York")


def facts(dispute: Dispute) -> dict[str, Any]:
    dispute.refresh_from_db()
    return {name: getattr(dispute, name) for name in FACTS}


def test_a_dispute_is_written_with_all_that_the_bank_says(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    events = take_in()
    dispute = Dispute.objects.get()
    assert {event.type for event in events} == {"charge.dispute.created", "charge.dispute.funds_withdrawn"}
    assert {(event.status, event.payment_id) for event in events} == {("applied", payment.pk)}
    assert events[0].note == f"{dispute.reference}: Needs an answer"
    assert (dispute.payment, dispute.gateway, dispute.mode) == (payment, gateway, "test")
    assert (dispute.status, dispute.reason, dispute.network_reason) == ("needs_response", "fraudulent", "10.4")
    assert (dispute.amount, dispute.currency, dispute.charge_reference) == (5000, "USD", payment.charge_reference)
    assert (dispute.amount_withdrawn, dispute.amount_reinstated) == (5000, 0)
    assert (dispute.fee, dispute.fee_taken, dispute.settled_currency) == (2500, 1500, "USD")
    assert dispute.evidence_due_at == dispute.opened_at + timedelta(days=9)
    assert dispute.closed_at is None
    assert payment.order is not None
    assert dispute.campaign == payment.order.campaign
    assert told(payment) == OPENED


def test_the_payment_stays_captured_and_its_order_paid(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    take_in()
    decide(Dispute.objects.get(), "losing_evidence")
    take_in()
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured, payment.amount_refunded) == (Status.CAPTURED, 5000, 0)
    assert payment.order is not None
    assert payment.order.amount_paid == 5000
    assert payment.review_reason == ""


def test_a_dispute_that_was_won_gives_the_money_back_but_not_the_fee(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    take_in()
    dispute = Dispute.objects.get()
    decide(dispute)
    take_in()
    assert facts(dispute) == {
        "status": "won",
        "amount_withdrawn": 5000,
        "amount_reinstated": 5000,
        "fee": 2500,
        "fee_taken": 1500,
        "submissions": 1,
        "movements": 2,
    }
    assert dispute.closed_at is not None
    assert told(payment) == [*OPENED, "dispute: given back", "dispute won"]


@pytest.mark.parametrize("end", ["losing_evidence", "accepted"])
def test_a_dispute_that_was_lost_gives_nothing_back(gateway: Gateway, end: str) -> None:
    payment = sell(NOT_RECEIVED, gateway=gateway)
    take_in()
    dispute = Dispute.objects.get()
    if end == "accepted":
        accept_in_dashboard(dispute)
    else:
        decide(dispute, end)
    take_in()
    assert (facts(dispute)["status"], dispute.amount_reinstated, dispute.reason) == ("lost", 0, "product_not_received")
    assert told(payment) == [*OPENED, "dispute lost"]


def test_an_inquiry_moves_no_money_and_costs_no_fee_until_it_becomes_a_chargeback(gateway: Gateway) -> None:
    payment = sell(INQUIRY, gateway=gateway)
    take_in()
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount_withdrawn, dispute.fee) == ("warning_needs_response", 0, None)
    assert told(payment) == ["dispute opened"]
    decide(dispute, "escalate_inquiry_evidence")
    take_in()
    assert facts(dispute)["status"] == "needs_response"
    assert (dispute.amount_withdrawn, dispute.fee, dispute.fee_taken) == (5000, 2500, 1500)


def test_an_inquiry_that_ends_well_costs_nothing(gateway: Gateway) -> None:
    sell(INQUIRY, gateway=gateway)
    take_in()
    dispute = Dispute.objects.get()
    decide(dispute)
    take_in()
    assert (facts(dispute)["status"], dispute.fee, dispute.fee_taken) == ("warning_closed", None, 0)
    assert dispute.closed_at is not None


def test_the_fee_is_that_of_the_day_on_which_it_was_opened(gateway: Gateway) -> None:
    sell(gateway=gateway)
    take_in()
    dispute = Dispute.objects.get()
    Gateway.objects.filter(pk=gateway.pk).update(chargeback_fee=9900)
    decide(dispute, "losing_evidence")
    take_in()
    assert facts(dispute)["fee"] == 2500


def test_the_day_of_a_dispute_is_the_gateways_own(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    dispute = next(iter(look_for_disputes(gateway)))
    late = replace(
        processor_for(gateway).fetch_dispute(dispute.reference),
        reference="du_late",
        opened_at=dispute.opened_at.replace(day=1, hour=2),
    )
    written = write_dispute(payment.pk, late, WEBHOOK, asked_at=clock.now())
    assert written is not None
    assert written.opened_on == late.opened_at.date() - timedelta(days=1)


def test_the_seeds_spelling_of_an_event_does_the_same(gateway: Gateway) -> None:
    sell(gateway=gateway)
    deliver(Client())
    WebhookEvent.objects.exclude(type="charge.dispute.funds_withdrawn").delete()
    row = WebhookEvent.objects.get()
    row.body = json.dumps({**json.loads(row.body), "type": "charge.dispute.funds_withdraw"})
    row.save()
    process_event(row.pk)
    row.refresh_from_db()
    assert row.status == "applied"
    assert Dispute.objects.get().status == "needs_response"


# --- order, duplicates, races -----------------------------------------------------------------------------------


def test_the_five_events_in_any_order_and_one_of_them_twice_end_in_one_state(gateway: Gateway) -> None:
    """Every fifth of their orders, through the inbox; all of them are tried below, where no SDK is between."""
    payment = sell(gateway=gateway)
    deliver(Client())
    (first,) = look_for_disputes(gateway)
    decide(first)
    deliver(Client())
    rows = list(WebhookEvent.objects.filter(type__startswith="charge.dispute."))
    assert len({row.type for row in rows}) == len(rows) == 5
    ends = []
    for order in itertools.islice(itertools.permutations(rows), 0, None, 5):
        Dispute.objects.all().delete()
        for row in [*order, order[0]]:
            replay_event(row)
            process_event(row.pk)
        ends.append(facts(Dispute.objects.get()))
    assert all(end == ends[0] for end in ends)
    assert (ends[0]["status"], ends[0]["amount_reinstated"]) == ("won", 5000)
    payment.refresh_from_db()
    assert payment.review_reason == ""


STAGES: list[dict[str, Any]] = [
    {"status": "needs_response", "movements": 0, "withdrawn": 0, "fee_taken": 0, "settled_currency": ""},
    {"status": "needs_response"},
    {"status": "under_review", "submissions": 1},
    {"status": "lost", "submissions": 1},
    {"status": "lost", "submissions": 1, "movements": 2, "reinstated": 1000},
]


def test_every_order_of_five_looks_ends_in_one_state_and_what_is_lost_stays_lost_with_money_given_back() -> None:
    """Five looks, one at each event: whichever is written down first, and with one of them twice."""
    payment = sell()
    now = processor_for(payment.gateway).list_disputes(since=payment.created_at - timedelta(hours=1))[0]
    looks = [(replace(now, **stage), clock.now() + timedelta(seconds=at)) for at, stage in enumerate(STAGES)]
    for order in itertools.permutations(looks):
        for result, asked_at in [*order, order[0]]:
            write_dispute(payment.pk, result, WEBHOOK, asked_at=asked_at - timedelta(hours=1))
        dispute = Dispute.objects.get()
        assert (dispute.status, dispute.amount_withdrawn, dispute.amount_reinstated) == ("lost", 5000, 1000)
        assert (dispute.submissions, dispute.fee, dispute.fee_taken) == (1, 2500, 1500)
        assert dispute.closed_at is not None
        dispute.delete()
    payment.refresh_from_db()
    assert payment.review_reason == ""


def test_the_end_alone_tells_the_whole_story(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    deliver(Client())
    (first,) = look_for_disputes(gateway)
    decide(first)
    deliver(Client())
    Dispute.objects.all().delete()
    payment.events.filter(kind__startswith="dispute").delete()
    WebhookEvent.objects.exclude(type="charge.dispute.closed").delete()
    take_in()
    assert facts(Dispute.objects.get())["status"] == "won"
    assert told(payment) == [*OPENED, "dispute: given back", "dispute won"]


def test_the_dispute_before_the_answer_to_the_charge_settles_both(gateway: Gateway, local_stripe: LocalStripe) -> None:
    payment = make_payment(gateway=gateway, test_card="pm_card_createDispute")
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=CREATE))
    submit(payment.pk)  # Stripe has charged; we have not heard
    deliver(Client())
    WebhookEvent.objects.exclude(type="charge.dispute.created").delete()
    take_in()
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured) == (Status.CAPTURED, payment.amount)
    assert Dispute.objects.get().payment == payment


def test_news_of_a_refund_and_of_an_inquiry_end_in_one_state_in_any_order(gateway: Gateway) -> None:
    payment = sell(INQUIRY, gateway=gateway)
    processor_for(gateway).refund(payment.reference, 1000, key=f"dashboard-{payment.key}")
    deliver(Client())
    named = {"charge.succeeded", "charge.refunded", "refund.created", "charge.dispute.created"}
    rows = list(WebhookEvent.objects.filter(type__in=named))
    assert len(rows) == 4
    for order in itertools.islice(itertools.permutations(rows), 0, None, 3):
        for row in order:
            replay_event(row)
            process_event(row.pk)
        payment.refresh_from_db()
        assert (payment.status, payment.amount_captured, payment.amount_refunded) == (Status.CAPTURED, 5000, 1000)
        assert Dispute.objects.get().status == "warning_needs_response"
    assert told(payment) == ["dispute opened"]


def test_a_dispute_takes_no_cancelled_order_up_again(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    assert payment.order is not None
    Order.objects.filter(pk=payment.order.pk).update(
        cancelled_at=clock.now(), cancel_reason="Gone", payment_state=PaymentState.CANCELLED
    )
    take_in()
    assert Dispute.objects.get().status == "needs_response"
    payment.order.refresh_from_db()
    assert payment.order.payment_state == PaymentState.CANCELLED


def test_news_at_once_write_one_dispute_and_tell_each_thing_once(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    deliver(Client())
    pks = waiting_events() * 3
    at_once(len(pks), lambda number: process_event(pks[number]))
    assert Dispute.objects.count() == 1
    assert told(payment) == OPENED


def test_two_looks_at_once_write_one_dispute(gateway: Gateway) -> None:
    payment = sell(gateway=gateway)
    result = processor_for(gateway).list_disputes(since=payment.created_at - timedelta(hours=1))[0]
    at_once(8, lambda _: write_dispute(payment.pk, result, WEBHOOK, asked_at=clock.now()))
    assert Dispute.objects.count() == 1
    assert told(payment) == OPENED


def test_a_dispute_of_somebody_elses_payment_is_kept_and_ignored(gateway: Gateway) -> None:
    stranger = make_payment(gateway=make_gateway(), test_card="pm_card_createDispute")
    processor_for(gateway).charge({**stranger.draft}, key="elsewhere-dispute")
    make_payment(gateway=gateway)
    assert {event.status for event in take_in()} == {"ignored"}
    assert not Dispute.objects.exists()


def test_a_look_that_fails_keeps_the_event_for_later(gateway: Gateway, local_stripe: LocalStripe) -> None:
    sell(gateway=gateway)
    local_stripe.faults.add(Fault(kind="timeout", method="GET", path="/v1/disputes/*", times=None))
    assert {(event.status, event.tries) for event in take_in()} == {("new", 1)}
    assert not Dispute.objects.exists()


# --- what cannot be ---------------------------------------------------------------------------------------------


def look(dispute: Dispute, **changes: Any) -> tuple[DisputeResult, Payment]:
    return replace(processor_for(dispute.gateway).fetch_dispute(dispute.reference), **changes), dispute.payment


def review_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.review_reason


@pytest.mark.parametrize(
    ("changes", "told_as"),
    [
        ({"livemode": True}, "mode"),
        ({"currency": "EUR"}, "currency"),
        ({"payment_reference": "pi_other"}, "payment"),
        ({"status": "half_won"}, "status half_won"),
    ],
    ids=str,
)
def test_what_is_not_true_of_the_payment_is_not_believed(changes: dict[str, Any], told_as: str) -> None:
    dispute = make_dispute()
    before = facts(dispute)
    result, payment = look(dispute, amount=1, **changes)
    write_dispute(payment.pk, result, WEBHOOK, asked_at=clock.now())
    dispute.refresh_from_db()
    assert (facts(dispute), dispute.amount) == (before, 5000)
    assert told_as in review_of(payment)


def test_news_that_cannot_be_make_no_dispute() -> None:
    payment = sell()
    result = processor_for(payment.gateway).list_disputes(since=payment.created_at - timedelta(hours=1))[0]
    assert write_dispute(payment.pk, replace(result, currency="EUR"), WEBHOOK, asked_at=clock.now()) is None
    assert not Dispute.objects.exists()
    assert "currency" in review_of(payment)


@pytest.mark.parametrize("verdict", ["winning_evidence", "losing_evidence"])
@pytest.mark.parametrize("status", ["needs_response", "under_review", "won", "lost", "appeal_needs_response"])
def test_won_and_lost_stay_and_a_person_is_told(verdict: str, status: str) -> None:
    dispute = make_dispute()
    decide(dispute, verdict)
    refresh_dispute(dispute.pk)
    dispute.refresh_from_db()
    end = dispute.status
    result, payment = look(dispute, status=status)
    write_dispute(payment.pk, result, WEBHOOK, asked_at=clock.now())
    assert facts(dispute)["status"] == end
    assert (review_of(payment) == "") == (status == end)


def test_a_look_that_was_made_before_the_end_is_only_late() -> None:
    dispute = make_dispute()
    earlier, payment = look(dispute)
    asked_at = clock.now()
    decide(dispute)
    refresh_dispute(dispute.pk)
    write_dispute(payment.pk, earlier, WEBHOOK, asked_at=asked_at)
    assert facts(dispute)["status"] == "won"
    assert review_of(payment) == ""


# --- what nobody told -------------------------------------------------------------------------------------------


def test_a_dispute_whose_events_were_lost_is_found_by_looking() -> None:
    payment = sell()
    (dispute,) = look_for_disputes(payment.gateway)
    assert (dispute.payment_id, dispute.status) == (payment.pk, "needs_response")
    assert look_for_disputes(payment.gateway) == [dispute]
    assert told(payment) == OPENED


def test_open_disputes_are_looked_at_and_those_that_are_over_are_not() -> None:
    open_one, over = make_dispute(), make_dispute()
    decide(over)
    assert refresh_dispute(over.pk).status == "won"
    assert open_disputes() == [open_one.pk]


def test_gateways_that_share_an_account_are_looked_through_once() -> None:
    first, twin, other = make_gateway("shared"), make_gateway("shared"), make_gateway()
    Gateway.objects.filter(pk=first.pk).update(active=False)
    assert gateways_to_look_through() == [twin.pk, other.pk]


def test_the_nightly_look_finds_what_changed_and_what_was_missed(
    monkeypatch: pytest.MonkeyPatch, local_stripe: LocalStripe
) -> None:
    changed, missed, broken = make_dispute(), sell(), make_gateway()
    decide(changed)
    Gateway.objects.filter(pk=broken.pk).update(secret_key="sk_live_not_here")
    monkeypatch.setattr(tasks, "_send", lambda task, row_id: task(row_id))
    tasks.look_after_disputes()
    assert facts(changed)["status"] == "won"
    assert missed.disputes.get().status == "needs_response"


def test_a_night_without_stripe_is_only_logged(
    monkeypatch: pytest.MonkeyPatch, local_stripe: LocalStripe, caplog: pytest.LogCaptureFixture
) -> None:
    dispute = make_dispute()
    local_stripe.faults.add(Fault(kind="error", method="GET", times=None))
    monkeypatch.setattr(tasks, "_send", lambda task, row_id: task(row_id))
    tasks.look_after_disputes()
    assert facts(dispute)["status"] == "needs_response"
    assert [record.getMessage().split(":")[0] for record in caplog.records if record.name == "midway.queue"] == [
        f"dispute {dispute.pk} was not looked at",
        f"gateway {dispute.gateway_id} was not asked for disputes",
    ]
