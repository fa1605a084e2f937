"""The middle phase of a charge: claim it, commit, and only then ask the processor."""

from django.db import transaction

from gateways import clock
from gateways.processors.base import GatewayMisconfigured, GatewayUnavailable, InvalidRequest, Result
from gateways.services import pause, processor_for
from payments.actors import WORKER, Actor
from payments.models import Payment
from payments.pacing import answer_due
from payments.services.gate import is_held
from payments.services.history import record
from payments.services.settle import mark_failed, mark_unknown, settle
from payments.states import Status


def submit(payment_id: int, actor: Actor = WORKER) -> Payment | None:
    """Charge a waiting payment. None when somebody else has it already: the same message ten times charges once.

    None as well while charging is stopped: the payment goes on waiting, and the sweep sends it after the release.
    """
    payment = _claim(payment_id, actor)
    if payment is None:
        return None
    if why_not := _why_not(payment):
        refusal = InvalidRequest(f"{why_not} before the charge was sent: nothing was charged.")
        return mark_failed(payment_id, refusal, actor, only={Status.SUBMITTED})
    return ask(payment, actor)


def _why_not(payment: Payment) -> str:
    if not payment.gateway.is_usable:
        return f"{payment.gateway} was switched off"
    if payment.subscription and payment.off_session and not payment.subscription.bills:
        return f"{payment.subscription} was {payment.subscription.get_status_display().lower()}"
    return ""


@transaction.atomic
def _claim(payment_id: int, actor: Actor) -> Payment | None:
    if is_held(payment_id):
        return None
    now = clock.now()
    claimed = Payment.objects.filter(pk=payment_id, status=Status.PENDING).update(
        status=Status.SUBMITTED, submitted_at=now, tries=1, next_try_at=answer_due()
    )
    if not claimed:
        return None
    payment = Payment.objects.select_related("gateway", "subscription").get(pk=payment_id)
    record(payment, "submitted", actor, before=Status.PENDING, amount=payment.amount)
    return payment


def ask(payment: Payment, actor: Actor, *, replay: bool = False) -> Payment:
    """Send the charge under its stored key and settle the answer. Call it outside a transaction.

    On a replay a refusal proves nothing about the first try, so the payment stays unknown until we are told.
    """
    try:
        result = _charge(payment)
    except GatewayUnavailable as error:
        return mark_unknown(payment.pk, error, actor)
    except (GatewayMisconfigured, InvalidRequest) as error:
        if isinstance(error, GatewayMisconfigured):
            pause(payment.gateway, error.message)
        if replay:
            return mark_unknown(payment.pk, error, actor)
        return mark_failed(payment.pk, error, actor, only={Status.SUBMITTED})
    return settle(payment.pk, result, actor)


def _charge(payment: Payment) -> Result:
    processor = processor_for(payment.gateway)
    verb = processor.charge if payment.capture_now else processor.authorize
    return verb(payment.draft, key=charge_key(payment))


def charge_key(payment: Payment) -> str:
    return f"{payment.key}-charge"
