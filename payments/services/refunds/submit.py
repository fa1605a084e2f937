"""The middle phase of a refund: claim it, commit, and only then ask the processor."""

import logging
import uuid

from gateways import clock
from gateways.processors.base import (
    GatewayMisconfigured,
    GatewayUnavailable,
    InvalidRequest,
    ProcessorError,
    RefundResult,
)
from gateways.services import pause, processor_for
from payments.actors import Actor
from payments.models import Payment, Refund
from payments.pacing import answer_due
from payments.refund_states import RefundStatus
from payments.services.gate import may_move
from payments.services.refunds.reserve import RefundReservation, reserve_refund
from payments.services.refunds.settle import fail_refund, mark_refund_unknown, settle_refund
from payments.services.refunds.sync import sync_refunds

log = logging.getLogger("midway.payments")


def refund_payment(
    payment_id: int,
    amount: int,
    actor: Actor,
    *,
    reason: str = "",
    note: str = "",
    form_token: uuid.UUID | None = None,
) -> RefundReservation:
    """Give back `amount` (minor units) of a captured payment. Call it outside a transaction.

    How it went is in the refund: what was not answered is settled later by the sweep. A form that was sent before
    gives nothing back again. Raises RefundRefused before anybody is asked.
    """
    reservation = reserve_refund(payment_id, amount, actor, reason=reason, note=note, form_token=form_token)
    if not reservation.repeated:
        submit_refund(reservation.refund.pk, actor)
        _look_where_refused(payment_id, actor)
    reservation.refund.refresh_from_db()
    return reservation


def submit_refund(refund_id: int, actor: Actor) -> Refund | None:
    """Send a waiting refund. None when somebody else has it already, and on a copy that nobody confirmed."""
    if not may_move(Refund.objects.filter(pk=refund_id), gateway="payment__gateway").exists():
        return None
    now = clock.now()
    waiting = Refund.objects.filter(pk=refund_id, status=RefundStatus.PENDING)
    if not waiting.update(status=RefundStatus.SUBMITTED, submitted_at=now, tries=1, next_try_at=answer_due()):
        return None
    return ask(Refund.objects.select_related("payment__gateway").get(pk=refund_id), actor)


def ask(refund: Refund, actor: Actor, *, replay: bool = False) -> Refund:
    """Send the refund under its stored key and settle the answer. Call it outside a transaction.

    A replay is sent only after the processor was seen to have no such refund: refused, it is certain not to be there.
    With a refused key nothing is certain, for the key was good enough the first time.
    """
    try:
        result = _send(refund)
    except GatewayUnavailable as error:
        return mark_refund_unknown(refund.pk, error, actor)
    except GatewayMisconfigured as error:
        pause(refund.gateway, error.message)
        give_up = mark_refund_unknown if replay else fail_refund
        return give_up(refund.pk, error, actor)
    except InvalidRequest as error:
        return fail_refund(refund.pk, error, actor)
    return settle_refund(refund.pk, result, actor)


def _send(refund: Refund) -> RefundResult:
    return processor_for(refund.payment.gateway).refund(
        refund.payment.reference,
        refund.amount,
        key=refund_key(refund),
        our_key=str(refund.key),
        reason=refund.reason,
        number=refund.number,
    )


def refund_key(refund: Refund) -> str:
    return f"{refund.payment.key}-refund-{refund.ordinal}"


def _look_where_refused(payment_id: int, actor: Actor) -> None:
    """The processor would not do it: perhaps somebody refunds there as well. If it is silent now, the sweep looks."""
    if not Payment.objects.filter(pk=payment_id, refunds_due_at__isnull=False).exists():
        return
    try:
        sync_refunds(payment_id, actor)
    except ProcessorError as error:
        log.warning("the refunds of payment %s are looked up later: %s", payment_id, error.message)
