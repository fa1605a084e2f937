"""How a decline reads in an answer (docs.stripe.com/declines/codes)."""

from __future__ import annotations

import copy

from simulator import cards
from simulator.cards import Decline
from simulator.errors import StripeError
from simulator.store import Json
from simulator.world import LOCAL, public

_PARAMS = {"incorrect_cvc": "cvc", "expired_card": "exp_month"}


def fields(decline: Decline, **more: object) -> Json:
    """The fields of the error, as on `last_payment_error` and in the answer."""
    known = {
        "advice_code": decline.advice,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "network_decline_code": decline.network_code or None,
        "param": _PARAMS.get(decline.code),
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "type": "card_error",
        **more,
    }
    return {name: copy.deepcopy(value) for name, value in known.items() if value is not None}


def error(known: Json, **more: Json | None) -> StripeError:
    """The 402 answer: the work was done and what it left behind stays (a failed charge, its events)."""
    rest = {name: value for name, value in known.items() if name not in {"type", "message", "doc_url"}}
    shown = {name: copy.deepcopy(public(body)) for name, body in more.items() if body is not None}
    return StripeError(402, known["type"], known["message"], executed=True, **rest, **shown)


def refuse_unattachable(method: Json) -> None:
    """Declining cards are declined when saved already, all but 4000000000000341 (docs.stripe.com/testing)."""
    card = cards.by_name(method[LOCAL]["card"])
    if card and card.decline and not card.attachable:
        raise error(fields(card.decline, payment_method=public(method)))


def outcome(decline: Decline | None) -> Json:
    """`charge.outcome`, one of: authorized, issuer_declined, blocked."""
    if decline is None:
        return _outcome("authorized", "approved_by_network", None, "Payment complete.")
    if decline.blocked:
        words = "Stripe blocked this payment as too risky."
        return {**_outcome("blocked", "not_sent_to_network", "highest_risk_level", words), "risk_level": "highest"}
    words = "The bank did not return any further details with this decline."
    return {
        **_outcome("issuer_declined", "declined_by_network", decline.decline_code, words),
        "advice_code": decline.advice,
        "network_decline_code": decline.network_code,
    }


def _outcome(kind: str, network: str, reason: str | None, words: str) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 12 if kind != "blocked" else 90,
        "seller_message": words,
        "type": kind,
    }
