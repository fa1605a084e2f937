"""A processor on an account of its own, and what it sends."""

from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest

from gateways.processors.base import ChargeRequest
from gateways.processors.stripe_v2 import StripeV2
from simulator.core import LocalStripe
from simulator.messages import Request, Response
from simulator.objects import accounts


class Shop(StripeV2):
    """An account that no other test uses."""

    def wish(self, **fields: object) -> ChargeRequest:
        plain = {
            "our_key": str(uuid4()),
            "amount": 5000,
            "currency": "USD",
            "payment_method": "pm_card_visa",
            "capture": True,
            "description": "Summer Glow, SO-1001",
        }
        return ChargeRequest(**{**plain, **fields})  # type: ignore[arg-type]


class Sent(list[Request]):
    """The requests that reached the local Stripe, oldest first."""

    def params(self, number: int = -1) -> dict[str, str]:
        request = self[number]
        return dict(parse_qsl(request.body.decode() or request.query, keep_blank_values=True))

    def keys(self) -> list[str]:
        return [request.header("idempotency-key") for request in self]


@pytest.fixture
def shop() -> Shop:
    return Shop(secret_key=f"sk_test_{uuid4().hex}_key")


@pytest.fixture
def sent(local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> Sent:
    seen, handle = Sent(), local_stripe.handle

    def listen(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        seen.append(Request.build(method, path, headers, body))
        return handle(method, path, headers, body)

    monkeypatch.setattr(local_stripe, "handle", listen)
    return seen


def switch(local_stripe: LocalStripe, shop: Shop, **changes: object) -> None:
    """Change the account at the local Stripe."""
    world = local_stripe.world(shop.account().reference)
    with local_stripe.store.transaction():
        accounts.change(world, changes)
        world.flush()
