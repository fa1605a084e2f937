"""The refunds that the processor knows of, ours and those made elsewhere: each is written once."""

from datetime import datetime

from django.db import transaction

from gateways import clock
from gateways.processors.base import RefundResult
from gateways.services import processor_for
from payments.actors import Actor
from payments.models import Payment, Refund
from payments.models.refund import Reason, Source
from payments.pacing import next_try
from payments.refund_states import AFTER, GIVEN_UP, UNHEARD
from payments.services.refunds.books import lock_payment, recount, take
from payments.services.refunds.reserve import write_down
from payments.services.refunds.settle import apply, finish, take_over
from payments.services.review import ask_a_person
from payments.states import Status

ELSEWHERE = "outside Midway"
"""Who made a refund that the processor tells us of."""


def sync_refunds(payment_id: int, actor: Actor) -> list[RefundResult]:
    """List the payment's refunds at the processor and write what is new. Call it outside a transaction.

    Ours are known by our key, so that it does not matter whether this news or the answer to our request comes first.
    Raises ProcessorError; the list is then still due.
    """
    payment = Payment.objects.select_related("gateway").get(pk=payment_id)
    due_at = payment.refunds_due_at
    found = processor_for(payment.gateway).refunds_of(payment.reference) if payment.status == Status.CAPTURED else []
    _write(payment_id, found, due_at, actor)
    return found


@transaction.atomic
def _write(payment_id: int, found: list[RefundResult], due_at: datetime | None, actor: Actor) -> None:
    payment = lock_payment(payment_id)
    recount(payment)
    # What was given up comes first: it makes room for the rest.
    ordered = sorted(found, key=lambda result: AFTER[result.status] not in GIVEN_UP)
    written = [_write_one(payment, result, actor) for result in ordered]
    if not all(written):
        payment.refunds_due_at = next_try(1)
    elif payment.refunds_due_at == due_at:  # a mark that was set meanwhile asks for a list newer than this one
        payment.refunds_due_at = None
    payment.save(update_fields=["refunds_due_at"])


def _write_one(payment: Payment, result: RefundResult, actor: Actor) -> bool:
    """False when refunds of ours that nobody has heard of yet hold what this one takes: then it is written later."""
    refund = _known(payment, result)
    written = _adopt(payment, result, actor) if refund is None else apply(refund, result, actor)
    if not written and not payment.refunds.filter(status__in=UNHEARD).exists():
        ask_a_person(payment, f"The refund {result.reference} comes to more than what is left to refund.", actor)
        return True
    return written


def _known(payment: Payment, result: RefundResult) -> Refund | None:
    """By the processor's reference; by our key only where we have not heard the reference yet."""
    rows = {row.reference or str(row.key): row for row in payment.refunds.all()}
    refund = rows.get(result.reference) or rows.get(result.our_key)
    if refund:
        refund.payment = payment
    return refund


def _adopt(payment: Payment, result: RefundResult, actor: Actor) -> bool:
    """Write down what somebody refunded elsewhere: in the processor's own dashboard, or by another program."""
    if result.currency != payment.currency:
        ask_a_person(payment, f"The refund {result.reference} is in {result.currency}.", actor)
        return True
    if AFTER[result.status] not in GIVEN_UP and not take(payment, result.amount):
        return False
    refund = Refund(payment=payment, amount=result.amount, source=Source.ELSEWHERE)
    refund.reason = result.reason if result.reason in Reason.values else Reason.NONE
    take_over(refund, result)
    write_down(refund, result.created_at or clock.now(), Actor(actor.source, ELSEWHERE))
    finish(refund, actor)
    return True
