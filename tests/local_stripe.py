"""The local Stripe that the suite talks to, in this process, through the real SDK."""

import json
from typing import Any

import requests

from payments.models import Payment
from simulator.adapter import local_session
from simulator.core import LocalStripe

stripe = LocalStripe()


def session() -> requests.Session:
    """What STRIPE_SESSION_FACTORY names."""
    return local_session(stripe)


def all_intents() -> list[dict[str, Any]]:
    rows = stripe.store.rows("select body from objects where type = 'payment_intent'")
    return [json.loads(row[0]) for row in rows]


def charges_of(payment: Payment) -> list[str]:
    """The ids of the intents that carry the payment's key: what Stripe really did for it."""
    return [one["id"] for one in all_intents() if one["metadata"].get("midway_payment") == str(payment.key)]
