"""Ship docs: what leaves the house, whole or in parts. Everything here happens under the order's lock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from gateways import clock
from orders.models import Address, Order, OrderLine, ShipDoc
from orders.services.problems import OrderProblem


@dataclass(frozen=True)
class Parcel:
    """What a ship doc says: `quantities` by the primary key of the order's line; lines with zero stay out."""

    quantities: Mapping[int, int] = field(default_factory=dict)
    address: Address | None = None
    carrier: str = ""
    tracking: str = ""
    notes: str = ""


def lines_to_ship(order: Order) -> list[OrderLine]:
    """The lines of which something is not on a ship doc yet. What is not shippable never is."""
    lines = order.lines.filter(offer__shippable=True, quantity_on_ship_docs__lt=F("quantity"))
    return list(lines.select_related("offer").order_by("pk"))


@transaction.atomic
def create_ship_doc(order_pk: int, parcel: Parcel) -> ShipDoc:
    """Raises OrderProblem, and then nothing is written; so does everything below."""
    order = _lock(order_pk)
    if order.cancelled_at:
        raise OrderProblem("order", f"{order} is cancelled: nothing is shipped of it.")
    last = order.ship_docs.order_by("-ordinal").first()
    doc = ShipDoc(order=order, ordinal=last.ordinal + 1 if last else 1, created_at=clock.now())
    _write(doc, parcel)
    return doc


@transaction.atomic
def change_ship_doc(doc_pk: int, parcel: Parcel) -> ShipDoc:
    """A draft changes whole. Of what has left only carrier, tracking number and notes do: the rest has happened."""
    doc = lock_ship_doc(doc_pk)
    if doc.status == ShipDoc.Status.DRAFT:
        _unpack(doc)
        _write(doc, parcel)
    elif doc.status == ShipDoc.Status.SHIPPED:
        doc.carrier, doc.tracking, doc.notes = parcel.carrier, parcel.tracking, parcel.notes
        doc.save(update_fields=["carrier", "tracking", "notes"])
    else:
        raise OrderProblem("ship_doc", f"{doc} is cancelled: make a new ship doc.")
    return doc


@transaction.atomic
def send_ship_doc(doc_pk: int) -> bool:
    """The goods leave the house. False when they had left before."""
    doc = lock_ship_doc(doc_pk)
    if doc.status == ShipDoc.Status.CANCELLED:
        raise OrderProblem("ship_doc", f"{doc} is cancelled: make a new ship doc.")
    if doc.status == ShipDoc.Status.SHIPPED:
        return False
    doc.status, doc.shipped_at = ShipDoc.Status.SHIPPED, clock.now()
    doc.save(update_fields=["status", "shipped_at"])
    return True


@transaction.atomic
def cancel_ship_doc(doc_pk: int) -> bool:
    """What was packed may be packed anew. False when it was cancelled before."""
    doc = lock_ship_doc(doc_pk)
    if doc.status == ShipDoc.Status.SHIPPED:
        raise OrderProblem("ship_doc", f"{doc} has left the house: it cannot be cancelled any longer.")
    if doc.status == ShipDoc.Status.CANCELLED:
        return False
    put_back(doc)
    return True


def put_back(doc: ShipDoc) -> None:
    """Cancel a draft. The caller holds the order's lock."""
    _count(doc, -1)
    doc.status, doc.cancelled_at = ShipDoc.Status.CANCELLED, clock.now()
    doc.save(update_fields=["status", "cancelled_at"])


def lock_ship_doc(doc_pk: int) -> ShipDoc:
    """The ship doc as it is now, its order locked first. Inside a transaction."""
    _lock(ShipDoc.objects.values_list("order_id", flat=True).get(pk=doc_pk))
    return ShipDoc.objects.select_for_update(of=("self",)).select_related("order__campaign").get(pk=doc_pk)


def _lock(order_pk: int) -> Order:
    return Order.objects.select_for_update().get(pk=order_pk)


def _write(doc: ShipDoc, parcel: Parcel) -> None:
    if parcel.address and parcel.address.customer_id != doc.order.customer_id:
        raise OrderProblem("address", "This address is not one of the order's customer: choose another.")
    wanted = {pk: quantity for pk, quantity in parcel.quantities.items() if quantity}
    if not wanted:
        raise OrderProblem("lines", "Enter how many of at least one line are shipped.")
    doc.address = parcel.address
    doc.carrier, doc.tracking, doc.notes = parcel.carrier, parcel.tracking, parcel.notes
    doc.save()
    left = {line.pk: line for line in lines_to_ship(doc.order)}
    for pk, quantity in wanted.items():
        _check_quantity(left.get(pk), pk, quantity)
        doc.lines.create(order_line_id=pk, quantity=quantity)
    _count(doc, +1)


def _check_quantity(line: OrderLine | None, pk: int, quantity: int) -> None:
    if line is None:
        raise OrderProblem(f"quantity_{pk}", "Nothing of this line is left to ship: enter 0.")
    if not 0 < quantity <= line.quantity_left:
        raise OrderProblem(
            f"quantity_{pk}", f"{line.quantity_left} of {line.description} are left to ship: enter that or less."
        )


def _count(doc: ShipDoc, sign: int) -> None:
    for line in doc.lines.all():
        counted = F("quantity_on_ship_docs") + sign * line.quantity
        OrderLine.objects.filter(pk=line.order_line_id).update(quantity_on_ship_docs=counted)


def _unpack(doc: ShipDoc) -> None:
    _count(doc, -1)
    doc.lines.all().delete()
