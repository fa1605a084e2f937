"""A payment that waited over the turn of a month counts to the month in which it is charged, as at the processor."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from gateways import clock, money, volume
from gateways.processors.base import InvalidRequest
from payments.actors import Actor
from payments.models import Payment, Status
from payments.services.balances import lock_order
from payments.services.history import record
from payments.services.settle import mark_failed

FARTHEST_ZONE = timedelta(hours=14)  # where a month begins first


def late_payments(waiting: QuerySet[Payment]) -> list[int]:
    """Those whose month is over somewhere already."""
    latest = (clock.now() + FARTHEST_ZONE).date().replace(day=1)
    return list(waiting.filter(cap_month__lt=latest).order_by("pk").values_list("pk", flat=True))


def rebook(payment_id: int, actor: Actor) -> None:
    """Move a waiting payment's room to the month that it is now. Where that is full, the payment fails."""
    try:
        _move(payment_id, actor)
    except volume.CapReached as full:
        payment = Payment.objects.select_related("gateway").get(pk=payment_id)
        left = money.plain(full.left, payment.currency)
        why = f"The month turned while it waited, and {payment.gateway} has {left} left under its cap now."
        refusal = InvalidRequest(f"{why} Nothing was charged: enter it again on another gateway.")
        mark_failed(payment_id, refusal, actor, only={Status.PENDING})


@transaction.atomic
def _move(payment_id: int, actor: Actor) -> None:
    lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(of=("self",)).select_related("gateway").get(pk=payment_id)
    month = volume.month_of(payment.gateway, clock.now())
    if payment.status != Status.PENDING or payment.cap_month >= month:
        return
    volume.take_room(payment.gateway, month, payment.amount)
    volume.give_back(payment.gateway, payment.cap_month, payment.amount)
    detail = f"Waited over the turn of the month: counts to {month:%B %Y}, not to {payment.cap_month:%B %Y}."
    payment.cap_month = month
    payment.save(update_fields=["cap_month"])
    record(payment, "moved", actor, before=payment.status, amount=payment.amount, detail=detail)
