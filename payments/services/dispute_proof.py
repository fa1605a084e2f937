"""An answer whose fate is not known is settled by the next look at its dispute, whoever looks."""

from gateways import clock
from payments.actors import Actor
from payments.models import Dispute, DisputeAnswer, DisputeStatus, Payment
from payments.services.history import record

ACCEPTED = {DisputeStatus.LOST, DisputeStatus.WARNING_CLOSED}
TOO_LATE = "The dispute was over before this was heard: nothing more can be sent."


def settle_answers(payment: Payment, dispute: Dispute, actor: Actor) -> None:
    """Call it under the payment's lock, with the dispute as it was just seen."""
    for answer in dispute.answers.filter(settled_at=None):
        if was_heard(answer, dispute):
            end_answer(payment, answer, DisputeAnswer.Status.DONE, actor)
        elif dispute.is_over:
            end_answer(payment, answer, DisputeAnswer.Status.REFUSED, actor, message=TOO_LATE)


def was_heard(answer: DisputeAnswer, dispute: Dispute) -> bool:
    """Evidence that came is counted; a dispute that was accepted is lost."""
    if answer.kind == DisputeAnswer.Kind.ACCEPT:
        return dispute.status in ACCEPTED
    return dispute.submissions > answer.submissions_before


def end_answer(payment: Payment, answer: DisputeAnswer, status: str, actor: Actor, *, message: str = "") -> None:
    answer.status = status
    answer.message = message[:500]
    answer.settled_at = clock.now()
    answer.next_try_at = None
    answer.save()
    what = "accepted" if answer.kind == DisputeAnswer.Kind.ACCEPT else "answered"
    kind = f"dispute {what}" if status == DisputeAnswer.Status.DONE else f"dispute: not {what}"
    record(payment, kind, actor, before=payment.status, detail=message or answer.dispute.reference)
