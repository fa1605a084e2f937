"""Payment terms: what of an order is due now, and what later."""

from collections.abc import Sequence

from gateways import money
from orders.models import Offer, Order, OrderLine
from orders.services.shares import portion, split


def due_now(order: Order) -> int:
    """What the offers' terms ask for at the sale: lines in full, the deposit of others, nothing of those due later.

    Each line bears its share of discount, shipping and tax; a deposit is what the offer says, whatever else there is.
    """
    return due_of(list(order.lines.select_related("offer")), order.total, order.currency)


def due_of(lines: Sequence[OrderLine], total: int, currency: str) -> int:
    """The same of lines that no order has yet, which come to `total`."""
    whole = split(total, [line.amount for line in lines], money.step(currency))
    return sum(_now(line, amount, currency) for line, amount in zip(lines, whole, strict=True))


def _now(line: OrderLine, amount: int, currency: str) -> int:
    if line.offer.terms == Offer.Terms.LATER:
        return 0
    if line.offer.terms == Offer.Terms.DEPOSIT:
        return min(_deposit(line, currency), amount)
    return amount


def _deposit(line: OrderLine, currency: str) -> int:
    offer = line.offer
    if offer.deposit_amount is not None:
        return int(offer.deposit_amount * line.quantity)
    return portion(line.amount, offer.deposit_rate or 0, 10_000, money.step(currency))
