"""How long to wait before a stuck payment is looked at again."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from gateways import clock

if TYPE_CHECKING:
    from payments.models import Payment

PAUSES = [timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3)]

ANSWER_DUE = timedelta(seconds=90)
"""Longer than all time-outs and retries of one call: before this, a submitted payment's worker is still at it."""

KEY_LIFETIME = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 hours; from then on the same request would charge again."""


def next_try(tries: int) -> datetime:
    return clock.now() + PAUSES[min(tries, len(PAUSES) - 1)]


def answer_due() -> datetime:
    return clock.now() + ANSWER_DUE


def gives_up_at(payment: "Payment") -> datetime:
    """Until then a cardholder may confirm a payment; after it nobody waits for them any longer.

    The customer of a rebill is away and is written to: dunning says how long that goes on, so here is no end to it.
    """
    if payment.cycle and payment.off_session:
        return clock.now() + PAUSES[-1]
    return (payment.submitted_at or payment.created_at) + timedelta(hours=settings.AUTHENTICATION_HOURS)


def after_hold(payment: "Payment") -> datetime | None:
    """A hold is looked at when it should have ended: its news may be lost, and goods may wait for its money."""
    ends_at = payment.capture_before
    return max(ends_at + PAUSES[3], next_try(3)) if ends_at else None


def next_look(payment: "Payment") -> datetime:
    """When a payment that waits for its cardholder or for the bank is looked at again."""
    return min(next_try(payment.tries), max(gives_up_at(payment), next_try(0)))
