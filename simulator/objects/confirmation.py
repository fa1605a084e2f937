"""Confirming a payment intent: the card, the challenge, the charge (docs.stripe.com/payments/payment-intents)."""

from __future__ import annotations

from simulator import cards, declines
from simulator.cards import Decline
from simulator.errors import StripeError, invalid, refused
from simulator.events import emit
from simulator.objects import accounts, authentication, charges, confirmation_tokens, payment_methods
from simulator.objects.charges import Try
from simulator.store import Json
from simulator.world import LOCAL, World, public

_CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_NO_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want "
    "to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def choose(world: World, intent: Json, params: Json) -> None:
    """Put the payment method and the choices that go with it on the intent."""
    params = confirmation_tokens.unpack(world, params, intent)
    if "payment_method" in params:
        method = payment_methods.need(world, params["payment_method"], "payment_method")
        payment_methods.check_usable(method, intent["customer"], "PaymentIntent")
        intent["payment_method"] = method["id"]
        if intent["status"] in {"requires_payment_method", "requires_action"}:
            intent["status"] = "requires_confirmation"
            intent["next_action"] = None
    options = (params.get("payment_method_options") or {}).get("card") or {}
    shown = intent["payment_method_options"].setdefault("card", {})
    shown.update({name: value for name, value in options.items() if name != "moto"})
    if params.get("radar_options"):
        intent[LOCAL]["radar_session"] = params["radar_options"].get("session")
    intent[LOCAL]["by_script"] = params.get("use_stripe_sdk", intent[LOCAL]["by_script"])
    intent[LOCAL]["moto"] = options.get("moto", intent[LOCAL]["moto"])
    for name in ("capture_method", "setup_future_usage", "receipt_email", "shipping"):
        if name in params:
            intent[name] = params[name]
    world.save(intent)


def check_confirmable(intent: Json) -> None:
    status = intent["status"]
    if status == "succeeded":
        words = (
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
        )
        raise unexpected(intent, words)
    if status not in _CONFIRMABLE:
        words = (
            f"You cannot confirm this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one "
            f"of the following statuses may be confirmed: {', '.join(sorted(_CONFIRMABLE))}."
        )
        raise unexpected(intent, words)


def confirm(world: World, intent: Json, params: Json) -> Json:
    """Charge the card, or ask for its holder."""
    if intent["payment_method"] is None:
        words = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken."
        )
        raise unexpected(intent, words)
    accounts.check_charges_enabled(world)
    off_session = bool(params.get("off_session"))
    intent[LOCAL]["return_url"] = params.get("return_url") or intent[LOCAL]["return_url"]
    _check_return_url(intent, off_session=off_session)
    method = world.need("payment_method", intent["payment_method"], "payment_method")
    if not authentication.is_needed(method, off_session=off_session, moto=intent[LOCAL]["moto"], intent=intent):
        return settle(world, intent, method, payment_methods.test_card(method).decline)
    if off_session or params.get("error_on_requires_action"):
        return settle(world, intent, method, cards.AUTHENTICATION)
    authentication.ask(world, intent)
    emit(world, "payment_intent.requires_action", world.save(intent))
    return intent


def settle(world: World, intent: Json, method: Json, decline: Decline | None, *, authenticated: bool = False) -> Json:
    """The issuer's answer: a charge either way; a decline is raised after it was written down."""
    held = intent["capture_method"] == "manual" or _card_option(intent, "capture_method") == "manual"
    late = intent["capture_method"] == "automatic_async"
    attempt = Try(intent["amount"], intent["currency"], method, not held, decline, authenticated, late)
    copied = ("customer", "description", "receipt_email", "shipping", "statement_descriptor_suffix", "transfer_group")
    fields = {name: intent[name] for name in copied}
    if session := intent[LOCAL].get("radar_session"):
        fields["radar_options"] = {"session": session}
    charge = charges.record(world, attempt, payment_intent=intent["id"], metadata=dict(intent["metadata"]), **fields)
    intent.update(latest_charge=charge["id"], next_action=None)
    if decline:
        raise fail(world, intent, method, declines.fields(decline, charge=charge["id"]))
    _succeed(world, intent, method, charge, authenticated=authenticated)
    return intent


def fail(world: World, intent: Json, method: Json, error: Json) -> StripeError:
    """Back to the start, with the reason on the intent; returns what to raise."""
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_payment_error"] = {**error, "payment_method": dict(public(method))}
    emit(world, "payment_intent.payment_failed", world.save(intent))
    return declines.error(error, payment_intent=intent, payment_method=method)


def unexpected(intent: Json, message: str) -> StripeError:
    return refused(message, "payment_intent_unexpected_state", payment_intent=public(intent))


def _succeed(world: World, intent: Json, method: Json, charge: Json, *, authenticated: bool) -> None:
    intent["last_payment_error"] = None
    if charge["captured"]:
        intent.update(status="succeeded", amount_received=intent["amount"])
    else:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        world.later(world.now + charges.HOLD, "hold_expires", intent["id"])
    kind = "payment_intent.succeeded" if charge["captured"] else "payment_intent.amount_capturable_updated"
    emit(world, kind, world.save(intent))
    _remember(world, intent, method, authenticated=authenticated)
    charges.open_dispute(world, charge)


def _remember(world: World, intent: Json, method: Json, *, authenticated: bool) -> None:
    """`setup_future_usage` saves the card; without it an unsaved card is spent."""
    usage = intent["setup_future_usage"] or _card_option(intent, "setup_future_usage")
    if method["customer"] is None:
        if usage in {"off_session", "on_session"} and intent["customer"]:
            payment_methods.join(world, method, intent["customer"])
        else:
            method[LOCAL]["spent"] = True
    if authenticated and usage == "off_session":
        method[LOCAL]["set_up"] = True
    world.save(method)


def _check_return_url(intent: Json, *, off_session: bool) -> None:
    automatic = intent["automatic_payment_methods"] or {"allow_redirects": "never"}
    redirects = automatic.get("enabled", True) and automatic.get("allow_redirects") != "never"
    if redirects and not off_session and not intent[LOCAL]["moto"] and not intent[LOCAL]["return_url"]:
        raise invalid(_NO_RETURN_URL, "return_url")


def _card_option(intent: Json, name: str) -> str | None:
    value = (intent["payment_method_options"].get("card") or {}).get(name)
    return str(value) if value else None
