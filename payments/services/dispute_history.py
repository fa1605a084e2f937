"""What changed about a dispute, as rows of its payment's history."""

from gateways import money
from payments.actors import Actor
from payments.dispute_words import reason_text
from payments.models import Dispute, DisputeStatus, Payment
from payments.services.history import record


def tell_changes(payment: Payment, before: Dispute | None, after: Dispute, actor: Actor, request_id: str) -> None:
    """One row a thing: opened, taken back, the fee, given back, and each new status."""
    known = before or Dispute(currency=after.currency, status=_first_status(after))
    told: list[tuple[str, int | None, str]] = []
    if before is None:
        told.append(("dispute opened", after.amount, f"{reason_text(after.reason)}, {after.reference}"))
    told.append(_moved("dispute: taken back", after, after.amount_withdrawn - known.amount_withdrawn))
    if after.fee is not None and known.fee is None:
        told.append(("dispute: fee", after.fee, "the gateway's chargeback fee, booked apart"))
    told.append(_moved("dispute: given back", after, after.amount_reinstated - known.amount_reinstated))
    if after.status != known.status:
        told.append((f"dispute {_end(after)}", None, f"{known.get_status_display()} → {after.get_status_display()}"))
    for kind, amount, detail in told:
        if kind:
            record(payment, kind, actor, before=payment.status, amount=amount, detail=detail, request_id=request_id)


def _first_status(dispute: Dispute) -> str:
    """What a dispute is opened with: that it needs an answer is no change."""
    first = DisputeStatus.WARNING_NEEDS_RESPONSE if dispute.is_inquiry else DisputeStatus.NEEDS_RESPONSE
    return str(first)


def _moved(kind: str, dispute: Dispute, amount: int) -> tuple[str, int | None, str]:
    """In the currency of the balance, which the payment's history can only show as text where it is another one."""
    if amount <= 0:
        return "", None, ""
    if dispute.settled_currency == dispute.currency:
        return kind, amount, dispute.reference
    return kind, None, f"{money.plain(amount, dispute.settled_currency)}, {dispute.reference}"


def _end(dispute: Dispute) -> str:
    ends = {DisputeStatus.WON: "won", DisputeStatus.LOST: "lost", DisputeStatus.WARNING_CLOSED: "closed"}
    return ends.get(DisputeStatus(dispute.status), "updated")
