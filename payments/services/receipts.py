"""The customer's receipt by mail, where the gateway's owner has Stripe send none (S2-19) and Midway sends mail."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.template.loader import render_to_string

from gateways import clock, money
from gateways.customer_service import service_lines, tokens_of
from orders.models import Order
from payments.models import Payment, Purpose, Status
from payments.services.gate import may_move

log = logging.getLogger("midway.mail")

FRESH = timedelta(days=1)
"""Older payments get no receipt any longer: switching mail on does not write to everybody who ever bought."""
BATCH = 100


def due_receipts() -> list[int]:
    return list(_due().order_by("settled_at").values_list("pk", flat=True)[:BATCH]) if settings.SENDS_MAIL else []


def _due() -> QuerySet[Payment]:
    due = Payment.objects.filter(
        status=Status.CAPTURED,
        receipt_sent_at=None,
        settled_at__gte=clock.now() - FRESH,
        gateway__disable_email_receipt=True,
        order__isnull=False,
    ).exclude(purpose=Purpose.TEST)
    return may_move(due, gateway="gateway")  # a copy that nobody confirmed writes to no customer


def send_receipt(payment_id: int) -> bool:
    """Mail one receipt. False when another worker has it, or the mail server would not take it: then it stays due."""
    if not _claim(payment_id):
        return False
    payment = Payment.objects.select_related("gateway", "order__customer").get(pk=payment_id)
    try:
        receipt_of(payment).send()
    except OSError as error:  # every refusal of smtplib is one
        Payment.objects.filter(pk=payment_id).update(receipt_sent_at=None)
        log.warning("a receipt was not sent: %s", type(error).__name__, extra={"payment": payment_id})
        return False
    return True


def _claim(payment_id: int) -> bool:
    """By the payment's own columns alone: PostgreSQL does not look at a joined table again after it waited."""
    if not _due().filter(pk=payment_id).exists():
        return False
    return bool(Payment.objects.filter(pk=payment_id, receipt_sent_at=None).update(receipt_sent_at=clock.now()))


def _items(order: Order) -> list[tuple[str, int]]:
    """What the order's total is made of, in minor units."""
    extras = [("Discount", -order.discount), ("Shipping", order.shipping), ("Tax", order.tax)]
    return [(str(line), line.amount) for line in order.lines.all()] + [extra for extra in extras if extra[1]]


def receipt_of(payment: Payment) -> EmailMessage:
    order = payment.order
    if order is None:
        raise ValueError("a payment without an order has nobody to write to")
    token = tokens_of(payment.gateway)
    seller = token["service_company"] or order.campaign.name
    context = {
        "payment": payment,
        "order": order,
        "amount": money.pretty(payment.amount_captured, payment.currency),
        "lines": [(what, money.pretty(amount, order.currency)) for what, amount in _items(order)],
        "statement": payment.statement_text or token["descriptor"],
        "seller": seller,
        "service_lines": service_lines(payment.gateway),
    }
    return EmailMessage(
        subject=f"{'[Test] ' if payment.mode == 'test' else ''}Your payment to {seller}",
        body=render_to_string("mail/receipt.txt", context),
        to=[order.customer.email],
        reply_to=[token["service_email"]] if token["service_email"] else None,
    )
