"""Authorized funds: take them (capture) or release them (void), once, whoever asks and however often.

A payment that waits for its cardholder's authentication can be voided too: else it would block its order for ever.
"""

from django.db import transaction

from gateways import clock, money
from gateways.processors.base import GatewayUnavailable, ProcessorError, Result
from gateways.services import processor_for
from payments.actors import Actor
from payments.models import Payment
from payments.pacing import answer_due, next_try
from payments.services.balances import lock_order
from payments.services.gate import why_off
from payments.services.history import record
from payments.services.reserve import PaymentRefused
from payments.services.settle import postpone, settle
from payments.states import Status

VOIDABLE = {Status.AUTHORIZED, Status.REQUIRES_ACTION}


def capture(payment_id: int, amount: int, actor: Actor) -> Payment:
    """Take `amount` (minor units) of a hold; the rest is released. Raises PaymentRefused before any call."""
    payment = ask_for(payment_id, actor, capture=amount)
    return resume_hold(payment, actor)


def void(payment_id: int, actor: Actor, *, why: str = "") -> Payment:
    """Release a hold whole, or give up waiting for authentication. Raises PaymentRefused before any call."""
    payment = ask_for(payment_id, actor, capture=None, why=why)
    return resume_hold(payment, actor)


@transaction.atomic
def ask_to_void(payment_id: int, actor: Actor, *, why: str) -> None:
    """Have reconciliation release it at its next turn. Raises PaymentRefused."""
    payment = ask_for(payment_id, actor, capture=None, why=why)
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now())


@transaction.atomic
def ask_for(payment_id: int, actor: Actor, *, capture: int | None, why: str = "") -> Payment:
    """Write down what is wanted before the processor is asked, so that a crash leaves a trace and one wish only."""
    lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(of=("self",)).select_related("gateway").get(pk=payment_id)
    _check(payment, capture)
    payment.capture_asked = capture
    payment.void_asked_at = None if capture else clock.now()
    payment.next_try_at = answer_due()
    payment.tries = 1
    payment.save(update_fields=["capture_asked", "void_asked_at", "next_try_at", "tries"])
    kind = "capture asked" if capture else "void asked"
    record(payment, kind, actor, before=payment.status, amount=capture or payment.amount, detail=why)
    return payment


def _check(payment: Payment, capture: int | None) -> None:
    if payment.status not in (VOIDABLE if capture is None else {Status.AUTHORIZED}):
        state = payment.get_status_display().lower()
        raise PaymentRefused("payment", f"{payment} is {state}: only authorized funds can be captured or voided.")
    if payment.capture_asked or payment.void_asked_at:
        wish = "captured" if payment.capture_asked else "voided"
        raise PaymentRefused("payment", f"{payment} is already being {wish}: wait for the answer.")
    if capture is not None and (why := why_off(payment.gateway)):
        raise PaymentRefused("payment", why)
    if capture is not None and not 0 < capture <= payment.amount:
        held = money.plain(payment.amount, payment.currency)
        raise PaymentRefused("amount", f"{held} are held: capture that or less, and more than zero.")


def resume_hold(payment: Payment, actor: Actor) -> Payment:
    """Send the capture or the void that was asked for, under its own key. Call it outside a transaction."""
    try:
        result = _send(payment)
    except GatewayUnavailable:
        postpone(payment.pk, next_try(payment.tries))
    except ProcessorError as error:
        _refused(payment, error, actor)
    else:
        settle(payment.pk, result, actor)
    payment.refresh_from_db()
    return payment


def _send(payment: Payment) -> Result:
    processor = processor_for(payment.gateway)
    if payment.capture_asked:
        return processor.capture(payment.reference, payment.capture_asked, key=f"{payment.key}-capture")
    return processor.void(payment.reference, key=f"{payment.key}-void")


def _refused(payment: Payment, error: ProcessorError, actor: Actor) -> None:
    """Stripe will not do it. Perhaps it is done already, or the hold has ended: ask how the payment stands."""
    record(payment, "refused", actor, before=payment.status, detail=error.message, request_id=error.request_id)
    Payment.objects.filter(pk=payment.pk, status__in=VOIDABLE).update(
        capture_asked=None, void_asked_at=None, message=error.message[:500], next_try_at=next_try(0)
    )
