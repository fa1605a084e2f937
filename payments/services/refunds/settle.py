"""The last phase of a refund: what the processor says is written once, whoever brings the news, in any order."""

from django.db import transaction

from gateways import clock, money
from gateways.processors.base import ProcessorError, RefundOutcome, RefundResult
from payments.actors import BY_A_PERSON, Actor
from payments.models import Payment, Refund
from payments.pacing import next_try
from payments.refund_states import AFTER, ASKED, GIVEN_UP, RefundStatus, is_news
from payments.services.history import record
from payments.services.refunds.books import give_back, lock_payment, take
from payments.services.review import ask_a_person
from payments.words import refund_failure

KINDS = {
    RefundStatus.PROCESSING: "refund accepted",
    RefundStatus.SUCCEEDED: "refunded",
    RefundStatus.FAILED: "refund failed",
    RefundStatus.CANCELLED: "refund cancelled",
}


@transaction.atomic
def settle_refund(refund_id: int, result: RefundResult, actor: Actor) -> Refund:
    """Write what the processor answered to our own request."""
    refund = _locked(refund_id)
    apply(refund, result, actor)
    return refund


def apply(refund: Refund, result: RefundResult, actor: Actor) -> bool:
    """Write the news, if it is any. The caller holds the payment's lock.

    False when the money cannot be counted yet, because refunds that are not sent have taken what is left.
    """
    if problem := disagreement(refund, result):
        ask_a_person(refund.payment, problem, actor)
        return True
    before, after = RefundStatus(refund.status), AFTER[result.status]
    if not is_news(before, after, known=bool(refund.reference)):
        return True
    if not _move_money(refund, before, after):
        return False
    take_over(refund, result)
    finish(refund, actor)
    return True


def take_over(refund: Refund, result: RefundResult) -> None:
    """What the processor says, on the row."""
    failed = result.status is RefundOutcome.FAILED
    refund.reference = result.reference
    refund.status = AFTER[result.status]
    refund.failure_reason = result.failure_reason[:64] if failed else ""
    refund.message = f"Not refunded: {refund_failure(result.failure_reason)}." if failed else ""


def disagreement(refund: Refund, result: RefundResult) -> str:
    """What the processor returned that is not what we know; empty when all is well."""
    asked = {
        "amount": (refund.amount, result.amount),
        "currency": (refund.currency, result.currency),
        "reference": (refund.reference or result.reference, result.reference),
    }
    faults = [f"{name}: asked {a}, answered {b}" for name, (a, b) in asked.items() if a != b]
    return f"{refund}: {'; '.join(faults)}" if faults else ""


def _move_money(refund: Refund, before: RefundStatus, after: RefundStatus) -> bool:
    if before in GIVEN_UP and after not in GIVEN_UP:
        return take(refund.payment, refund.amount)
    if before not in GIVEN_UP and after in GIVEN_UP:
        give_back(refund.payment, refund.amount)
    return True


def finish(refund: Refund, actor: Actor) -> None:
    """Save a refund whose status has just changed, and say so in the payment's history."""
    waits = refund.status == RefundStatus.PROCESSING
    refund.settled_at = None if waits else clock.now()
    refund.next_try_at = next_try(0) if waits else None
    refund.tries = 0
    refund.save()
    _tell(refund, actor)
    if refund.status == RefundStatus.FAILED and (refund.reference or actor.source not in BY_A_PERSON):
        ask_a_person(refund.payment, _failed(refund), actor)


def _tell(refund: Refund, actor: Actor) -> None:
    said = " · ".join(filter(None, [refund.number, refund.message]))
    kind, payment = KINDS[RefundStatus(refund.status)], refund.payment
    record(payment, kind, actor, before=payment.status, amount=refund.amount, detail=said)


def _failed(refund: Refund) -> str:
    amount = money.plain(refund.amount, refund.currency)
    return f"The refund {refund} of {amount} failed: the customer did not get the money. Refund again, or pay them."


@transaction.atomic
def mark_refund_unknown(refund_id: int, error: ProcessorError, actor: Actor) -> Refund:
    """We asked and did not hear the answer: the amount stays taken until it is found out."""
    refund = _locked(refund_id)
    if refund.status not in ASKED:
        return refund
    if refund.status != RefundStatus.UNKNOWN:
        payment, said = refund.payment, f"{refund.number} · {error.message}"
        record(payment, "refund unknown", actor, before=payment.status, amount=refund.amount, detail=said)
    refund.status = RefundStatus.UNKNOWN
    refund.next_try_at = next_try(refund.tries)
    refund.save(update_fields=["status", "next_try_at"])
    return refund


@transaction.atomic
def fail_refund(refund_id: int, error: ProcessorError, actor: Actor) -> Refund:
    """It is certain that nothing was given back: the amount may be refunded anew.

    A refusal hints at a refund that we do not know of, so the processor's own list is due.
    """
    refund = _locked(refund_id)
    if refund.status not in ASKED:
        return refund
    give_back(refund.payment, refund.amount)
    refund.status = RefundStatus.FAILED
    refund.message, refund.failure_reason = error.message[:500], error.code[:64]
    finish(refund, actor)
    Payment.objects.filter(pk=refund.payment_id).update(refunds_due_at=clock.now())
    return refund


def _locked(refund_id: int) -> Refund:
    """The payment's lock is the lock of its refunds."""
    payment = lock_payment(Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id))
    refund = Refund.objects.get(pk=refund_id)
    refund.payment = payment
    return refund
