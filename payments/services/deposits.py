"""Deposits: what of an order is asked for now, and what a payment that is entered on it is for."""

from orders.models import Order
from orders.services.terms import due_now
from payments.models import Purpose
from payments.services.balances import Balance, balance_of


def open_deposit(order: Order, balance: Balance) -> int:
    """What is due now and neither paid, held nor on its way; 0 where the terms ask for everything now, or nothing."""
    now = 0 if order.cancelled_at else due_now(order)
    if now >= order.total:
        return 0
    return min(max(0, now - balance.paid - balance.held - balance.waiting), balance.due)


def purpose_of(order: Order, amount: int) -> Purpose:
    """Of `amount` that an operator enters on the order."""
    if order.cancelled_at:
        return Purpose.CANCELLATION_FEE
    return Purpose.DEPOSIT if amount <= open_deposit(order, balance_of(order)) else Purpose.PAYMENT_ENTRY
