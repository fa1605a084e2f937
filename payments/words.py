"""How a payment or a refund stands, in an operator's words."""

from payments.refund_states import RefundStatus
from payments.states import Status

HEADLINES = {
    Status.PENDING: "Waiting to be charged",
    Status.SUBMITTED: "Being charged",
    Status.UNKNOWN: "Being settled",
    Status.REQUIRES_ACTION: "Needs authentication",
    Status.PROCESSING: "Processing",
    Status.AUTHORIZED: "Authorized",
    Status.CAPTURED: "Captured",
    Status.DECLINED: "Declined",
    Status.FAILED: "Not charged",
    Status.VOIDED: "Voided",
    Status.EXPIRED: "Expired",
}

EXPLANATIONS = {
    Status.PENDING: "The payment is written down and waits for a worker.",
    Status.SUBMITTED: "The processor has been asked; its answer is on the way.",
    Status.UNKNOWN: "The processor was asked, but its answer was not heard. Midway finds out whether the card was "
    "charged; until then nothing more can be charged for this amount.",
    Status.REQUIRES_ACTION: "The cardholder's bank wants them to confirm. Nothing is charged until they do.",
    Status.PROCESSING: "The processor has taken the payment on and will tell how it went.",
    Status.AUTHORIZED: "The money is held on the card: capture it, or void it.",
    Status.CAPTURED: "The money is taken.",
    Status.DECLINED: "The bank declined the card.",
    Status.FAILED: "The payment could not be sent. Nothing was charged.",
    Status.VOIDED: "The hold was released. Nothing was charged.",
    Status.EXPIRED: "The hold ended before it was captured. Nothing was charged.",
}

REFUND_HEADLINES = {
    RefundStatus.PENDING: "Waiting to be sent",
    RefundStatus.SUBMITTED: "Being sent",
    RefundStatus.UNKNOWN: "Being settled",
    RefundStatus.PROCESSING: "Processing",
    RefundStatus.SUCCEEDED: "Refunded",
    RefundStatus.FAILED: "Failed",
    RefundStatus.CANCELLED: "Cancelled",
}

REFUND_EXPLANATIONS = {
    RefundStatus.PENDING: "The refund is written down and is sent in a moment.",
    RefundStatus.SUBMITTED: "The processor has been asked; its answer is on the way.",
    RefundStatus.UNKNOWN: "The processor was asked, but its answer was not heard. Midway finds out by itself, and "
    "refunds nothing twice.",
    RefundStatus.PROCESSING: "The processor has taken the refund on, and the customer's bank has not confirmed it yet.",
    RefundStatus.SUCCEEDED: "The money is given back. On a card it shows within 5 to 10 days.",
    RefundStatus.FAILED: "The customer did not get the money.",
    RefundStatus.CANCELLED: "The refund was called back. The customer did not get the money.",
}

REFUND_FAILURES = {
    # docs.stripe.com/api/refunds/object#refund_object-failure_reason
    "charge_for_pending_refund_disputed": "the payment was disputed meanwhile",
    "declined": "the customer's bank declined it",
    "expired_or_canceled_card": "the card has expired or was cancelled",
    "insufficient_funds": "there was not enough money on the account at the processor",
    "lost_or_stolen_card": "the card was reported lost or stolen",
    "merchant_request": "it was called back at the processor",
}
"""Why a refund failed, as the end of a sentence."""


def refund_failure(reason: str) -> str:
    return REFUND_FAILURES.get(reason, "the customer's bank did not say why")
