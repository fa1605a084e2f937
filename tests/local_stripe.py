"""The local Stripe that the suite talks to, in this process, through the real SDK."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.test import Client

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


def deliver(client: Client) -> list[int]:
    """Send the webhooks that are due to Midway, as the server's own thread does; the answers' statuses."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return client.post(urlsplit(url).path, body, content_type="application/json", headers=dict(headers)).status_code

    return [status for _, status in stripe.deliver(post)]
