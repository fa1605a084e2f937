"""Confirmation tokens: what the payment form collected (docs.stripe.com/api/confirmation_tokens)."""

from __future__ import annotations

from simulator.errors import invalid, refused
from simulator.objects import payment_methods
from simulator.params import EXPAND, SHIPPING, hash_of, ident, one_of
from simulator.store import Json
from simulator.world import LOCAL, World

CREATE = {
    "payment_method": ident,
    "payment_method_data": hash_of(payment_methods.DATA, needs=("type",)),
    "return_url": ident,
    "setup_future_usage": one_of("off_session", "on_session"),
    "shipping": SHIPPING,
    **EXPAND,
}
RETRIEVE = EXPAND
_LIFETIME = 12 * 3600


def create(world: World, params: Json) -> Json:
    """What Stripe.js makes in the browser; a test helper, because here there is none."""
    if "payment_method" in params:
        method = payment_methods.need(world, params["payment_method"], "payment_method")
    elif params.get("payment_method_data"):
        method = payment_methods.from_data(world, params["payment_method_data"])
    else:
        raise invalid("Missing required param: payment_method.", "payment_method", "parameter_missing")
    preview = {name: method[name] for name in ("billing_details", "card", "customer", "type", "allow_redisplay")}
    return world.add(
        "ctoken",
        "confirmation_token",
        expires_at=world.now + _LIFETIME,
        mandate_data=None,
        payment_intent=None,
        payment_method_options=None,
        payment_method_preview=preview,
        return_url=params.get("return_url"),
        setup_future_usage=params.get("setup_future_usage"),
        setup_intent=None,
        shipping=params.get("shipping"),
        use_stripe_sdk=True,
        **{LOCAL: {"method": method["id"], "used": False}},
    )


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("confirmation_token", ident)


def unpack(world: World, params: Json, intent: Json) -> Json:
    """The parameters with those of the token put in: what the request says itself takes precedence.

    A token serves one intent, and says afterwards which (docs.stripe.com/api/confirmation_tokens/object).
    """
    ident = params.pop("confirmation_token", None)
    if ident is None:
        return params
    token = world.need("confirmation_token", ident, "confirmation_token")
    if token[LOCAL]["used"]:
        raise refused(f"The ConfirmationToken {ident} has already been used.", None, "confirmation_token")
    if token["expires_at"] <= world.now:
        raise refused(f"The ConfirmationToken {ident} has expired.", None, "confirmation_token")
    token[LOCAL]["used"] = True
    token[intent["object"]] = intent["id"]
    world.save(token)
    params.setdefault("payment_method", token[LOCAL]["method"])
    for name in ("return_url", "setup_future_usage", "shipping", "use_stripe_sdk"):
        if token[name] is not None:
            params.setdefault(name, token[name])
    return params
