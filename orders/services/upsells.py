"""Upsells that come off their order again, because they were not paid."""

from orders.models import Order, OrderLine


def remove_upsell(order: Order, line: OrderLine) -> None:
    """Take an upsell off with what it cost. The caller holds the order's lock.

    What is being packed already stays, so that nothing leaves the house unseen: it is due then, like every other line.
    """
    line.refresh_from_db()
    if not line.is_upsell or line.quantity_on_ship_docs:
        return
    order.total -= line.amount
    order.save(update_fields=["total"])
    line.delete()
