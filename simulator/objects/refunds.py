"""Refunds, bounded by what is left of the charge (docs.stripe.com/api/refunds)."""

from __future__ import annotations

from simulator import currencies
from simulator.errors import invalid, refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import balance_transactions, disputes, payment_methods
from simulator.params import EXPAND, PAGE, RANGE, TEXT, boolean, ident, merge_metadata, metadata, one_of, positive
from simulator.store import Json
from simulator.world import World

SETTLES_AFTER = 60  # seconds of the controllable clock until a pending refund succeeds, or a doomed one fails
LIST = {**PAGE, "charge": ident, "payment_intent": ident, "created": RANGE}
CREATE = {
    "amount": positive,
    "charge": ident,
    "currency": currencies.currency,
    "instructions_email": TEXT,
    "metadata": metadata,
    "payment_intent": ident,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    "refund_application_fee": boolean,
    "reverse_transfer": boolean,
    **EXPAND,
}
UPDATE = {"metadata": metadata, **EXPAND}
CANCEL = EXPAND


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("refund", ident)


def list_all(world: World, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("charge", "payment_intent")}
    return page(world, "refund", "/v1/refunds", params, **filters)


def create(world: World, params: Json) -> Json:
    charge = _charge(world, params)
    left = _whole(charge) - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check(world, charge, amount, left)
    method = world.get(charge["payment_method"])
    fate = payment_methods.test_card(method).refund if method else "succeeds"
    status = "pending" if fate == "pending" else "succeeded"
    refund = record(world, charge, amount, status, params.get("reason"), merge_metadata({}, params.get("metadata")))
    if fate != "succeeds":
        world.later(world.now + SETTLES_AFTER, "refund_succeeds" if fate == "pending" else "refund_fails", refund["id"])
    return refund


def update(world: World, params: Json, ident: str) -> Json:
    refund = world.need("refund", ident)
    refund["metadata"] = merge_metadata(refund["metadata"], params.get("metadata"))
    _tell_updated(world, refund)
    return refund


def cancel(world: World, params: Json, ident: str) -> Json:
    """Only what is still on its way can be called back."""
    refund = world.need("refund", ident)
    if refund["status"] not in {"pending", "requires_action"}:
        words = f"This refund's status is {refund['status']}: only a pending one can be canceled."
        raise refused(words)
    _give_back(world, refund, "canceled")
    _tell_updated(world, refund)
    return refund


def record(
    world: World,
    charge: Json,
    amount: int,
    status: str = "succeeded",
    reason: str | None = None,
    labels: dict[str, str] | None = None,
) -> Json:
    """Book a refund; a release of held funds is one too, without a balance transaction."""
    refund = world.add("re", "refund", **_blank(charge, amount, status, reason), metadata=labels or {})
    if charge["captured"]:
        refund["balance_transaction"] = balance_transactions.record(
            world, "refund", refund, -amount, description=f"REFUND FOR CHARGE {charge['id']}"
        )["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= _whole(charge)
    world.save(charge)
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge)
    return refund


def _whole(charge: Json) -> int:
    """What can be refunded at the most: what was captured, or what is held."""
    return int(charge["amount_captured"] if charge["captured"] else charge["amount"])


def succeed(world: World, refund: Json) -> None:
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        refund.pop("pending_reason", None)
        refund["destination_details"]["card"] = _reference("available")
        _tell_updated(world, refund)


def fail(world: World, refund: Json) -> None:
    """The bank sends the money back: it returns to the balance (docs.stripe.com/refunds#failed-refunds)."""
    refund["failure_reason"] = "expired_or_canceled_card"
    _give_back(world, refund, "failed")
    emit(world, "refund.failed", world.save(refund))
    _tell_updated(world, refund)


def _give_back(world: World, refund: Json, status: str) -> None:
    refund["status"] = status
    entry = balance_transactions.record(world, "refund_failure", refund, refund["amount"])
    refund["failure_balance_transaction"] = entry["id"]
    charge = world.need("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    world.save(charge)
    world.save(refund)


def _tell_updated(world: World, refund: Json) -> None:
    emit(world, "refund.updated", world.save(refund))
    emit(world, "charge.refund.updated", refund)


def _charge(world: World, params: Json) -> Json:
    if "charge" in params:
        return world.need("charge", params["charge"], "charge")
    if "payment_intent" not in params:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    intent = world.need("payment_intent", params["payment_intent"], "payment_intent")
    if intent["status"] != "succeeded":
        words = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise refused(words, "payment_intent_unexpected_state", "payment_intent")
    return world.need("charge", intent["latest_charge"], "payment_intent")


def _check(world: World, charge: Json, amount: int, left: int) -> None:
    if charge["status"] != "succeeded":
        raise refused(f"Charge {charge['id']} did not succeed: there is nothing to refund.", None, "charge")
    if charge["disputed"] and not disputes.allow_refund(world, charge["id"]):
        raise refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge_disputed")
    if left <= 0:
        raise refused(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    if amount > left:
        asked, rest = (currencies.show(value, charge["currency"]) for value in (amount, left))
        raise currencies.too_much(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})")


def _blank(charge: Json, amount: int, status: str, reason: str | None) -> Json:
    body: Json = {
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {
            "card": _reference("pending") if charge["captured"] else {"type": "reversal"},
            "type": "card",
        },
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    return {**body, "pending_reason": "processing"} if status == "pending" else body


def _reference(status: str) -> Json:
    return {"reference_status": status, "reference_type": "acquirer_reference_number", "type": "refund"}
