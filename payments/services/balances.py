"""Where an order stands, told from its payments."""

from dataclasses import dataclass

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from orders.models import Order, PaymentState
from payments.models import Payment
from payments.states import OPEN, Status


@dataclass(frozen=True)
class Balance:
    """Minor units. `waiting` is what payments that are not final yet may still take; holds are counted apart.

    `total` is what the order costs the customer: of a cancelled one, only its cancellation fee.
    """

    total: int
    paid: int
    refunded: int
    held: int
    waiting: int
    cancelled: bool = False

    @property
    def due(self) -> int:
        """What another payment may take: nothing that is paid, held or on its way is asked for twice.

        A refund makes nothing due again, unless the order is cancelled and its fee was given back with the rest.
        """
        kept = self.paid - (self.refunded if self.cancelled else 0)
        return max(0, self.total - kept - self.held - self.waiting)

    @property
    def excess(self) -> int:
        """What a cancelled order still holds of the customer's money, beyond its fee."""
        return max(0, self.paid - self.refunded - self.total) if self.cancelled else 0


def _sum(field: str, condition: Q) -> Coalesce:
    return Coalesce(Sum(field, filter=condition), 0)


def balance_of(order: Order) -> Balance:
    # What is being released on a cancelled order pays nothing of its fee.
    counts = Q(void_asked_at=None) if order.cancelled_at else Q()
    sums = Payment.objects.filter(order=order).aggregate(
        paid=_sum("amount_captured", Q(status=Status.CAPTURED)),
        refunded=_sum("amount_refunded", Q(status=Status.CAPTURED)),
        held=_sum("amount", counts & Q(status=Status.AUTHORIZED)),
        waiting=_sum("amount", counts & Q(status__in=OPEN - {Status.AUTHORIZED})),
    )
    return Balance(total=order.amount_owed, cancelled=order.cancelled_at is not None, **sums)


def payment_state(balance: Balance) -> PaymentState:
    if balance.paid and balance.refunded >= balance.paid:
        return PaymentState.REFUNDED
    if balance.paid >= balance.total > 0:
        return PaymentState.PAID
    if balance.waiting:
        return PaymentState.IN_PROGRESS
    if balance.held:
        return PaymentState.HELD
    return PaymentState.PART_PAID if balance.paid else PaymentState.UNPAID


def refresh_order(order: Order) -> None:
    """Write what the payments come to onto their order. The caller holds the order's lock."""
    balance = balance_of(order)
    state = PaymentState.CANCELLED if order.cancelled_at else payment_state(balance)
    Order.objects.filter(pk=order.pk).update(
        amount_paid=balance.paid,
        amount_held=balance.held,
        amount_refunded=balance.refunded,
        payment_state=state,
    )


def lock_order(order_id: int | None) -> Order | None:
    """Locks are taken in one order everywhere: order, payment, monthly volume."""
    return Order.objects.select_for_update().get(pk=order_id) if order_id else None
