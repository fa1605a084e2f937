"""The webhook's door: what is let in, what is refused, and that each event is stored once."""

import json
import time

import pytest
import stripe
from django.test import Client

from gateways.models import Gateway
from gateways.services import store_gateway
from payments.models import WebhookEvent
from tests.factories import make_gateway
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def body_of(**fields: object) -> bytes:
    thing = {"id": "pi_unknown", "object": "payment_intent", "metadata": {}}
    event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": 1, "livemode": False}
    return json.dumps({**event, "data": {"object": thing}, **fields}).encode()


def signed(body: bytes, secret: str, at: int | None = None) -> str:
    return str(
        stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=at or int(time.time()))
    )


def post(gateway: Gateway, body: bytes, signature: str | None = None) -> int:
    headers = {"Stripe-Signature": signed(body, gateway.signing_secret) if signature is None else signature}
    url = f"/webhooks/stripe/{gateway.slug}/"
    return Client().post(url, body, content_type="application/json", headers=headers).status_code


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(webhook=True)


def test_a_signed_event_is_stored_and_answered(gateway: Gateway) -> None:
    assert post(gateway, body_of()) == 200
    row = WebhookEvent.objects.get()
    assert (row.event_id, row.type, row.status) == ("evt_1", "payment_intent.succeeded", "new")


def test_the_same_event_again_is_answered_and_not_stored(gateway: Gateway) -> None:
    assert [post(gateway, body_of()) for _ in range(3)] == [200, 200, 200]
    assert WebhookEvent.objects.count() == 1


def test_twenty_deliveries_at_once_are_all_answered_and_one_is_stored(gateway: Gateway) -> None:
    assert at_once(20, lambda _: post(gateway, body_of())) == [200] * 20
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "nonsense", "t=,v1="])
def test_an_unsigned_or_badly_signed_body_is_refused(gateway: Gateway, signature: str) -> None:
    assert post(gateway, body_of(), signature) == 400
    assert not WebhookEvent.objects.exists()


def test_a_replayed_old_body_is_refused(gateway: Gateway) -> None:
    old = signed(body_of(), gateway.signing_secret, at=int(time.time()) - 301)
    assert post(gateway, body_of(), old) == 400
    assert not WebhookEvent.objects.exists()


def test_another_gateways_signature_is_refused(gateway: Gateway) -> None:
    other = make_gateway(webhook=True)
    assert post(gateway, body_of(), signed(body_of(), other.signing_secret)) == 400


def test_during_a_change_of_secrets_both_are_good(gateway: Gateway) -> None:
    old = gateway.signing_secret
    store_gateway(gateway, signing_secret="whsec_the_new_one")
    assert post(gateway, body_of(id="evt_old"), signed(body_of(id="evt_old"), old)) == 200
    assert post(gateway, body_of(id="evt_new"), signed(body_of(id="evt_new"), "whsec_the_new_one")) == 200


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b'{"id": 1}', b"\xff\xfe", b'{"data": {"object": 3}}'])
def test_a_malformed_body_is_refused_even_when_signed(gateway: Gateway, body: bytes) -> None:
    signature = "t=1,v1=0" if body == b"\xff\xfe" else None
    assert post(gateway, body, signature) == 400
    assert not WebhookEvent.objects.exists()


def test_an_unknown_gateway_in_the_address_is_told() -> None:
    answer = Client().post("/webhooks/stripe/nobody/", b"{}", content_type="application/json")
    assert (answer.status_code, "gateway" in answer.json()["error"]) == (404, True)


def test_a_body_of_a_megabyte_is_refused_before_it_is_read(gateway: Gateway) -> None:
    assert post(gateway, b"x" * (1024 * 1024 + 1), "t=1,v1=0") == 413


def test_only_post_is_taken(gateway: Gateway) -> None:
    assert Client().get(f"/webhooks/stripe/{gateway.slug}/").status_code == 405


def test_a_gateway_without_a_signing_secret_takes_nothing() -> None:
    assert post(make_gateway(), body_of(), signed(body_of(), "whsec_x")) == 400
