"""Charges: one try at a card, and the legacy way to make one (docs.stripe.com/api/charges)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator import currencies, declines, descriptors, ids
from simulator.cards import Decline
from simulator.errors import invalid, refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import accounts, balance_transactions, disputes, payment_methods, tokens
from simulator.objects.raw_cards import LEGACY_SOURCE
from simulator.params import EXPAND, PAGE, RANGE, SHIPPING, TEXT, boolean, hash_of, ident, integer, merge_metadata
from simulator.params import metadata as metadata_of
from simulator.store import Json
from simulator.world import World

HOLD = 7 * 86_400  # docs.stripe.com/payments/place-a-hold-on-a-payment-method
LATE_BALANCE = 5  # seconds until the balance transaction of an asynchronous capture
LIST = {**PAGE, "created": RANGE, "customer": ident, "payment_intent": ident, "transfer_group": TEXT}
CREATE = {
    "amount": integer,
    "currency": currencies.currency,
    "source": LEGACY_SOURCE,
    "card": LEGACY_SOURCE,
    "customer": ident,
    "capture": boolean,
    "description": TEXT,
    "metadata": metadata_of,
    "receipt_email": TEXT,
    "shipping": SHIPPING,
    "statement_descriptor": TEXT,
    "statement_descriptor_suffix": TEXT,
    "transfer_group": TEXT,
    "radar_options": hash_of({"session": ident}),
    **EXPAND,
}
UPDATE = {
    "description": TEXT,
    "metadata": metadata_of,
    "receipt_email": TEXT,
    "shipping": SHIPPING,
    "customer": ident,
    "fraud_details": hash_of({"user_report": TEXT}),
    "transfer_group": TEXT,
    **EXPAND,
}
CAPTURE = {"amount": integer, "receipt_email": TEXT, "statement_descriptor_suffix": TEXT, **EXPAND}


@dataclass(frozen=True)
class Try:
    """What a charge is made of."""

    amount: int
    currency: str
    method: Json
    captured: bool
    decline: Decline | None = None
    authenticated: bool = False
    late_balance: bool = False


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("charge", ident)


def list_all(world: World, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("customer", "payment_intent", "transfer_group")}
    return page(world, "charge", "/v1/charges", params, **filters)


def update(world: World, params: Json, ident: str) -> Json:
    charge = world.need("charge", ident)
    for name in ("description", "receipt_email", "shipping", "transfer_group", "fraud_details", "customer"):
        if name in params:
            charge[name] = params[name]
    charge["metadata"] = merge_metadata(charge["metadata"], params.get("metadata"))
    emit(world, "charge.updated", world.save(charge))
    return charge


def create(world: World, params: Json) -> Json:
    """The legacy charge of V1: by token, by source of a customer, or by number where the account may."""
    accounts.check_charges_enabled(world)
    currencies.check_amount(params["amount"], params["currency"])
    descriptors.check_suffix(world, params.get("statement_descriptor_suffix"))
    method = _legacy_method(world, params)
    card = payment_methods.test_card(method)
    attempt = Try(params["amount"], params["currency"], method, params.get("capture", True), card.decline)
    names = ("customer", "description", "receipt_email", "shipping", "statement_descriptor_suffix", "transfer_group")
    fields = {name: params.get(name) for name in names}
    charge = record(world, attempt, metadata=merge_metadata({}, params.get("metadata")), **fields)
    if card.decline:
        raise declines.error(declines.fields(card.decline, charge=charge["id"]))
    if not attempt.captured:
        world.later(world.now + HOLD, "hold_expires", charge["id"])
    return charge


def capture(world: World, params: Json, ident: str) -> Json:
    """Capture an authorization made by a legacy charge."""
    charge = world.need("charge", ident)
    if charge["payment_intent"]:
        words = f"This Charge belongs to the PaymentIntent {charge['payment_intent']}; capture that instead."
        raise refused(words, "charge_not_capturable")
    amount: int = params["amount"] if "amount" in params else charge["amount"]
    take(world, charge, amount)
    return charge


def record(world: World, attempt: Try, **fields: Any) -> Json:
    """Store the charge, failed or not, with its event, its balance transaction and its dispute."""
    charge = world.add("ch", "charge", **_blank(attempt), **_defaults(fields))
    charge["calculated_statement_descriptor"] = descriptors.calculated(world, charge["statement_descriptor_suffix"])
    if attempt.decline is None:
        charge["receipt_url"] = f"{world.base_url}/_local/receipts/{charge['id']}"
        charge["payment_method_details"]["card"].update(_authorization(world, attempt))
        if attempt.captured:
            _settle(world, charge, late=attempt.late_balance)
    emit(world, "charge.failed" if attempt.decline else "charge.succeeded", charge)
    return charge


def open_dispute(world: World, charge: Json) -> None:
    """The dispute test cards are disputed as soon as the money is taken."""
    method = world.get(charge["payment_method"])
    reason = payment_methods.test_card(method).dispute if method else None
    if reason and charge["captured"]:
        disputes.open_against(world, charge, reason)


def is_held(charge: Json) -> bool:
    return not charge["captured"] and "capture_before" in charge["payment_method_details"]["card"]


def release(world: World, charge: Json, *, expired: bool = False) -> None:
    """Held funds go back: no refund comes of it since 2025-03-31 (docs.stripe.com/changelog/basil)."""
    charge["payment_method_details"]["card"].pop("capture_before", None)
    world.save(charge)
    if expired:
        emit(world, "charge.expired", charge)


def take(world: World, charge: Json, amount: int) -> None:
    """Capture; the rest is released, which since 2025-03-31 is no refund (docs.stripe.com/changelog/basil)."""
    if not is_held(charge) or charge["status"] != "succeeded":
        code = "charge_already_captured" if charge["captured"] else "charge_expired_for_capture"
        raise refused(f"Charge {charge['id']} has already been captured or released.", code)
    if not 1 <= amount <= charge["amount"]:
        raise invalid(f"Amount must be between 1 and {charge['amount']}.", "amount", "amount_too_large")
    charge["captured"] = True
    charge["amount_captured"] = amount
    charge["payment_method_details"]["card"].pop("capture_before", None)
    _settle(world, charge)
    emit(world, "charge.captured", world.save(charge))
    open_dispute(world, charge)


def book(world: World, charge: Json) -> None:
    """The balance transaction of captured money."""
    amount = charge["amount_captured"]
    fee = balance_transactions.card_fee(amount)
    charge["balance_transaction"] = balance_transactions.record(world, "charge", charge, amount, fee=fee)["id"]
    world.save(charge)


def book_late(world: World, charge: Json) -> None:
    """docs.stripe.com/payments/payment-intents/asynchronous-capture: the event says when it is there."""
    book(world, charge)
    emit(world, "charge.updated", charge, {"balance_transaction": None})


def _settle(world: World, charge: Json, *, late: bool = False) -> None:
    if late and accounts.switch(world, "late_balance"):
        world.later(world.now + LATE_BALANCE, "balance_settles", charge["id"])
    else:
        book(world, charge)


def _legacy_method(world: World, params: Json) -> Json:
    source = params.get("source", params.get("card"))
    customer = world.need("customer", params["customer"], "customer") if "customer" in params else None
    if source is None and customer is None:
        raise invalid("Must provide source or customer.", None, "parameter_missing")
    if source is None and customer is not None:
        source = customer["default_source"]
        if source is None:
            raise refused("Cannot charge a customer that has no active card", "missing", "card")
    method = tokens.method_of(world, source)
    payment_methods.check_usable(method, params.get("customer"), "Charge")
    return method


def _blank(attempt: Try) -> Json:
    decline, succeeded = attempt.decline, attempt.decline is None
    nothing = ("application", "application_fee", "application_fee_amount", "balance_transaction", "on_behalf_of")
    nowhere = ("failure_balance_transaction", "receipt_number", "review", "source_transfer", "transfer_data")
    return {
        **dict.fromkeys(nothing + nowhere),
        "amount": attempt.amount,
        "amount_captured": attempt.amount if succeeded and attempt.captured else 0,
        "amount_refunded": 0,
        "billing_details": attempt.method["billing_details"],
        "captured": succeeded and attempt.captured,
        "currency": attempt.currency,
        "disputed": False,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "outcome": declines.outcome(decline),
        "paid": succeeded,
        "payment_method": attempt.method["id"],
        "payment_method_details": {"card": _card(attempt), "type": "card"},
        "receipt_url": None,
        "refunded": False,
        "statement_descriptor": None,
        "status": "succeeded" if succeeded else "failed",
    }


def _defaults(fields: Json) -> Json:
    names = ("customer", "description", "payment_intent", "receipt_email", "shipping", "statement_descriptor_suffix")
    return {**dict.fromkeys((*names, "transfer_group")), "metadata": {}, **fields}


def _card(attempt: Try) -> Json:
    card = attempt.method["card"]
    copied = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    three_d_secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": ids.stable_id("", f"3ds {attempt.method['id']}"),
        "version": "2.2.0",
    }
    return {
        **{name: card[name] for name in copied},
        "amount_authorized": attempt.amount if attempt.decline is None else None,
        "authorization_code": None,
        "installments": None,
        "mandate": None,
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": three_d_secure if attempt.authenticated else None,
        "wallet": None,
    }


def _authorization(world: World, attempt: Try) -> Json:
    numbers = {"authorization_code": ids.random_text(6).upper(), "network_transaction_id": ids.random_text(15)}
    return numbers if attempt.captured else {**numbers, "capture_before": world.now + HOLD}
