"""Selling something more on an order: what it owes is told anew, in the same transaction."""

from django.db import transaction

from orders.models import OrderLine
from orders.services import orders
from payments.services.balances import lock_order, refresh_order


class OrderChanged(Exception):
    """The order does not come to what the operator saw: the same form was sent before, or somebody else changed it."""


@transaction.atomic
def add_upsell(order_pk: int, new: orders.NewLine, *, seen: int, shipping: int = 0, tax: int = 0) -> OrderLine:
    """The difference is due on top of what was paid. `seen` is the total before, as the operator saw it.

    Raises OrderProblem or OrderChanged, and then nothing is written.
    """
    order = lock_order(order_pk)
    if order is None or order.total != seen:
        raise OrderChanged
    line = orders.add_upsell(order_pk, new, shipping=shipping, tax=tax)
    order.refresh_from_db()
    refresh_order(order)
    return line
