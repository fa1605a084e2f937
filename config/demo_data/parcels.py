"""Parcels of the month: what is paid leaves the next day, what is held waits to be shipped."""

from datetime import datetime, timedelta

from gateways import clock
from orders.models import Order, PaymentState
from orders.services.shipping import Parcel, create_ship_doc, lines_to_ship, send_ship_doc

CARRIERS = [("USPS", "9400 1000 0000 {:04}"), ("UPS", "1Z 999 AA1 01 {:04}"), ("DHL", "JD0146 {:04}")]
PACKED_AFTER, SENT_AFTER = timedelta(hours=3), timedelta(hours=21)


def pack_and_ship(order: Order, ordered_at: datetime) -> None:
    """Nothing happens after now: of today's orders some are packed, and none has left."""
    now = clock.now()
    if ordered_at + PACKED_AFTER > now and order.pk % 2:
        return
    carrier, tracking = CARRIERS[order.pk % len(CARRIERS)]
    quantities = {line.pk: line.quantity for line in lines_to_ship(order)}
    parcel = Parcel(quantities, order.address, carrier, tracking.format(order.pk))
    with clock.travel_to(min(ordered_at + PACKED_AFTER, now)):
        doc = create_ship_doc(order.pk, parcel)
    order.refresh_from_db(fields=["payment_state"])
    if order.payment_state == PaymentState.PAID and ordered_at + SENT_AFTER < now:
        with clock.travel_to(ordered_at + SENT_AFTER):
            send_ship_doc(doc.pk)
