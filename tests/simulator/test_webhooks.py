from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from simulator.adapter import local_session
from simulator.core import LocalStripe
from tests.simulator.conftest import MakeClient
from tests.simulator.shop import Shop

URL = "https://shop.example/stripe/"


class Mailbox:
    """Where webhooks land; answers with the statuses it was given, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.letters: list[tuple[str, dict[str, str], bytes]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.letters.append((url, headers, body))
        return self.statuses.pop(0) if self.statuses else 200

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, _, body in self.letters]


def listen(shop: Shop, *kinds: Any, **params: Any) -> stripe.WebhookEndpoint:
    asked: Any = {"url": URL, "enabled_events": list(kinds) or ["*"], **params}
    return shop.v1.webhook_endpoints.create(params=asked)


def manners(core: LocalStripe, **rules: Any) -> None:
    assert core.handle("POST", "/_local/webhooks", {}, json.dumps(rules).encode()).status == 200


def test_a_webhook_is_signed_with_the_secret_of_its_endpoint(shop: Shop, client: MakeClient) -> None:
    endpoint = listen(shop, "payment_intent.succeeded", api_version="2026-10-28.endive")
    intent = shop.pay()
    mailbox = Mailbox()
    shop.core.deliver(mailbox)
    (url, headers, body), *rest = mailbox.letters
    assert (url, rest) == (URL, [])
    event = client().construct_event(body, headers["Stripe-Signature"], str(endpoint.secret))
    assert event.data.object["id"] == intent.id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode(), headers["Stripe-Signature"], "whsec_other", 300)


def test_an_endpoint_hears_what_it_asked_for(shop: Shop) -> None:
    listen(shop, "refund.created", "charge.refunded")
    shop.v1.refunds.create(params={"payment_intent": shop.pay().id})
    mailbox = Mailbox()
    shop.core.deliver(mailbox)
    assert mailbox.types() == ["refund.created", "charge.refunded"]


def test_an_event_counts_its_pending_webhooks_down(shop: Shop) -> None:
    listen(shop, "customer.created")
    shop.customer()
    assert shop.v1.events.list().data[0].pending_webhooks == 1
    shop.core.deliver(Mailbox())
    assert shop.v1.events.list().data[0].pending_webhooks == 0
    assert shop.core.pending_deliveries() == []


def test_an_event_names_the_request_that_caused_it(shop: Shop) -> None:
    intent = shop.pay(options={"idempotency_key": "order-7"})
    assert intent.last_response is not None
    event = shop.v1.events.list(params={"type": "payment_intent.succeeded"}).data[0]
    assert event.request is not None
    assert event.request.idempotency_key == "order-7"
    assert event.request.id == intent.last_response.request_id
    assert shop.v1.events.retrieve(event.id).data.object["id"] == intent.id


def test_a_refused_webhook_is_sent_again_later_and_later(shop: Shop) -> None:
    listen(shop, "customer.created")
    shop.customer()
    mailbox = Mailbox(500, 0, 302)
    for wait in (0, 1, 5):
        shop.core.clock.advance(wait)
        shop.core.deliver(mailbox)
        assert shop.core.deliver(mailbox) == []
    assert len(shop.core.pending_deliveries()) == 1
    shop.core.clock.advance(30)
    assert [status for _, status in shop.core.deliver(mailbox)] == [200]
    assert len({body for _, _, body in mailbox.letters}) == 1


def test_webhooks_that_nobody_takes_are_given_up(shop: Shop) -> None:
    listen(shop, "customer.created")
    shop.customer()
    for _ in range(10):
        shop.core.deliver(lambda *_letter: 500)
        shop.core.clock.advance(86_400)
    assert shop.core.pending_deliveries() == []


def test_webhooks_come_late(shop: Shop) -> None:
    manners(shop.core, delay=60)
    listen(shop, "customer.created")
    shop.customer()
    assert shop.core.deliver(Mailbox()) == []
    shop.core.clock.advance(60)
    assert len(shop.core.deliver(Mailbox())) == 1


def test_webhooks_come_twice(shop: Shop) -> None:
    manners(shop.core, duplicate=1)
    listen(shop, "customer.created")
    shop.customer()
    sent = shop.core.deliver(Mailbox())
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_webhooks_come_out_of_order(shop: Shop) -> None:
    manners(shop.core, reorder=True)
    listen(shop)
    shop.pay()
    mailbox = Mailbox()
    shop.core.deliver(mailbox)
    assert mailbox.types() == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


@pytest.mark.parametrize(
    ("rule", "arrived"), [({"drop": ["charge.*"]}, 2), ({"drop_every": 3}, 2), ({"drop": ["*"]}, 0)]
)
def test_webhooks_get_lost(shop: Shop, rule: Any, arrived: int) -> None:
    manners(shop.core, **rule)
    listen(shop)
    shop.pay()
    assert len(shop.core.deliver(Mailbox())) == arrived
    assert len(shop.v1.events.list().data) == 3


def test_an_event_can_be_sent_again(shop: Shop) -> None:
    manners(shop.core, drop=["*"])
    listen(shop, "customer.created")
    shop.customer()
    event = shop.v1.events.list().data[0]
    assert shop.core.handle("POST", f"/_local/events/{event.id}/resend", {}, b"").json() == {"queued": 1}
    assert shop.core.deliver(Mailbox()) == [(event.id, 200)]
    assert shop.core.handle("POST", "/_local/events/evt_no/resend", {}, b"").status == 404


def test_a_platform_hears_of_its_connected_accounts(shop: Shop, client: MakeClient) -> None:
    listen(shop, "customer.created", connect=True)
    client(stripe_account="acct_1032D82eZvKYlo2C").v1.customers.create()
    mailbox = Mailbox()
    shop.core.deliver(mailbox)
    assert [json.loads(body)["account"] for _, _, body in mailbox.letters] == ["acct_1032D82eZvKYlo2C"]


def test_a_disabled_or_deleted_endpoint_hears_nothing(shop: Shop) -> None:
    disabled, deleted = listen(shop), listen(shop)
    shop.customer()
    shop.v1.webhook_endpoints.update(disabled.id, params={"disabled": True})
    assert shop.v1.webhook_endpoints.delete(deleted.id).deleted
    mailbox = Mailbox()
    shop.core.deliver(mailbox)
    assert mailbox.letters == []
    assert [one.status for one in shop.v1.webhook_endpoints.list().data] == ["disabled"]


def test_the_secret_is_shown_once(shop: Shop) -> None:
    endpoint = listen(shop)
    assert str(endpoint.secret).startswith("whsec_")
    assert getattr(shop.v1.webhook_endpoints.retrieve(endpoint.id), "secret", None) is None
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.webhook_endpoints.create(params={"url": "shop.example", "enabled_events": ["*"]})
    assert caught.value.code == "url_invalid"


def test_webhooks_survive_a_restart(tmp_path: Path) -> None:
    def open_shop() -> Shop:
        core = LocalStripe(tmp_path / "stripe.sqlite3")
        http_client = stripe.RequestsClient(session=local_session(core))
        return Shop(stripe.StripeClient("sk_test_a_1", http_client=http_client), core)

    shop = open_shop()
    listen(shop, "customer.created")
    shop.customer()
    shop.core.clock.advance(3600)
    shop.core.close()
    again = open_shop()
    assert again.core.clock.offset == 3600
    assert len(again.core.deliver(Mailbox())) == 1


@pytest.mark.parametrize("act", [Shop.pay, Shop.customer])
def test_events_are_snapshots(shop: Shop, act: Callable[[Shop], Any]) -> None:
    made = act(shop)
    first = shop.v1.events.list(params={"limit": 100}).data[-1]
    if made.object == "payment_intent":
        assert first.data.object["status"] == "requires_confirmation"
    else:
        shop.v1.customers.update(made.id, params={"name": "Ada"})
        changed = shop.v1.events.list().data[0]
        assert (first.data.object["name"], changed.data.object["name"]) == (None, "Ada")
        assert changed.data.previous_attributes is not None
        assert changed.data.previous_attributes["name"] is None
