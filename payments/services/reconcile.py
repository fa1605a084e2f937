"""Payments that are stuck: ask again under the same key while Stripe remembers it, after that look and never charge."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from gateways import clock
from gateways.processors.base import GatewayUnavailable, InvalidRequest, ProcessorError
from gateways.services import processor_for
from payments.actors import BEAT
from payments.models import Payment
from payments.pacing import ANSWER_DUE, KEY_LIFETIME, after_hold, next_look, next_try
from payments.services.authentication import give_up, is_given_up
from payments.services.gate import is_held
from payments.services.holds import VOIDABLE, resume_hold
from payments.services.settle import mark_failed, mark_unknown, postpone, settle
from payments.services.submit import ask
from payments.states import Status

ASKED = {Status.SUBMITTED, Status.UNKNOWN}
BATCH = 200


def stuck_payments() -> list[int]:
    """The payments whose time to be looked at again has come, oldest first."""
    due = Payment.objects.filter(next_try_at__lte=clock.now()).order_by("next_try_at")
    return list(due.values_list("pk", flat=True)[:BATCH])


def look_again(payment: Payment) -> None:
    """Have a payment that is still open looked at now, not at its next turn."""
    Payment.objects.filter(pk=payment.pk, next_try_at__isnull=False).update(next_try_at=clock.now())


def reconcile(payment_id: int) -> Payment | None:
    """Find out where one stuck payment stands. None when it is not due, or another worker has it."""
    payment = _claim(payment_id)
    if payment is None:
        return None
    try:
        return _resolve(payment)
    except ProcessorError as error:
        if payment.status in ASKED:
            return mark_unknown(payment.pk, error, BEAT)
        postpone(payment.pk, next_try(payment.tries))
        return payment


@transaction.atomic
def _claim(payment_id: int) -> Payment | None:
    """Whoever moves the time of the next look has the payment; the others find it moved."""
    now = clock.now()
    due = Payment.objects.filter(pk=payment_id, next_try_at__lte=now)
    if not due.update(next_try_at=now + ANSWER_DUE, tries=F("tries") + 1):
        return None
    return Payment.objects.select_related("gateway").get(pk=payment_id)


def _resolve(payment: Payment) -> Payment:
    if payment.status in ASKED:
        return _settle_unknown(payment)
    if payment.status in VOIDABLE and (payment.capture_asked or payment.void_asked_at):
        return resume_hold(payment, BEAT)
    if payment.status == Status.DECLINED:
        return _close_declined(payment)
    settled = settle(payment.pk, processor_for(payment.gateway).fetch(payment.reference), BEAT)
    if is_given_up(settled):
        return give_up(settled)
    postpone_open(settled)
    return settled


def postpone_open(payment: Payment) -> None:
    """Capture and void of a hold bring news of their own; so does its end, but for news that is lost."""
    if payment.status == Status.AUTHORIZED:
        Payment.objects.filter(pk=payment.pk, status=Status.AUTHORIZED).update(next_try_at=after_hold(payment))
    else:
        postpone(payment.pk, next_look(payment))


def _close_declined(payment: Payment) -> Payment:
    """Cancel at the processor what was declined after its cardholder had confirmed: no other card may pay it there."""
    processor = processor_for(payment.gateway)
    try:
        result = processor.void(payment.reference, key=f"{payment.key}-void")
    except GatewayUnavailable:
        raise
    except ProcessorError:
        result = processor.fetch(payment.reference)  # cancelled already, or, against all odds, paid
    settled = settle(payment.pk, result, BEAT)
    Payment.objects.filter(pk=payment.pk, status=Status.DECLINED).update(next_try_at=None)
    return settled


def _settle_unknown(payment: Payment) -> Payment:
    submitted = _submitted_at(payment)
    if payment.reference:
        return settle(payment.pk, processor_for(payment.gateway).fetch(payment.reference), BEAT)
    is_remembered, held = clock.now() - submitted < KEY_LIFETIME, is_held(payment.pk)
    if is_remembered and not held and payment.gateway.updated_at < submitted:
        return ask(payment, BEAT, replay=True)
    # Too old for Stripe to know the key, perhaps under another API key since, or stopped: look before anything is sent.
    found = processor_for(payment.gateway).find(str(payment.key), around=submitted)
    if found is None and is_remembered:
        return _wait_for_release(payment) if held else ask(payment, BEAT, replay=True)
    if found is None:
        gone = InvalidRequest("Stripe knows of no such payment: nothing was charged. Enter it again if it is wanted.")
        return mark_failed(payment.pk, gone, BEAT, only=ASKED)
    return settle(payment.pk, found, BEAT)


def _wait_for_release(payment: Payment) -> Payment:
    """Stripe never saw it, so that sending it again would be a new charge."""
    postpone(payment.pk, next_try(payment.tries))
    return payment


def _submitted_at(payment: Payment) -> datetime:
    return payment.submitted_at or payment.created_at
