"""A campaign with an API key, and a checkout's server that calls it."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from gateways.models import Gateway
from orders.models import Campaign, Offer
from payments.services.api.keys import make_key
from tests.factories import make_campaign, make_gateway, make_offer

RETURN_URL = "https://shop.test/done?cart=7"
CARD = {"payment_method": "pm_card_visa", "return_url": RETURN_URL}
ADA = {"name": "Ada Lovelace", "email": "ada@mail.test", "address": {"line1": "1 Row", "city": "Rome", "country": "IT"}}


@dataclass
class Checkout:
    """Somebody's own server. `offer` is on sale, and `gateway` is what routing takes."""

    campaign: Campaign
    offer: Offer
    gateway: Gateway
    key: str
    client: Client

    def post(self, path: str, body: Any, token: str = "", **headers: str) -> Any:
        raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
        known = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": token or uuid.uuid4().hex, **headers}
        sent = {name: value for name, value in known.items() if value}
        return self.client.post(f"/api/v1/{path}", raw, content_type="application/json", headers=sent)

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.key}"})

    def basket(self, **more: Any) -> dict[str, Any]:
        return {"customer": ADA, "lines": [{"offer": self.offer.sku}], **more}


@pytest.fixture
def checkout(transactional_db: None) -> Checkout:
    campaign = make_campaign()
    gateway = make_gateway(public_key="pk_test_shop", is_default=True)
    offer = make_offer(campaign, 5000, sku="SKU-1")
    _, key = make_key(campaign, "Shop", None)
    return Checkout(campaign, offer, gateway, key, Client())
