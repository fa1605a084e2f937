"""What cancelling an order comes to: looked at before it is done, and once more as it is done."""

import hashlib
from dataclasses import dataclass

from orders.models import Order, ShipDoc, Subscription
from orders.services.cancelling import cancellation_fee
from payments.models import Payment
from payments.services.holds import VOIDABLE
from payments.services.refunds.rules import why_not_refundable
from payments.states import IN_FLIGHT, Status


@dataclass(frozen=True)
class Plan:
    """Minor units. `most` is what the offers allow as a fee; `kept` of it stays of what was paid, `charge` is lacking.

    `refunds` are payments with what goes back of each, newest first; `voids` are released; `waiting` stand in the way
    until their answers are known. `stuck` says of which payments nothing can go back, and why.
    """

    order: Order
    fee: int
    most: int
    kept: int
    charge: int
    refunds: tuple[tuple[Payment, int], ...]
    voids: tuple[Payment, ...]
    waiting: tuple[Payment, ...]
    stuck: tuple[str, ...]
    drafts: tuple[ShipDoc, ...]
    sent: tuple[ShipDoc, ...]
    subscriptions: tuple[Subscription, ...]

    @property
    def gives_back(self) -> int:
        return sum(amount for _, amount in self.refunds)

    @property
    def holds(self) -> tuple[Payment, ...]:
        """The fee can be captured of one of these, before the rest of it is released."""
        return tuple(one for one in self.voids if one.status == Status.AUTHORIZED and one.amount >= self.charge)

    @property
    def seen(self) -> str:
        """Another one when anything of it has changed: what is done is what the operator saw."""
        money = [(one.pk, amount) for one, amount in self.refunds]
        others = [(one.pk, one.status) for one in (*self.voids, *self.waiting)]
        papers = [doc.pk for doc in (*self.drafts, *self.sent)]
        facts = (self.order.pk, self.fee, self.kept, self.charge, money, others, papers, self.stuck)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def plan_cancellation(order: Order, fee: int) -> Plan:
    """`fee` is kept back of what was paid; what was paid besides goes back."""
    payments = list(order.payments.select_related("gateway", "card").order_by("-pk"))
    taken = sum(one.amount_captured - one.amount_refunded for one in payments)
    refunds, stuck = _refunds(payments, max(0, taken - fee))
    docs = list(order.ship_docs.order_by("pk"))
    return Plan(
        order=order,
        fee=fee,
        most=cancellation_fee(order),
        kept=min(fee, taken),
        charge=max(0, fee - taken),
        refunds=refunds,
        voids=tuple(one for one in payments if one.status in VOIDABLE and not _is_asked(one)),
        waiting=tuple(one for one in payments if one.status in IN_FLIGHT or one.capture_asked),
        stuck=stuck,
        drafts=tuple(doc for doc in docs if doc.status == ShipDoc.Status.DRAFT),
        sent=tuple(doc for doc in docs if doc.status == ShipDoc.Status.SHIPPED),
        subscriptions=tuple(Subscription.objects.filter(order_line__order=order, ended_at=None)),
    )


def _refunds(payments: list[Payment], back: int) -> tuple[tuple[tuple[Payment, int], ...], tuple[str, ...]]:
    refunds, stuck = [], []
    for payment in payments:
        part = min(back, payment.left_to_refund) if payment.status == Status.CAPTURED else 0
        if part > 0 and (why := why_not_refundable(payment)):
            stuck.append(why)
        elif part > 0:
            refunds.append((payment, part))
            back -= part
    return tuple(refunds), tuple(stuck)


def _is_asked(payment: Payment) -> bool:
    return bool(payment.capture_asked or payment.void_asked_at)
