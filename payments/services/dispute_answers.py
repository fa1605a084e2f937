"""Answering a dispute with evidence, or accepting it: once, whoever presses and however often.

The answer is written down with its own key, committed, and only then sent. An answer that is not heard is unknown: the
next look at the dispute tells, and until then nothing else can be sent.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import F

from gateways import clock
from gateways.processors.base import GatewayMisconfigured, GatewayUnavailable, ProcessorError
from gateways.processors.disputes import DisputeResult, Evidence
from gateways.services import pause, processor_for
from payments.actors import BEAT, Actor
from payments.models import Dispute, DisputeAnswer, DisputeStatus, Payment
from payments.pacing import ANSWER_DUE, KEY_LIFETIME, answer_due, next_try
from payments.services.balances import lock_order
from payments.services.dispute_proof import end_answer
from payments.services.disputes import look_at_dispute, write_dispute
from payments.services.history import record

Kind, Standing = DisputeAnswer.Kind, DisputeAnswer.Status
BATCH = 100
LONGEST, LONGEST_TOGETHER = 20_000, 150_000
"""Characters of one text, and of all of them: docs.stripe.com/api/disputes/update."""

ANSWERABLE = {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE}
NEVER_HEARD = "The processor has not received it: send it again."


class DisputeRefused(Exception):
    """Nothing was written or sent. `field` is the form's field; `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Answered:
    """`repeated`: the same form was sent before, and this is the answer that it made then."""

    answer: DisputeAnswer
    repeated: bool = False


@dataclass(frozen=True)
class _Wish:
    kind: str
    form_token: UUID
    actor: Actor
    evidence: Evidence = field(default_factory=dict)


def answer_dispute(dispute_id: int, evidence: Evidence, actor: Actor, *, form_token: UUID) -> Answered:
    """Send evidence. Call it outside a transaction. Raises DisputeRefused before any call."""
    told = {name: text.strip() for name, text in evidence.items() if text.strip()}
    _check_texts(told)
    return _send_wish(dispute_id, _Wish(Kind.EVIDENCE, form_token, actor, told))


def accept_dispute(dispute_id: int, actor: Actor, *, form_token: UUID) -> Answered:
    """Give up: the dispute is lost. Call it outside a transaction. Raises DisputeRefused before any call."""
    return _send_wish(dispute_id, _Wish(Kind.ACCEPT, form_token, actor))


def _send_wish(dispute_id: int, wish: _Wish) -> Answered:
    answered = _write_down(dispute_id, wish)
    if not answered.repeated:
        _send(answered.answer, wish.actor)
        answered.answer.refresh_from_db()
    return answered


def _check_texts(told: Evidence) -> None:
    if not told:
        raise DisputeRefused("", "Write why the payment was right: nothing was sent.")
    if long := next((name for name, text in told.items() if len(text) > LONGEST), ""):
        raise DisputeRefused(long, f"This is too long: at most {LONGEST:,} characters can be sent.")
    if sum(map(len, told.values())) > LONGEST_TOGETHER:
        raise DisputeRefused("", f"This is too long: at most {LONGEST_TOGETHER:,} characters can be sent together.")


@transaction.atomic
def _write_down(dispute_id: int, wish: _Wish) -> Answered:
    payment, dispute = _locked(dispute_id)
    if earlier := DisputeAnswer.objects.filter(form_token=wish.form_token).first():
        if earlier.dispute_id != dispute_id or earlier.kind != wish.kind:
            raise DisputeRefused("form_token", "This form belongs to another dispute: reload the page.")
        return Answered(earlier, repeated=True)
    _check(dispute)
    answer = DisputeAnswer.objects.create(
        dispute=dispute,
        kind=wish.kind,
        evidence=dict(wish.evidence),
        form_token=wish.form_token,
        submissions_before=dispute.submissions,
        next_try_at=answer_due(),
        asked_at=clock.now(),
        actor=wish.actor.name,
        user=wish.actor.user,
    )
    kind = "dispute: accept asked" if wish.kind == Kind.ACCEPT else "dispute: answer asked"
    record(payment, kind, wish.actor, before=payment.status, detail=dispute.reference)
    return Answered(answer)


