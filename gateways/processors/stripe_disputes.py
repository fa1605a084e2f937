"""Stripe's disputes: docs.stripe.com/api/disputes. Their status, not the names of the events, says how one stands."""

from datetime import UTC, datetime
from typing import Any

import stripe

from gateways.processors.disputes import DisputeResult, Evidence
from gateways.processors.stripe_errors import translated


class StripeDisputes:
    """The verbs about disputes, for a class that has a client."""

    @property
    def _client(self) -> stripe.StripeClient:
        raise NotImplementedError

    def fetch_dispute(self, reference: str) -> DisputeResult:
        with translated():
            return dispute_result(self._client.v1.disputes.retrieve(reference))

    def list_disputes(self, *, since: datetime) -> list[DisputeResult]:
        with translated():
            found = self._client.v1.disputes.list({"created": {"gte": int(since.timestamp())}, "limit": 100})
            return [dispute_result(dispute) for dispute in found.auto_paging_iter()]

    def answer_dispute(self, reference: str, evidence: Evidence, *, key: str) -> DisputeResult:
        params: Any = {"evidence": dict(evidence), "submit": True}
        with translated():
            return dispute_result(self._client.v1.disputes.update(reference, params, {"idempotency_key": key}))

    def accept_dispute(self, reference: str, *, key: str) -> DisputeResult:
        with translated():
            return dispute_result(self._client.v1.disputes.close(reference, {}, {"idempotency_key": key}))


def dispute_result(dispute: stripe.Dispute) -> DisputeResult:
    """What was taken and given back is told by its balance transactions, each with a fee of its own."""
    moves = dispute.balance_transactions
    details = dispute.evidence_details
    card = getattr(dispute.payment_method_details, "card", None)
    return DisputeResult(
        reference=dispute.id,
        payment_reference=_id(dispute.payment_intent),
        charge_reference=_id(dispute.charge),
        amount=dispute.amount,
        currency=dispute.currency.upper(),
        livemode=dispute.livemode,
        status=dispute.status,
        reason=dispute.reason,
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        # 0 where the bank takes no answer
        evidence_due_at=datetime.fromtimestamp(details.due_by, UTC) if details.due_by else None,
        network_reason=getattr(card, "network_reason_code", None) or "",
        submissions=details.submission_count,
        movements=len(moves),
        withdrawn=-sum(move.amount for move in moves if move.amount < 0),
        reinstated=sum(move.amount for move in moves if move.amount > 0),
        fee_taken=sum(move.fee for move in moves),
        settled_currency=moves[0].currency.upper() if moves else "",
        request_id=getattr(dispute.last_response, "request_id", None) or "",
    )


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else getattr(thing, "id", "") or ""
