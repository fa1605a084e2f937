"""Upsells that come off their order again, because they were not paid."""

from orders.models import Order, OrderLine


def remove_upsell(order: Order, line: OrderLine) -> None:
    """Take an upsell off with what it cost. The caller holds the order's lock.

    What is or was being packed stays, so that nothing leaves the house unseen: it is due then, like every other line.
    So does what is on a cancelled order, which costs its fee whatever is on it.
    """
    line.refresh_from_db()
    packed = line.quantity_on_ship_docs or line.ship_doc_lines.exists()
    if not line.is_upsell or order.cancelled_at or packed:
        return
    order.total -= line.amount
    order.save(update_fields=["total"])
    line.delete()
