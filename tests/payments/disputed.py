"""Disputed payments at the local Stripe, and the news of them."""

from typing import Any

from django.test import Client

from gateways.models import Gateway
from gateways.services import processor_for
from payments.actors import WEBHOOK
from payments.models import Dispute, Payment, WebhookEvent
from payments.services.disputes import look_for_disputes
from payments.services.inbox import process_event, waiting_events
from payments.services.submit import submit
from tests.factories import make_gateway, make_order, make_payment
from tests.local_stripe import deliver

FRAUD, NOT_RECEIVED, INQUIRY = (
    "pm_card_createDispute",
    "pm_card_createDisputeProductNotReceived",
    "pm_card_createDisputeInquiry",
)


def sell(card: str = FRAUD, *, gateway: Gateway | None = None, total: int = 5000, **gateway_fields: Any) -> Payment:
    gateway = gateway or make_gateway(**{"chargeback_fee": 2500, **gateway_fields})
    payment = make_payment(make_order(total=total), gateway, test_card=card)
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def make_dispute(card: str = FRAUD, **fields: Any) -> Dispute:
    """As the nightly look finds it."""
    (dispute,) = look_for_disputes(sell(card, **fields).gateway, WEBHOOK)
    return dispute


def decide(dispute: Dispute, verdict: str = "winning_evidence") -> None:
    """Answer it in Stripe's own dashboard, with a text that decides."""
    processor = processor_for(dispute.gateway)
    processor.answer_dispute(
        dispute.reference, {"uncategorized_text": verdict}, key=f"dashboard-{dispute.pk}-{verdict}"
    )


def accept_in_dashboard(dispute: Dispute) -> None:
    processor_for(dispute.gateway).accept_dispute(dispute.reference, key=f"dashboard-{dispute.pk}")


def take_in() -> list[WebhookEvent]:
    """Deliver what Stripe has to tell, and work on it."""
    deliver(Client())
    for pk in waiting_events():
        process_event(pk)
    return list(WebhookEvent.objects.filter(type__startswith="charge.dispute.").order_by("pk"))


def told_about(payment: Payment) -> list[str]:
    """The kinds of the payment's history that are about disputes."""
    kinds = payment.events.filter(kind__startswith="dispute").order_by("pk").values_list("kind", flat=True)
    return list(kinds)
