"""How a payment stands, in an operator's words."""

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
