"""Money that reaches an order after it was cancelled: a cardholder confirmed in that very moment, a void was refused.

Nobody ordered anything for it, so that it goes back by itself, each payment once.
"""

from django.db import transaction
from django.db.models import F, Q

from orders.models import Order
from payments.actors import BEAT, Actor
from payments.models import Payment, Purpose, Refund
from payments.services import holds
from payments.services.balances import balance_of, lock_order
from payments.services.refunds.reserve import reserve_refund
from payments.services.refunds.rules import why_not_refundable
from payments.services.refunds.submit import submit_refund
from payments.states import Status

BATCH = 100


def orders_with_late_money() -> list[int]:
    more_than_the_fee = Q(amount_paid__gt=F("amount_refunded") + F("cancellation_fee"))
    cancelled = Order.objects.filter(Q(amount_held__gt=0) | more_than_the_fee, cancelled_at__isnull=False)
    return list(cancelled.order_by("-cancelled_at").values_list("pk", flat=True)[:BATCH])


def give_back_late_money(order_pk: int, actor: Actor = BEAT) -> list[Refund]:
    """Call it outside a transaction. What is on its way back already, or was given up, is left alone."""
    refunds, held = _store(order_pk, actor)
    for refund in refunds:
        submit_refund(refund.pk, actor)
    for payment in held:
        holds.resume_hold(payment, actor)
    return refunds


@transaction.atomic
def _store(order_pk: int, actor: Actor) -> tuple[list[Refund], list[Payment]]:
    order = lock_order(order_pk)
    if order is None or order.cancelled_at is None:
        return [], []
    before = order.payments.filter(created_at__lt=order.cancelled_at).exclude(purpose=Purpose.CANCELLATION_FEE)
    why = f"{order} was cancelled before"
    lying = before.filter(status__in=holds.VOIDABLE, capture_asked=None, void_asked_at=None)
    held = [holds.ask_for(one.pk, actor, capture=None, why=why) for one in lying.order_by("pk")]
    late = before.filter(status=Status.CAPTURED, settled_at__gt=order.cancelled_at, refunds=None).order_by("-pk")
    return _refunds(order, list(late), why, actor), held


def _refunds(order: Order, late: list[Payment], why: str, actor: Actor) -> list[Refund]:
    balance, refunds = balance_of(order), []
    back = balance.paid - balance.refunded - balance.total
    for payment in late:
        part = min(back, payment.left_to_refund)
        if part > 0 and not why_not_refundable(payment):
            refunds.append(reserve_refund(payment.pk, part, actor, note=why).refund)
            back -= part
    return refunds
