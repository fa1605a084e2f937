"""How much of a payment is refunded: kept on the payment, and changed only under its lock."""

from django.db.models import F, Sum

from payments.models import Payment
from payments.refund_states import GIVEN_UP
from payments.services.balances import lock_order, refresh_order
from payments.states import Status


def lock_payment(payment_id: int) -> Payment:
    """Its order first, as everywhere."""
    lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    return Payment.objects.select_for_update(of=("self",)).select_related("gateway", "order").get(pk=payment_id)


def take(payment: Payment, amount: int) -> bool:
    """Count `amount` as refunded. False when less is left, and then nothing is changed."""
    room = Payment.objects.filter(
        pk=payment.pk, status=Status.CAPTURED, amount_refunded__lte=F("amount_captured") - amount
    )
    if not room.update(amount_refunded=F("amount_refunded") + amount):
        return False
    _tell(payment)
    return True


def give_back(payment: Payment, amount: int) -> None:
    """The money stayed with the merchant: it may be refunded anew."""
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=F("amount_refunded") - amount)
    _tell(payment)


def recount(payment: Payment) -> None:
    """The sum of the rows, whatever was written before there were any."""
    counted = payment.refunds.exclude(status__in=GIVEN_UP).aggregate(total=Sum("amount"))["total"] or 0
    if counted != payment.amount_refunded:
        Payment.objects.filter(pk=payment.pk).update(amount_refunded=counted)
        _tell(payment)


def _tell(payment: Payment) -> None:
    payment.refresh_from_db(fields=["amount_refunded"])
    if payment.order:
        refresh_order(payment.order)
