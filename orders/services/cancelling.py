"""Cancelling an order, as far as it knows of no money: `payments.services.cancellation` gives that back."""

from django.db.models import Sum

from gateways import clock
from orders.models import Order, PaymentState, ShipDoc
from orders.services.coupons import give_coupon_back
from orders.services.problems import OrderProblem
from orders.services.shipping import put_back


def cancellation_fee(order: Order) -> int:
    """What the lines' offers allow to be kept or charged, once for each line: at most what the order comes to."""
    fees = order.lines.aggregate(sum=Sum("offer__cancellation_fee"))
    return min(int(fees["sum"] or 0), int(order.total))


def close_order(order: Order, *, fee: int = 0, reason: str = "", subscription_ended: bool = False) -> None:
    """Store that an order is cancelled and what it still costs; what was being packed goes back. Raises OrderProblem.

    The caller holds the order's lock, and sees to the money in the same transaction.
    """
    if order.cancelled_at:
        raise OrderProblem("order", f"{order} is cancelled already.")
    if order.subscription_id and not subscription_ended:
        raise OrderProblem(
            "order", f"{order} is the rebill of a subscription: refund its payment, or cancel the subscription."
        )
    if not 0 <= fee <= order.total:
        raise OrderProblem("fee", "The cancellation fee is at most what the order comes to.")
    order.cancelled_at, order.cancellation_fee, order.cancel_reason = clock.now(), fee, reason
    order.payment_state = PaymentState.CANCELLED
    order.save(update_fields=["cancelled_at", "cancellation_fee", "cancel_reason", "payment_state"])
    give_coupon_back(order)
    for doc in order.ship_docs.filter(status=ShipDoc.Status.DRAFT):
        put_back(doc)
