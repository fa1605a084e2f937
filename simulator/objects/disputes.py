"""Disputes, opened by the dispute test cards (docs.stripe.com/testing#disputes)."""

from __future__ import annotations

from simulator.errors import refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import balance_transactions
from simulator.params import EXPAND, PAGE, RANGE, Shape, boolean, hash_of, ident, merge_metadata, metadata, text
from simulator.store import Json
from simulator.world import World

_EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
).split()
_EVIDENCE_SHAPE: Shape = dict.fromkeys(_EVIDENCE, text(150_000))
LIST = {**PAGE, "charge": ident, "payment_intent": ident, "created": RANGE}
UPDATE = {"evidence": hash_of(_EVIDENCE_SHAPE), "metadata": metadata, "submit": boolean, **EXPAND}
CLOSE = EXPAND
DAYS_TO_ANSWER = 9
_OVER = frozenset({"won", "lost", "warning_closed"})
_REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("dispute", ident)


def list_all(world: World, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("charge", "payment_intent")}
    return page(world, "dispute", "/v1/disputes", params, **filters)


def open_against(world: World, charge: Json, reason: str) -> Json:
    """An inquiry moves no money yet; a dispute takes the amount and a fee at once."""
    inquiry = reason == "inquiry"
    reason = "fraudulent" if inquiry else reason
    dispute = world.add("du", "dispute", **_blank(world, charge, reason, inquiry=inquiry))
    charge["disputed"] = True
    world.save(charge)
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(world, dispute)
    return dispute


def allow_refund(world: World, charge: str) -> bool:
    """Contested money cannot be refunded as well; an inquiry's can, and what was won back."""
    found = world.related("dispute", "charge", charge)
    return all(dispute["is_charge_refundable"] or dispute["status"] == "won" for dispute in found)


def update(world: World, params: Json, ident: str) -> Json:
    """Evidence; its `uncategorized_text` decides the outcome, as on Stripe's test cards."""
    dispute = world.need("dispute", ident)
    _check_open(dispute)
    dispute["evidence"].update(params.get("evidence") or {})
    dispute["metadata"] = merge_metadata(dispute["metadata"], params.get("metadata"))
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"][name] for name in _EVIDENCE)
    if params.get("evidence") and params.get("submit", True):
        _submit(world, dispute)
    else:
        emit(world, "charge.dispute.updated", world.save(dispute))
    return dispute


def close(world: World, params: Json, ident: str) -> Json:
    """Accept the dispute: it is lost."""
    dispute = world.need("dispute", ident)
    _check_open(dispute)
    _end(world, dispute, "warning_closed" if _is_inquiry(dispute) else "lost")
    return dispute


def _submit(world: World, dispute: Json) -> None:
    inquiry = _is_inquiry(dispute)
    dispute["evidence_details"]["submission_count"] += 1
    dispute["status"] = "warning_under_review" if inquiry else "under_review"
    emit(world, "charge.dispute.updated", world.save(dispute))
    verdict = dispute["evidence"]["uncategorized_text"]
    if verdict == "winning_evidence":
        _end(world, dispute, "warning_closed" if inquiry else "won")
    elif verdict == "losing_evidence":
        _end(world, dispute, "warning_closed" if inquiry else "lost")
    elif verdict == "escalate_inquiry_evidence" and inquiry:
        dispute["status"] = "needs_response"
        dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
        emit(world, "charge.dispute.updated", world.save(dispute))
        _withdraw(world, dispute)


def _end(world: World, dispute: Json, status: str) -> None:
    dispute["status"] = status
    if status == "won":
        _book(world, dispute, dispute["amount"], 0, "dispute_reversal")
        emit(world, "charge.dispute.funds_reinstated", world.save(dispute))
    emit(world, "charge.dispute.closed", world.save(dispute))


def _withdraw(world: World, dispute: Json) -> None:
    _book(world, dispute, -dispute["amount"], balance_transactions.DISPUTE_FEE, "dispute")
    dispute["is_charge_refundable"] = False
    emit(world, "charge.dispute.funds_withdrawn", world.save(dispute))


def _book(world: World, dispute: Json, amount: int, fee: int, category: str) -> None:
    words = f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}"
    entry = balance_transactions.record(
        world, "adjustment", dispute, amount, fee=fee, category=category, description=words
    )
    dispute["balance_transactions"] = [*dispute["balance_transactions"], entry]


def _check_open(dispute: Json) -> None:
    if dispute["status"] in _OVER:
        raise refused(f"This dispute is already closed: its status is {dispute['status']}.")


def _is_inquiry(dispute: Json) -> bool:
    return str(dispute["status"]).startswith("warning")


def _blank(world: World, charge: Json, reason: str, *, inquiry: bool) -> Json:
    card = {
        "brand": charge["payment_method_details"]["card"]["brand"],
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": charge["payment_method_details"]["card"]["network"],
        "network_reason_code": _REASON_CODES.get(reason, "10.4"),
    }
    return {
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.now + DAYS_TO_ANSWER * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": card, "type": "card"},
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
