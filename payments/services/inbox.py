"""Webhooks, after they were verified: stored once, answered at once, worked on later from the object's own state."""

import logging

from django.db import transaction
from django.db.models import F

from gateways import clock
from gateways.models import Gateway
from gateways.processors.base import Event, ProcessorError
from gateways.redaction import without_client_secrets
from gateways.services import processor_for
from gateways.webhooks import family_of
from payments.actors import WEBHOOK
from payments.models import Payment, WebhookEvent
from payments.pacing import ANSWER_DUE, next_try
from payments.services.disputes import take_dispute_news
from payments.services.refunds.sync import sync_refunds
from payments.services.settle import settle
from payments.states import Status

log = logging.getLogger("midway.webhooks")

MOST_TRIES = 8
BATCH = 200
REFUND_EVENTS = {"charge.refunded", "charge.refund.updated", "refund.created", "refund.failed", "refund.updated"}
SALE_EVENTS = {"payment_intent.succeeded", "charge.succeeded", "charge.captured"}


def store_event(gateway: Gateway, event: Event, body: bytes) -> tuple[WebhookEvent, bool]:
    """Keep a verified event. False: we have it already, and nothing was written."""
    return WebhookEvent.objects.get_or_create(
        gateway=gateway,
        event_id=event.reference,
        defaults={
            "type": event.type,
            "livemode": event.livemode,
            "body": without_client_secrets(body.decode()),
            "received_at": clock.now(),
            "next_try_at": clock.now(),
        },
    )


def gateway_for(event: Event, host: Gateway) -> Gateway | None:
    """Which of a platform's gateways an event is about; `host` is the one whose signing secret verified it."""
    return next((gateway for gateway in family_of(host) if event.account and gateway.mid == event.account), None)


def waiting_events() -> list[int]:
    due = WebhookEvent.objects.filter(status=WebhookEvent.Status.NEW, next_try_at__lte=clock.now())
    return list(due.order_by("next_try_at").values_list("pk", flat=True)[:BATCH])


def process_event(event_pk: int) -> WebhookEvent | None:
    """Apply one stored event. None when another worker has it. A failure keeps the event, to be tried again."""
    row = _claim(event_pk)
    if row is None:
        return None
    try:
        status, note, payment = _apply(row)
    except ProcessorError as error:
        return _keep(row, error.message)
    except Exception as error:
        log.exception("event %s could not be applied", row.event_id)
        _keep(row, type(error).__name__)
        raise
    row.status, row.note, row.payment = status, note, payment
    row.processed_at, row.next_try_at = clock.now(), None
    row.save()
    return row


@transaction.atomic
def _claim(event_pk: int) -> WebhookEvent | None:
    now = clock.now()
    due = WebhookEvent.objects.filter(pk=event_pk, status=WebhookEvent.Status.NEW, next_try_at__lte=now)
    if not due.update(tries=F("tries") + 1, next_try_at=now + ANSWER_DUE):
        return None
    return WebhookEvent.objects.select_related("gateway").get(pk=event_pk)


def _keep(row: WebhookEvent, note: str) -> WebhookEvent:
    row.note = note[:500]
    row.next_try_at = next_try(row.tries - 1)
    row.status = WebhookEvent.Status.FAILED if row.tries >= MOST_TRIES else WebhookEvent.Status.NEW
    row.save()
    return row


def _apply(row: WebhookEvent) -> tuple[str, str, Payment | None]:
    if row.livemode != row.gateway.is_live:
        mode = "live" if row.livemode else "test"
        return WebhookEvent.Status.IGNORED, f"a {mode} event on a {row.gateway.mode} gateway", None
    event = processor_for(row.gateway).read_event(row.body.encode())
    payment = payment_of(event, row.gateway)
    if event.object_type == "dispute":
        return take_dispute_news(event, row.gateway, payment)
    if payment is None:
        return WebhookEvent.Status.IGNORED, "about no payment of this gateway's account", None
    if event.type in SALE_EVENTS and payment.status == Status.CAPTURED and payment.net is not None:
        return WebhookEvent.Status.APPLIED, "confirms what is known", payment
    # Events arrive late, twice and in any order: only the object itself says how things stand.
    if event.type not in REFUND_EVENTS or payment.status != Status.CAPTURED:
        payment = settle(payment.pk, processor_for(payment.gateway).fetch(event.payment_reference), WEBHOOK)
    if event.type in REFUND_EVENTS or payment.refunds_due_at:
        sync_refunds(payment.pk, WEBHOOK)
    return WebhookEvent.Status.APPLIED, "", payment


def payment_of(event: Event, gateway: Gateway) -> Payment | None:
    """By the processor's reference; by our own key when the webhook overtook the answer that brings the reference."""
    ours = Payment.objects.select_related("gateway").filter(account_id=gateway.account_id, mode=gateway.mode)
    if not event.payment_reference:
        return None
    found = ours.filter(reference=event.payment_reference).first()
    if found is None and _is_key(event.our_key):
        found = ours.filter(key=event.our_key).first()
    return found


def _is_key(text: str) -> bool:
    return len(text) == 36 and all(character in "0123456789abcdef-" for character in text)


def replay_event(row: WebhookEvent) -> None:
    """Put an event back into the queue, as if it had just come."""
    WebhookEvent.objects.filter(pk=row.pk).update(
        status=WebhookEvent.Status.NEW, tries=0, next_try_at=clock.now(), processed_at=None, note=""
    )