def _locked(dispute_id: int) -> tuple[Payment, Dispute]:
    payment_id, order_id = Dispute.objects.values_list("payment", "payment__order").get(pk=dispute_id)
    lock_order(order_id)
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
    return payment, Dispute.objects.get(pk=dispute_id)


def _check(dispute: Dispute) -> None:
    if dispute.answers.filter(settled_at=None).exists():
        raise DisputeRefused("", "An answer is on its way: wait until it is known how that went.")
    if dispute.status not in ANSWERABLE:
        state = dispute.get_status_display().lower()
        raise DisputeRefused("", f"The dispute is {state}: only a dispute that needs an answer can be answered.")


def _send(answer: DisputeAnswer, actor: Actor) -> None:
    """Under the answer's own key, so that a replay sends nothing twice."""
    asked_at = clock.now()
    payment = answer.dispute.payment
    try:
        result = _ask(answer)
    except GatewayUnavailable as error:
        _wait(answer, error.message)
    except ProcessorError as error:
        if isinstance(error, GatewayMisconfigured):
            pause(payment.gateway, error.message)
        _refuse(answer, error.message, actor)
        _look(answer, actor)
    else:
        _settle(answer, Standing.DONE, actor)
        write_dispute(payment.pk, result, actor, asked_at=asked_at)


def _ask(answer: DisputeAnswer) -> DisputeResult:
    dispute = answer.dispute
    processor = processor_for(dispute.payment.gateway)
    if answer.kind == Kind.ACCEPT:
        return processor.accept_dispute(dispute.reference, key=f"{answer.key}-accept")
    return processor.answer_dispute(dispute.reference, answer.evidence, key=f"{answer.key}-evidence")


def _wait(answer: DisputeAnswer, message: str) -> None:
    DisputeAnswer.objects.filter(pk=answer.pk, settled_at=None).update(
        status=Standing.UNKNOWN, message=message[:500], next_try_at=next_try(answer.tries - 1)
    )


def _refuse(answer: DisputeAnswer, message: str, actor: Actor) -> None:
    _settle(answer, Standing.REFUSED, actor, message=message)


@transaction.atomic
def _settle(answer: DisputeAnswer, status: str, actor: Actor, *, message: str = "") -> None:
    payment, _ = _locked(answer.dispute_id)
    still_open = DisputeAnswer.objects.select_related("dispute").filter(pk=answer.pk, settled_at=None).first()
    if still_open:
        end_answer(payment, still_open, status, actor, message=message)


def _look(answer: DisputeAnswer, actor: Actor) -> None:
    """Why it was refused may be that the dispute is over. That the look fails as well changes nothing."""
    try:
        look_at_dispute(answer.dispute.payment, answer.dispute.reference, actor)
    except ProcessorError:
        return


def unsettled_answers() -> list[int]:
    """The answers whose fate is to be found out now, oldest first."""
    due = DisputeAnswer.objects.filter(next_try_at__lte=clock.now()).order_by("next_try_at")
    return list(due.values_list("pk", flat=True)[:BATCH])


def settle_answer(answer_id: int) -> DisputeAnswer | None:
    """Find out how an answer went: look first, and send it again only while its key is remembered.

    None when it is not due, or another worker has it. Call it outside a transaction.
    """
    answer = _claim(answer_id)
    if answer is None:
        return None
    dispute = answer.dispute
    try:
        look_at_dispute(dispute.payment, dispute.reference, BEAT)
    except ProcessorError as error:
        _wait(answer, error.message)
        return answer
    answer = DisputeAnswer.objects.select_related("dispute__payment__gateway").get(pk=answer_id)
    if answer.is_open and clock.now() - answer.asked_at < KEY_LIFETIME:
        _send(answer, BEAT)
    elif answer.is_open:
        _refuse(answer, NEVER_HEARD, BEAT)
    answer.refresh_from_db()
    return answer


@transaction.atomic
def _claim(answer_id: int) -> DisputeAnswer | None:
    now = clock.now()
    due = DisputeAnswer.objects.filter(pk=answer_id, next_try_at__lte=now)
    if not due.update(next_try_at=now + ANSWER_DUE, tries=F("tries") + 1):
        return None
    return DisputeAnswer.objects.select_related("dispute__payment__gateway").get(pk=answer_id)
