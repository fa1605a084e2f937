"""What an operator should know before goods leave (failure 13: authorizations that lapse unseen)."""

from django.db.models import Q
from django.utils.timezone import localtime

from gateways import clock, money
from orders.models import ShipDoc
from payments.models import Payment
from payments.services.ship_doc_balances import ShipDocBalance
from payments.states import IN_FLIGHT, Status


def warnings_of(doc: ShipDoc, balance: ShipDocBalance) -> list[str]:
    """One sentence each. Of what is paid nothing needs to be told, but that it was given back."""
    told = []
    if balance.unpaid:
        payments = doc.order.payments.filter(Q(ship_doc=None) | Q(ship_doc=doc)).order_by("pk")
        told += [words for payment in payments if (words := _unpaid_because(payment))]
    if balance.order.refunded:
        back = money.plain(balance.order.refunded, doc.order.currency)
        told.append(f"{back} of what was paid on {doc.order} was refunded.")
    return told


def _unpaid_because(payment: Payment) -> str:
    held = f"{money.plain(payment.amount, payment.currency)} ({payment})"
    if payment.status == Status.EXPIRED:
        return f"The hold of {held} ended before it was captured: nothing was taken."
    if payment.status == Status.AUTHORIZED and payment.capture_asked:
        return f"{held} is being captured, and the answer is not known yet."
    if payment.status == Status.AUTHORIZED and payment.capture_before and payment.capture_before <= clock.now():
        return f"The hold of {held} was to end on {localtime(payment.capture_before):%-d %b, %H:%M}: it may be gone."
    if payment.status == Status.AUTHORIZED:
        return f"{held} is held, and not captured yet."
    if payment.status == Status.REQUIRES_ACTION:
        return f"{held} waits for the cardholder to confirm."
    return f"{held} is being settled: its answer is not known yet." if payment.status in IN_FLIGHT else ""
