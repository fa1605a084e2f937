"""What may be refunded, and what is refused before anybody is asked."""

from gateways import money
from payments.models import DisputeStatus, Payment
from payments.models.dispute import INQUIRY
from payments.models.refund import Reason
from payments.services.gate import why_off
from payments.services.reserve import PaymentRefused
from payments.states import Status

REFUNDABLE = INQUIRY | {DisputeStatus.WON, DisputeStatus.PREVENTED}
"""A dispute that stands so leaves the payment's money with the merchant."""

NOTHING_TAKEN = {
    Status.AUTHORIZED: "is held only: void it instead.",
    Status.REQUIRES_ACTION: "waits for its cardholder: give up waiting instead.",
}


class RefundRefused(PaymentRefused):
    """Nothing was written or given back. `left` is what can still be refunded, in minor units."""

    def __init__(self, field: str, message: str, left: int = 0) -> None:
        super().__init__(field, message)
        self.left = left


def why_not_refundable(payment: Payment) -> str:
    """Why nothing of this payment can be refunded, as a sentence with the remedy; empty when it can.

    How much is left is `check_refund`'s to say.
    """
    if payment.status == Status.CAPTURED:
        return why_off(payment.gateway) or _why_contested(payment)
    state = f"is {payment.get_status_display().lower()}: no money was taken, so that there is none to give back."
    return f"{payment} {NOTHING_TAKEN.get(Status(payment.status), state)}"


def _why_contested(payment: Payment) -> str:
    """Money that a bank has taken back cannot be given back as well: docs.stripe.com/disputes/responding.

    An inquiry has moved none yet, and a refund is often its best answer.
    """
    dispute = payment.disputes.exclude(status__in=sorted(REFUNDABLE)).first()
    if dispute is None:
        return ""
    if dispute.status == DisputeStatus.LOST:
        return f"The dispute {dispute} of {payment} was lost: the customer has the money back already."
    return f"The dispute {dispute} of {payment} is open and its money is withdrawn: answer it, or accept it, instead."


def check_refund(payment: Payment, amount: int, reason: str) -> None:
    """Raises RefundRefused. The caller holds the payment's lock."""
    left = payment.left_to_refund
    if why := why_not_refundable(payment):
        raise RefundRefused("payment", why, left)
    if reason not in Reason.values:
        raise RefundRefused("reason", "Choose one of the reasons, or none.", left)
    if amount <= 0:
        raise RefundRefused("amount", "Refund more than zero.", left)
    if amount > left:
        raise too_much(payment)
    if amount % money.step(payment.currency):
        step = money.plain(money.step(payment.currency), payment.currency)
        raise RefundRefused("amount", f"{payment.currency} amounts go in steps of {step}.", left)


def too_much(payment: Payment) -> RefundRefused:
    left = payment.left_to_refund
    if left <= 0:
        return RefundRefused("amount", f"{payment} is refunded whole: nothing is left to give back.")
    said = f"{money.plain(left, payment.currency)} of {payment} can still be refunded: enter that or less."
    return RefundRefused("amount", said, left)
