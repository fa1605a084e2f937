"""Payment intents (docs.stripe.com/api/payment_intents)."""

from __future__ import annotations

from typing import Any

from simulator import currencies, descriptors, ids
from simulator.errors import invalid, refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import accounts, charges, confirmation
from simulator.params import merge_metadata
from simulator.store import Json
from simulator.world import LOCAL, World

_OPEN = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
_CONFIRMING = ("confirmation_token", "off_session", "return_url", "error_on_requires_action", "mandate_data")
_COPIED = ("description", "receipt_email", "shipping", "setup_future_usage", "transfer_group", "application_fee_amount")


def create(world: World, params: Json) -> Json:
    _check(world, params)
    if not params.get("confirm"):
        for name in _CONFIRMING:
            if name in params:
                raise invalid(f"`{name}` can only be used when `confirm` is true.", name)
    intent = world.add("pi", "payment_intent", **_blank(params))
    intent["client_secret"] = f"{intent['id']}_secret_{ids.random_text(25)}"
    _describe(intent, params)
    confirmation.choose(world, intent, params)
    emit(world, "payment_intent.created", intent)
    return confirmation.confirm(world, intent, params) if params.get("confirm") else intent


def retrieve(world: World, params: Json, ident: str) -> Json:
    intent = world.need("payment_intent", ident, "intent")
    _check_secret(intent, params)
    return intent


def update(world: World, params: Json, ident: str) -> Json:
    intent = world.need("payment_intent", ident, "intent")
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        allowed = {"description", "metadata", "receipt_email", "shipping", "expand", "transfer_group"}
        if intent["status"] == "canceled" or set(params) - allowed:
            words = f"This PaymentIntent could not be updated because it has a status of {intent['status']}."
            raise confirmation.unexpected(intent, words)
    _check(world, {"amount": intent["amount"], "currency": intent["currency"], **params})
    if intent["customer"] and params.get("customer", intent["customer"]) != intent["customer"]:
        words = (
            "You cannot modify `customer` on a PaymentIntent once it already has been set. To fulfill a payment with a "
            "different Customer, cancel this PaymentIntent and create a new one."
        )
        raise refused(words, "payment_intent_unexpected_state", "customer")
    _describe(intent, params)
    confirmation.choose(world, intent, params)
    return world.save(intent)


def confirm(world: World, params: Json, ident: str) -> Json:
    intent = world.need("payment_intent", ident, "intent")
    _check_secret(intent, params)
    if params.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        raise invalid(f"amount_to_confirm does not match the amount, {intent['amount']}.", "amount_to_confirm")
    _check_moto(world, params)
    confirmation.check_confirmable(intent)
    confirmation.choose(world, intent, params)
    return confirmation.confirm(world, intent, params)


def capture(world: World, params: Json, ident: str) -> Json:
    """docs.stripe.com/api/payment_intents/capture; what is not captured is released."""
    intent = world.need("payment_intent", ident, "intent")
    if "statement_descriptor" in params:
        raise descriptors.refuse_full_descriptor()
    if intent["status"] != "requires_capture":
        words = (
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be captured: "
            "requires_capture."
        )
        raise confirmation.unexpected(intent, words)
    amount: int = params["amount_to_capture"] if "amount_to_capture" in params else intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        words = f"The amount to capture ({amount}) is greater than what is capturable ({intent['amount_capturable']})."
        raise invalid(words, "amount_to_capture", "amount_too_large")
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    charge = world.need("charge", intent["latest_charge"])
    _rename(world, charge, intent, params)
    charges.take(world, charge, amount)
    emit(world, "payment_intent.succeeded", world.save(intent))
    return intent


def cancel(world: World, params: Json, ident: str) -> Json:
    """docs.stripe.com/api/payment_intents/cancel; held funds go back."""
    intent = world.need("payment_intent", ident, "intent")
    if intent["status"] not in _OPEN:
        words = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(_OPEN)}."
        )
        raise confirmation.unexpected(intent, words)
    release(world, intent)
    _close(world, intent, params.get("cancellation_reason"))
    return intent


