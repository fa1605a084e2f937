"""Setup intents: a card saved for later, with its holder's consent (docs.stripe.com/api/setup_intents)."""

from __future__ import annotations

from typing import Any

from simulator import declines, ids
from simulator.cards import Decline
from simulator.errors import StripeError, invalid, refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import authentication, confirmation_tokens, payment_methods
from simulator.params import (
    EXPAND,
    PAGE,
    RANGE,
    TEXT,
    boolean,
    hash_of,
    ident,
    list_of,
    merge_metadata,
    metadata,
    one_of,
)
from simulator.store import Json
from simulator.world import LOCAL, World, public

_CONFIRMING = {
    "confirmation_token": ident,
    "mandate_data": hash_of({"customer_acceptance": lambda _name, raw: raw}),
    "payment_method": ident,
    "payment_method_options": hash_of(
        {"card": hash_of({"request_three_d_secure": one_of("any", "automatic", "challenge"), "moto": boolean})}
    ),
    "return_url": ident,
    "use_stripe_sdk": boolean,
    **EXPAND,
}
CREATE = {
    **_CONFIRMING,
    "allowed_payment_method_types": list_of(one_of("card", "link")),
    "automatic_payment_methods": hash_of({"enabled": boolean, "allow_redirects": one_of("always", "never")}),
    "confirm": boolean,
    "customer": ident,
    "description": TEXT,
    "metadata": metadata,
    "usage": one_of("off_session", "on_session"),
}
CONFIRM = {**_CONFIRMING, "client_secret": ident}
CANCEL = {"cancellation_reason": one_of("abandoned", "duplicate", "requested_by_customer"), **EXPAND}
RETRIEVE = {"client_secret": ident, **EXPAND}
LIST = {**PAGE, "created": RANGE, "customer": ident}


def create(world: World, params: Json) -> Json:
    if params.get("customer"):
        world.need("customer", params["customer"], "customer")
    intent = world.add("seti", "setup_intent", **_blank(params))
    intent["client_secret"] = f"{intent['id']}_secret_{ids.random_text(25)}"
    _choose(world, intent, params)
    emit(world, "setup_intent.created", intent)
    return _confirm(world, intent) if params.get("confirm") else intent


def retrieve(world: World, params: Json, ident: str) -> Json:
    intent = world.need("setup_intent", ident, "intent")
    if params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        words = "The client_secret provided does not match the client_secret associated with this SetupIntent."
        raise invalid(words, "client_secret")
    return intent


def confirm(world: World, params: Json, ident: str) -> Json:
    intent = retrieve(world, params, ident)
    if intent["status"] in {"succeeded", "canceled"}:
        words = f"You cannot confirm this SetupIntent because it has a status of {intent['status']}."
        raise refused(words, "setup_intent_unexpected_state", setup_intent=public(intent))
    _choose(world, intent, params)
    return _confirm(world, intent)


def cancel(world: World, params: Json, ident: str) -> Json:
    intent = world.need("setup_intent", ident, "intent")
    if intent["status"] in {"succeeded", "canceled"}:
        words = f"You cannot cancel this SetupIntent because it has a status of {intent['status']}."
        raise refused(words, "setup_intent_unexpected_state", setup_intent=public(intent))
    intent.update(status="canceled", next_action=None, cancellation_reason=params.get("cancellation_reason"))
    emit(world, "setup_intent.canceled", world.save(intent))
    return intent


def list_all(world: World, params: Json) -> Json:
    return page(world, "setup_intent", "/v1/setup_intents", params, customer=params.get("customer"))


def succeed(world: World, intent: Json, *, authenticated: bool) -> Json:
    """The card is saved on the customer and needs no challenge off-session from here on."""
    method = world.need("payment_method", intent["payment_method"])
    method[LOCAL]["set_up"] = method[LOCAL]["set_up"] or authenticated
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    emit(world, "setup_intent.succeeded", world.save(intent))
    if intent["customer"] and method["customer"] is None:
        payment_methods.join(world, method, intent["customer"])
    world.save(method)
    return intent


def fail(world: World, intent: Json, error: Json) -> StripeError:
    """Back to the start, with the reason on the intent; returns what to raise."""
    method = world.need("payment_method", intent["payment_method"])
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_setup_error"] = {**error, "payment_method": dict(public(method))}
    emit(world, "setup_intent.setup_failed", world.save(intent))
    return declines.error(error, setup_intent=intent, payment_method=method)


def _confirm(world: World, intent: Json) -> Json:
    if intent["payment_method"] is None:
        words = "You cannot confirm this SetupIntent because it's missing a payment method."
        raise refused(words, "setup_intent_unexpected_state", setup_intent=public(intent))
    method = world.need("payment_method", intent["payment_method"])
    card = payment_methods.test_card(method)
    decline: Decline | None = card.decline
    if decline and not card.attachable:
        raise fail(world, intent, declines.fields(decline))
    if card.challenge == "never":
        return succeed(world, intent, authenticated=False)
    authentication.ask(world, intent)
    emit(world, "setup_intent.requires_action", world.save(intent))
    return intent


def _choose(world: World, intent: Json, params: Json) -> None:
    params = confirmation_tokens.unpack(world, params, intent)
    if "payment_method" in params:
        method = payment_methods.need(world, params["payment_method"], "payment_method")
        payment_methods.check_usable(method, intent["customer"], "SetupIntent")
        intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)
    intent[LOCAL]["return_url"] = params.get("return_url") or intent[LOCAL]["return_url"]
    intent[LOCAL]["by_script"] = params.get("use_stripe_sdk", intent[LOCAL]["by_script"])
    world.save(intent)


def _blank(params: Json) -> Json:
    fields: dict[str, Any] = dict.fromkeys(
        "application cancellation_reason customer_account excluded_payment_method_types flow_directions "
        "last_setup_error latest_attempt mandate next_action on_behalf_of payment_method "
        "payment_method_configuration_details single_use_mandate".split()
    )
    automatic = params.get("automatic_payment_methods") or {"enabled": True}
    return {
        **fields,
        "automatic_payment_methods": {"allow_redirects": "always", **automatic},
        "customer": params.get("customer"),
        "description": params.get("description"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "payment_method_options": {"card": {"mandate_options": None, "network": None}},
        "payment_method_types": params.get("allowed_payment_method_types") or ["card"],
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
        LOCAL: {"return_url": None, "by_script": False},
    }
