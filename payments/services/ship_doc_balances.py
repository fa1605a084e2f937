"""What a ship doc costs, and what was taken for it."""

from dataclasses import dataclass

from orders.models import ShipDoc
from orders.services.ship_doc_values import ship_doc_values
from payments.models import Payment
from payments.services.balances import Balance, balance_of
from payments.states import OPEN, Status


@dataclass(frozen=True)
class ShipDocBalance:
    """Minor units: what a ship doc is worth, and what payments took, hold or may still take for it alone."""

    value: int
    paid: int
    held: int
    waiting: int
    order: Balance

    @property
    def due(self) -> int:
        """What another payment for it may take: at most what the order still owes."""
        return min(max(0, self.value - self.paid - self.held - self.waiting), self.order.due)

    @property
    def unpaid(self) -> int:
        """What is not taken yet, though it may be held: at most what nobody has taken on the whole order."""
        return min(max(0, self.value - self.paid), max(0, self.order.total - self.order.paid))


def ship_doc_balance(doc: ShipDoc) -> ShipDocBalance:
    payments = list(Payment.objects.filter(ship_doc=doc).only("status", "amount", "amount_captured"))
    return ShipDocBalance(
        value=ship_doc_values(doc.order).get(doc.pk, 0),
        paid=sum(one.amount_captured for one in payments),
        held=sum(one.amount for one in payments if one.status == Status.AUTHORIZED),
        waiting=sum(one.amount for one in payments if one.status in OPEN - {Status.AUTHORIZED}),
        order=balance_of(doc.order),
    )