def expire(world: World, intent: Json) -> None:
    """Nobody captured in time: the issuer takes the hold back."""
    if intent["status"] == "requires_capture":
        release(world, intent, expired=True)
        _close(world, intent, "expired")


def release(world: World, intent: Json, *, expired: bool = False) -> None:
    """Give the held funds back: no refund comes of it since 2025-03-31 (docs.stripe.com/changelog/basil)."""
    if intent["status"] == "requires_capture":
        charges.release(world, world.need("charge", intent["latest_charge"]), expired=expired)


def list_all(world: World, params: Json) -> Json:
    return page(world, "payment_intent", "/v1/payment_intents", params, customer=params.get("customer"))


def _close(world: World, intent: Json, reason: str | None) -> None:
    intent.update(status="canceled", canceled_at=world.now, cancellation_reason=reason, amount_capturable=0)
    intent["next_action"] = None
    emit(world, "payment_intent.canceled", world.save(intent))


def _rename(world: World, charge: Json, intent: Json, params: Json) -> None:
    """A suffix given at capture replaces the one of the authorization."""
    if "statement_descriptor_suffix" in params:
        suffix = params["statement_descriptor_suffix"]
        descriptors.check_suffix(world, suffix)
        intent["statement_descriptor_suffix"] = charge["statement_descriptor_suffix"] = suffix
        charge["calculated_statement_descriptor"] = descriptors.calculated(world, suffix)


def _check(world: World, params: Json) -> None:
    """The rules that span parameters."""
    currencies.check_amount(params["amount"], params["currency"])
    if params.get("statement_descriptor"):
        raise descriptors.refuse_full_descriptor()
    descriptors.check_suffix(world, params.get("statement_descriptor_suffix"))
    _check_moto(world, params)
    if "automatic_payment_methods" in params and "allowed_payment_method_types" in params:
        words = "You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types."
        raise invalid(words, "automatic_payment_methods")
    if params.get("customer"):
        world.need("customer", params["customer"], "customer")


def _check_moto(world: World, params: Json) -> None:
    """Stripe takes `moto` from accounts whose PCI compliance it has checked, from no others."""
    options = (params.get("payment_method_options") or {}).get("card") or {}
    if "moto" in options and not accounts.switch(world, "moto"):
        name = "payment_method_options[card][moto]"
        raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")


def _check_secret(intent: Json, params: Json) -> None:
    if params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        words = "The client_secret provided does not match the client_secret associated with this PaymentIntent."
        raise invalid(words, "client_secret", "payment_intent_invalid_parameter")


def _describe(intent: Json, params: Json) -> None:
    names = (*_COPIED, "amount", "currency", "customer", "capture_method", "statement_descriptor_suffix")
    intent.update({name: params[name] for name in names if name in params})
    if "allowed_payment_method_types" in params:
        intent["allowed_payment_method_types"] = params["allowed_payment_method_types"]
        intent["payment_method_types"] = params["allowed_payment_method_types"]
        intent["automatic_payment_methods"] = None
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata"))


def _blank(params: Json) -> Json:
    automatic = params.get("automatic_payment_methods") or {"enabled": True}
    fields: dict[str, Any] = dict.fromkeys(
        "application application_fee_amount canceled_at cancellation_reason customer customer_account description "
        "excluded_payment_method_types last_payment_error latest_charge next_action payment_method processing "
        "payment_method_configuration_details receipt_email review setup_future_usage shipping statement_descriptor "
        "statement_descriptor_suffix transfer_data transfer_group".split()
    )
    card = {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    return {
        **fields,
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": {"allow_redirects": "always", **automatic},
        "capture_method": params.get("capture_method", "automatic_async"),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "currency": params["currency"],
        "metadata": {},
        "on_behalf_of": params.get("on_behalf_of"),
        "payment_method_options": {"card": card},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        LOCAL: {"moto": False, "return_url": None, "by_script": False},
    }
