"""All that happened to a subscription, newest first: what people and beat did, and every payment of every cycle."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from orders.models import Subscription
from payments.models import Payment

SHOWN = 200


@dataclass(frozen=True)
class Entry:
    at: datetime
    title: str
    detail: str
    actor: str
    cycle: int | None = None
    payment: Payment | None = None


def timeline(subscription: Subscription) -> list[Entry]:
    """The newest entries; the first sale's payments count as cycle 1."""
    first = subscription.order_line.order_id
    payments = Payment.objects.filter(Q(subscription=subscription) | Q(order=first)).select_related("gateway", "order")
    entries = [_of_payment(payment) for payment in payments.order_by("-pk")[:SHOWN]]
    for event in subscription.events.order_by("-pk")[:SHOWN]:
        title = event.kind[:1].upper() + event.kind[1:]
        entries.append(Entry(event.at, title, event.detail, event.actor, event.cycle))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:SHOWN]


def _of_payment(payment: Payment) -> Entry:
    told = payment.explanation if payment.status in {"declined", "failed"} else ""
    return Entry(payment.created_at, payment.headline, told, payment.actor, payment.cycle or 1, payment)
