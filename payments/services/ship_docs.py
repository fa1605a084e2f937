"""Goods that leave the house, with their money or without it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from gateways import money
from orders.models import ShipDoc
from orders.services.shipping import lock_ship_doc, send_ship_doc
from payments.actors import Actor
from payments.models import Payment
from payments.services import holds
from payments.services.reserve import PaymentRefused
from payments.services.ship_doc_balances import ship_doc_balance
from payments.states import Status


@dataclass(frozen=True)
class Take:
    """A hold of which `amount` is captured as the goods leave; the rest of it is released."""

    payment: Payment
    amount: int

    @property
    def released(self) -> int:
        return int(self.payment.amount - self.amount)


def takes_of(doc: ShipDoc, unpaid: int) -> list[Take]:
    """The holds that can pay for it: its own before those of the order, the one that ends first before the others."""
    held = doc.order.payments.filter(status=Status.AUTHORIZED, capture_asked=None, void_asked_at=None)
    free = Q(ship_doc=None) | Q(ship_doc=doc) | Q(ship_doc__status=ShipDoc.Status.CANCELLED)
    ours = list(held.filter(free).select_related("gateway"))
    ours.sort(key=lambda one: (one.ship_doc_id != doc.pk, one.capture_before is None, one.capture_before, one.pk))
    return [Take(one, min(one.amount, unpaid)) for one in ours] if unpaid else []


def ship(doc_pk: int, actor: Actor, *, take: tuple[int, int] | None = None, unpaid_too: bool = False) -> Payment | None:
    """Let the goods leave, after the money of a hold was taken: `take` is its primary key and the amount that was told.

    What the operator was told is checked once more under the order's lock. Where the capture is declined or not
    answered, the goods stay: the payment that is returned says how it stands. `unpaid_too` ships what is not paid.
    Raises PaymentRefused or OrderProblem before anything has happened. Call it outside a transaction.
    """
    if take is None:
        _send(doc_pk, unpaid_too=unpaid_too)
        return None
    payment = holds.resume_hold(_ask(doc_pk, take, actor, unpaid_too=unpaid_too), actor)
    if payment.status == Status.CAPTURED:
        _send(doc_pk, unpaid_too=True)  # it was checked before the money was taken
    return payment


@transaction.atomic
def _send(doc_pk: int, *, unpaid_too: bool) -> None:
    doc = lock_ship_doc(doc_pk)
    if doc.status == ShipDoc.Status.DRAFT:
        _check_paid(doc, ship_doc_balance(doc).unpaid, unpaid_too=unpaid_too)
    send_ship_doc(doc_pk)


@transaction.atomic
def _ask(doc_pk: int, take: tuple[int, int], actor: Actor, *, unpaid_too: bool) -> Payment:
    doc = lock_ship_doc(doc_pk)
    if doc.status != ShipDoc.Status.DRAFT:
        raise PaymentRefused("take", f"{doc} is {doc.get_status_display().lower()}: nothing was captured.")
    if busy := doc.payments.filter(status=Status.AUTHORIZED, capture_asked__isnull=False).first():
        raise PaymentRefused("take", f"{busy} is already being captured for {doc}: wait for the answer.")
    unpaid = ship_doc_balance(doc).unpaid
    if take not in {(one.payment.pk, one.amount) for one in takes_of(doc, unpaid)}:
        raise PaymentRefused("take", "The holds or the amount have changed since this page was opened: look again.")
    _check_paid(doc, unpaid - take[1], unpaid_too=unpaid_too)
    Payment.objects.filter(pk=take[0]).update(ship_doc=doc)
    return holds.ask_for(take[0], actor, capture=take[1], why=f"{doc} leaves")


def _check_paid(doc: ShipDoc, unpaid: int, *, unpaid_too: bool) -> None:
    if unpaid > 0 and not unpaid_too:
        left = money.plain(unpaid, doc.order.currency)
        raise PaymentRefused("unpaid_too", f"{left} of {doc} would leave unpaid: take the money first, or tick this.")
