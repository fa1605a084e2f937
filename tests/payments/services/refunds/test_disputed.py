"""A refund while a cardholder contests the payment: only where the money is still the merchant's."""

import pytest
from django.test import Client

from gateways.services import processor_for
from payments.models import Dispute, Payment, WebhookEvent
from payments.services.inbox import process_event, waiting_events
from payments.services.refunds.rules import RefundRefused
from payments.services.refunds.submit import refund_payment
from simulator.core import LocalStripe
from tests.factories import TESTER, make_gateway
from tests.local_stripe import deliver
from tests.payments.refunds import assert_books, calls_counted, paid

pytestmark = pytest.mark.django_db(transaction=True)


def take_in() -> None:
    deliver(Client())
    for pk in waiting_events():
        process_event(pk)
    assert not WebhookEvent.objects.filter(status="failed").exists()


def disputed(card: str = "pm_card_createDispute") -> tuple[Payment, Dispute]:
    payment = paid(10_000, gateway=make_gateway(webhook=True), test_card=card)
    take_in()
    return payment, payment.disputes.get()


def decide(local_stripe: LocalStripe, dispute: Dispute, evidence: str) -> None:
    headers = {"Authorization": f"Bearer {dispute.gateway.secret_key}"}
    body = f"evidence[uncategorized_text]={evidence}".encode()
    assert local_stripe.handle("POST", f"/v1/disputes/{dispute.reference}", headers, body).status == 200
    take_in()


def refused(payment: Payment) -> str:
    with calls_counted() as calls, pytest.raises(RefundRefused) as refusal:
        refund_payment(payment.pk, 1_000, TESTER)
    assert (calls, refusal.value.field, payment.refunds.count()) == ([], "payment", 0)
    assert_books(payment)
    return refusal.value.message


def test_while_a_dispute_is_open_nothing_is_given_back_as_well() -> None:
    payment, dispute = disputed()
    assert refused(payment) == (
        f"The dispute {dispute} of {payment} is open and its money is withdrawn: answer it, or accept it, instead."
    )


def test_after_a_lost_dispute_the_customer_has_the_money(local_stripe: LocalStripe) -> None:
    payment, dispute = disputed()
    decide(local_stripe, dispute, "losing_evidence")
    assert "was lost: the customer has the money back already" in refused(payment)


def test_an_inquiry_is_answered_by_a_refund() -> None:
    payment, _ = disputed("pm_card_createDisputeInquiry")
    assert refund_payment(payment.pk, 1_000, TESTER).refund.status == "succeeded"
    assert_books(payment)


def test_what_was_won_back_may_be_given_back(local_stripe: LocalStripe) -> None:
    payment, dispute = disputed()
    decide(local_stripe, dispute, "winning_evidence")
    assert refund_payment(payment.pk, 1_000, TESTER).refund.status == "succeeded"
    assert_books(payment)


def test_a_dispute_that_we_have_not_heard_of_is_stripes_refusal_and_nothing_is_given_back() -> None:
    payment = paid(10_000, test_card="pm_card_createDispute")
    refund = refund_payment(payment.pk, 1_000, TESTER).refund
    payment.refresh_from_db()
    assert (refund.status, refund.failure_reason, payment.amount_refunded) == ("failed", "charge_disputed", 0)
    assert processor_for(payment.gateway).refunds_of(payment.reference) == []
