"""The first phase of a refund: its row with its own key, and its amount taken, in one transaction."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gateways import clock
from payments.actors import Actor
from payments.models import Payment, Refund
from payments.pacing import next_try
from payments.services.history import record
from payments.services.refunds.books import lock_payment, take
from payments.services.refunds.rules import RefundRefused, check_refund, too_much


@dataclass(frozen=True)
class RefundReservation:
    """`repeated`: the same form was sent before, and this is the refund that it made then."""

    refund: Refund
    repeated: bool = False


@transaction.atomic
def reserve_refund(
    payment_id: int,
    amount: int,
    actor: Actor,
    *,
    reason: str = "",
    note: str = "",
    form_token: uuid.UUID | None = None,
) -> RefundReservation:
    """Write the refund down. Raises RefundRefused, and then nothing is written and nobody is asked."""
    payment = lock_payment(payment_id)
    if form_token and (earlier := Refund.objects.filter(form_token=form_token).first()):
        return _repeated(earlier, payment)
    check_refund(payment, amount, reason)
    if not take(payment, amount):
        raise too_much(payment)
    refund = Refund(payment=payment, amount=amount, reason=reason, note=note[:255], form_token=form_token)
    refund.next_try_at = next_try(0)  # whoever reserves it also sends it; if not, the sweep does
    write_down(refund, clock.now(), actor)
    record(payment, "refund asked", actor, before=payment.status, amount=amount, detail=_detail(refund))
    return RefundReservation(refund)


def _repeated(earlier: Refund, payment: Payment) -> RefundReservation:
    if earlier.payment_id != payment.pk:
        raise RefundRefused("form_token", "This form belongs to another payment: reload the page.")
    return RefundReservation(earlier, repeated=True)


def write_down(refund: Refund, created_at: datetime, actor: Actor) -> None:
    """What every refund has of its payment. The caller holds the payment's lock."""
    payment = refund.payment
    refund.ordinal = payment.refunds.count() + 1
    refund.gateway = payment.gateway
    refund.account_id, refund.mode, refund.currency = payment.account_id, payment.mode, payment.currency
    refund.created_at = created_at
    refund.actor, refund.user = actor.name, actor.user
    refund.save()


def _detail(refund: Refund) -> str:
    said = [refund.number, refund.get_reason_display() if refund.reason else "", refund.note]
    return " · ".join(filter(None, said))
