"""What Midway itself knows in favour of a payment: where an answer to a dispute starts from."""

from gateways import money
from orders.models import Order, ShipDoc
from payments.models import Dispute, Payment


def known_evidence(dispute: Dispute) -> dict[str, str]:
    """By Stripe's names of it. What the gateway's owner does not tell Stripe is left out here, too (S2-18, S2-20)."""
    payment = dispute.payment
    order = payment.order
    if order is None:
        return {}
    known = {"product_description": _receipt(order, payment), "customer_name": order.customer.name}
    if not dispute.gateway.disable_email:
        known["customer_email_address"] = order.customer.email
    return known | _shipping(order, tells_address=not dispute.gateway.do_not_send_address)


def _receipt(order: Order, payment: Payment) -> str:
    """The order as a receipt would tell it."""
    lines = [f"{line}: {money.plain(line.amount, order.currency)}" for line in order.lines.all()]
    extras = {"Discount": -order.discount, "Shipping": order.shipping, "Tax": order.tax}
    lines += [f"{name}: {money.plain(amount, order.currency)}" for name, amount in extras.items() if amount]
    total = money.plain(order.total, order.currency)
    paid = money.plain(payment.amount_captured, payment.currency)
    sold = f"Order {order.number} of {order.created_at:%-d %B %Y}, total {total}."
    how = f"Paid {paid} by {payment.card_text or 'card'} on {payment.created_at:%-d %B %Y}"
    statement = f", on the statement as {payment.statement_text}." if payment.statement_text else "."
    return "\n".join([sold, *lines, how + statement])


def _shipping(order: Order, *, tells_address: bool) -> dict[str, str]:
    known = {}
    if tells_address and order.address:
        known["billing_address"] = str(order.address)
    sent = order.ship_docs.filter(status=ShipDoc.Status.SHIPPED).order_by("pk").first()
    if sent and sent.shipped_at:
        known |= {
            "shipping_carrier": sent.carrier,
            "shipping_tracking_number": sent.tracking,
            "shipping_date": f"{sent.shipped_at:%-d %B %Y}",
        }
        if tells_address and (address := sent.address or order.address):
            known["shipping_address"] = str(address)
    return known
