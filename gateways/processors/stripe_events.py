"""The events that a webhook endpoint has to send us: S3-14 to S3-26 and D4."""

from collections.abc import Collection

WEBHOOK_EVENTS = [
    "charge.captured",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
]

ALIASES = {"charge.dispute.funds_withdraw": "charge.dispute.funds_withdrawn"}
"""Spellings of the source documents that Stripe does not use (D1)."""

EVERYTHING = "*"


def real_name(event_type: str) -> str:
    """Stripe's own name of an event, whichever spelling it came in."""
    return ALIASES.get(event_type, event_type)


def missing_from(enabled: Collection[str]) -> tuple[str, ...]:
    """What we need of an endpoint that is sent `enabled`."""
    if EVERYTHING in enabled:
        return ()
    sent = {real_name(name) for name in enabled}
    return tuple(name for name in WEBHOOK_EVENTS if name not in sent)
