"""The life of a refund, as data. Each status has a rank: news of a lower one is older than what we know."""

from django.db import models

from gateways.processors.base import RefundOutcome


class RefundStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    SUBMITTED = "submitted", "Being sent"
    UNKNOWN = "unknown", "Being settled"
    PROCESSING = "processing", "Processing"
    SUCCEEDED = "succeeded", "Refunded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ASKED = frozenset({RefundStatus.SUBMITTED, RefundStatus.UNKNOWN})
"""The processor was asked, and its answer is not known."""

UNHEARD = ASKED | {RefundStatus.PENDING}

ACCEPTED = frozenset({RefundStatus.PROCESSING, RefundStatus.SUCCEEDED})

GIVEN_UP = frozenset({RefundStatus.FAILED, RefundStatus.CANCELLED})
"""The money stayed with the merchant: it may be given back anew. All others count as refunded."""

AFTER = {
    RefundOutcome.PROCESSING: RefundStatus.PROCESSING,
    RefundOutcome.SUCCEEDED: RefundStatus.SUCCEEDED,
    RefundOutcome.FAILED: RefundStatus.FAILED,
    RefundOutcome.CANCELLED: RefundStatus.CANCELLED,
}

RANKS = {
    **dict.fromkeys(UNHEARD, 0),
    RefundStatus.PROCESSING: 1,
    RefundStatus.SUCCEEDED: 2,  # the bank may still send the money back: docs.stripe.com/refunds#failed-refunds
    **dict.fromkeys(GIVEN_UP, 3),
}


def is_news(before: RefundStatus, after: RefundStatus, *, known: bool) -> bool:
    """Does the processor tell more than we know? `known`: it has told us of this refund before.

    Where it had not, we gave the refund up by ourselves, and what the processor says of it is news whatever it is.
    """
    return RANKS[after] > RANKS[before] or (before == RefundStatus.FAILED and not known)
