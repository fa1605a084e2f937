"""3-D Secure: when it is asked for, and what its outcome does (docs.stripe.com/payments/3d-secure)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from simulator import ids
from simulator.objects import payment_methods
from simulator.store import Json
from simulator.world import LOCAL, World

FAILED: Json = {
    "code": "payment_intent_authentication_failure",
    "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
    "message": (
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again."
    ),
    "type": "invalid_request_error",
}


def is_needed(method: Json, *, off_session: bool, moto: bool, intent: Json) -> bool:
    """By the test card; telephone orders are out of its scope, and a card set up before passes off-session."""
    if moto:
        return False
    challenge = payment_methods.test_card(method).challenge
    options = (intent.get("payment_method_options") or {}).get("card") or {}
    if options.get("request_three_d_secure") in {"any", "challenge"} and not off_session:
        return True
    if off_session and challenge in {"unless_set_up", "on_session"}:
        return challenge == "unless_set_up" and not method[LOCAL]["set_up"]
    return challenge != "never"


def ask(world: World, intent: Json) -> None:
    """Send the card's holder to the page of the bank, by redirect or by Stripe.js.

    The page has a secret of its own, as Stripe's has: its address may be kept and mailed, a client secret may not.
    """
    secret = f"src_client_secret_{ids.random_text(24)}"
    intent[LOCAL]["challenge"] = secret
    page = f"{world.base_url}/_local/3ds/{intent['id']}?{urlencode({'client_secret': secret})}"
    return_url = intent[LOCAL]["return_url"]
    intent["status"] = "requires_action"
    if return_url and not intent[LOCAL]["by_script"]:
        redirect = {"return_url": return_url, "url": page}
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": redirect}
    else:
        details = {"type": "three_d_secure_redirect", "stripe_js": page, "source": f"src_{intent['id'][-24:]}"}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": details}


def return_address(intent: Json, otherwise: str | None = None) -> str | None:
    """Where the page sends the customer back to, with what Stripe adds to it."""
    return_url: str | None = intent[LOCAL]["return_url"] or otherwise
    if return_url is None:
        return None
    kind = intent["object"]
    passed = intent["status"] in {"succeeded", "requires_capture", "processing"}
    added = {
        kind: intent["id"],
        f"{kind}_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if passed else "failed",
    }
    parts = urlsplit(return_url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
