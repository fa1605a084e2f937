"""The local Stripe that the suite talks to, in this process, through the real SDK."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from django.test import Client

from orders.models import Card
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


def _answer(method: str, path: str, key: str, account: str = "", **params: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", **({"Stripe-Account": account} if account else {})}
    response = stripe.handle(method, path, headers, urlencode(params).encode())
    answer: dict[str, Any] = json.loads(response.body)
    assert response.status == 200, answer
    return answer


def confirmation_token(key: str, card: str = "pm_card_visa", *, account: str = "", **params: str) -> str:
    """What Stripe's form in a browser makes of a card. `key` is a key of the account, publishable or secret."""
    token = _answer("POST", "/v1/test_helpers/confirmation_tokens", key, account, payment_method=card, **params)
    return str(token["id"])


def confirm_in_page(key: str, client_secret: str, *, passed: bool, account: str = "") -> dict[str, Any]:
    """What Stripe.js does with a client secret: the bank asks, the cardholder answers. The intent afterwards."""
    intent_id = client_secret.partition("_secret_")[0]
    path = f"/v1/{'setup' if intent_id.startswith('seti_') else 'payment'}_intents/{intent_id}"
    address = f"{path}?{urlencode({'client_secret': client_secret})}"
    intent = _answer("GET", address, key, account)
    asked = intent["next_action"]
    page = asked["use_stripe_sdk"]["stripe_js"] if "use_stripe_sdk" in asked else asked["redirect_to_url"]["url"]
    stripe.handle("POST", page, {}, b"outcome=complete" if passed else b"outcome=fail")
    return _answer("GET", address, key, account)


def decline_from_now_on(card: Card) -> None:
    """The bank, which has let a kept card pay so far, declines it from now on."""
    with stripe.store.transaction():
        found = stripe.store.load(card.reference)
        assert found, card
        found[1]["_local"]["card"] = "chargeCustomerFail"
        stripe.store.save(*found)


def answer_bank(payment: Payment, *, passed: bool) -> None:
    """The cardholder of a payment that waits for them answers the bank, in their browser; nobody has told Midway."""
    secret = next(one["client_secret"] for one in all_intents() if one["id"] == payment.reference)
    confirm_in_page(payment.gateway.secret_key, secret, passed=passed)


def deliver(client: Client) -> list[int]:
    """Send the webhooks that are due to Midway, as the server's own thread does; the answers' statuses."""

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return client.post(urlsplit(url).path, body, content_type="application/json", headers=dict(headers)).status_code

    return [status for _, status in stripe.deliver(post)]
