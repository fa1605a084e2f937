"""Refunds that are stuck: look for them, then ask again under the same key while Stripe remembers it; never blindly."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from gateways import clock
from gateways.processors.base import InvalidRequest, ProcessorError
from payments.actors import BEAT
from payments.models import Payment, Refund
from payments.pacing import ANSWER_DUE, KEY_LIFETIME, next_try
from payments.refund_states import ASKED, RefundStatus
from payments.services.gate import may_move
from payments.services.refunds.settle import fail_refund
from payments.services.refunds.submit import ask, submit_refund
from payments.services.refunds.sync import sync_refunds

BATCH = 200
SYNC_PAUSE = 2
"""Of `pacing.PAUSES`: how long to wait after the list of a payment's refunds could not be had."""


def stuck_refunds() -> list[int]:
    """The refunds whose time to be looked at again has come, oldest first."""
    due = Refund.objects.filter(next_try_at__lte=clock.now()).order_by("next_try_at")
    return list(due.values_list("pk", flat=True)[:BATCH])


def payments_to_sync() -> list[int]:
    """The payments of which the processor may know refunds that we do not."""
    due = Payment.objects.filter(refunds_due_at__lte=clock.now()).order_by("refunds_due_at")
    return list(due.values_list("pk", flat=True)[:BATCH])


def sync_due_refunds(payment_id: int) -> bool:
    """Look up one payment's refunds. False when it is not due, another worker has it, or the processor is silent."""
    due = Payment.objects.filter(pk=payment_id, refunds_due_at__lte=clock.now())
    if not due.update(refunds_due_at=next_try(SYNC_PAUSE)):
        return False
    try:
        sync_refunds(payment_id, BEAT)
    except ProcessorError:
        return False
    return True


def reconcile_refund(refund_id: int) -> Refund | None:
    """Find out where one stuck refund stands. None when it is not due, or another worker has it."""
    refund = _claim(refund_id)
    if refund is None:
        return None
    try:
        _resolve(refund)
    except ProcessorError:
        _postpone(refund)
    refund.refresh_from_db()
    return refund


@transaction.atomic
def _claim(refund_id: int) -> Refund | None:
    """Whoever moves the time of the next look has the refund; the others find it moved."""
    now = clock.now()
    due = Refund.objects.filter(pk=refund_id, next_try_at__lte=now)
    if not due.update(next_try_at=now + ANSWER_DUE, tries=F("tries") + 1):
        return None
    return Refund.objects.select_related("payment__gateway").get(pk=refund_id)


def _resolve(refund: Refund) -> None:
    if refund.status == RefundStatus.PENDING:
        submit_refund(refund.pk, BEAT)
        return
    found = sync_refunds(refund.payment_id, BEAT)
    status = Refund.objects.values_list("status", flat=True).get(pk=refund.pk)
    is_there = any(result.our_key == str(refund.key) for result in found)
    if status in ASKED and not is_there:
        _settle_absent(refund)
    elif status in ASKED or status == RefundStatus.PROCESSING:
        _postpone(refund)


def _settle_absent(refund: Refund) -> None:
    """The processor has no refund with our key: our request has not arrived, or it is still at it."""
    if not may_move(Refund.objects.filter(pk=refund.pk), gateway="gateway").exists():
        _postpone(refund)
    elif clock.now() - _submitted_at(refund) < KEY_LIFETIME:
        ask(refund, BEAT, replay=True)
    else:
        fail_refund(refund.pk, InvalidRequest("Stripe knows of no such refund: nothing was given back."), BEAT)


def _submitted_at(refund: Refund) -> datetime:
    return refund.submitted_at or refund.created_at


def _postpone(refund: Refund) -> None:
    waiting = Refund.objects.filter(pk=refund.pk, next_try_at__isnull=False)
    waiting.update(next_try_at=next_try(refund.tries))
