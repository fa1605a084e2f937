"""Disputes in an operator's words."""

from payments.models import DisputeStatus

TONES = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: "warning",
    DisputeStatus.WARNING_UNDER_REVIEW: "info",
    DisputeStatus.WARNING_CLOSED: "plain",
    DisputeStatus.NEEDS_RESPONSE: "warning",
    DisputeStatus.UNDER_REVIEW: "info",
    DisputeStatus.APPEAL_NEEDS_RESPONSE: "warning",
    DisputeStatus.APPEAL_UNDER_REVIEW: "info",
    DisputeStatus.PREVENTED: "plain",
    DisputeStatus.WON: "ok",
    DisputeStatus.LOST: "error",
}

REASONS = {
    "bank_cannot_process": "Bank cannot process it",
    "check_returned": "Cheque returned",
    "credit_not_processed": "Refund not received",
    "customer_initiated": "Contested by the customer",
    "debit_not_authorized": "Debit not authorized",
    "duplicate": "Charged twice",
    "fraudulent": "Fraudulent",
    "general": "General",
    "incorrect_account_details": "Wrong account details",
    "insufficient_funds": "Not enough money",
    "noncompliant": "Against the network's rules",
    "product_not_received": "Product not received",
    "product_unacceptable": "Product unacceptable",
    "subscription_canceled": "Subscription cancelled",
    "unrecognized": "Not recognized",
}
"""docs.stripe.com/disputes/categories"""

EXPLANATIONS = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: "The cardholder's bank asks about this payment. No money has moved: a good "
    "answer, or a refund, can keep it from becoming a chargeback.",
    DisputeStatus.WARNING_UNDER_REVIEW: "The bank has the answer. No money has moved.",
    DisputeStatus.WARNING_CLOSED: "The bank asked and no chargeback came of it. No money has moved.",
    DisputeStatus.NEEDS_RESPONSE: "The bank has taken the money back. Answer with evidence to get it back, or accept "
    "the dispute. Without an answer in time it is lost.",
    DisputeStatus.UNDER_REVIEW: "The bank has the evidence. Its decision can take two to three months.",
    DisputeStatus.APPEAL_NEEDS_RESPONSE: "The dispute can be appealed. Do that on the processor's own pages.",
    DisputeStatus.APPEAL_UNDER_REVIEW: "The appeal is being looked at.",
    DisputeStatus.PREVENTED: "The dispute was settled before it became a chargeback.",
    DisputeStatus.WON: "The bank decided for you.",
    DisputeStatus.LOST: "The bank decided for the cardholder, or the dispute was accepted.",
}


def reason_text(reason: str) -> str:
    """A reason that Stripe adds one day still reads well."""
    return REASONS.get(reason, reason.replace("_", " ").capitalize())
