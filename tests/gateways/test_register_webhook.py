"""Registering a webhook: one endpoint an address, a secret that always works, a reason where Stripe cannot reach us."""

import pytest
from django.test import Client
from pytest_django import Settings

from gateways.models import Gateway
from gateways.processors.base import GatewayUnavailable
from gateways.processors.stripe_events import WEBHOOK_EVENTS, missing_from, real_name
from gateways.services import GatewayProblem, processor_for, register_webhook, store_gateway
from gateways.webhooks import what_to_paste
from payments.models import WebhookEvent
from payments.services.test_transaction import run_test_transaction
from simulator.core import LocalStripe
from simulator.faults import Fault, Kind
from tests.factories import TESTER, make_gateway
from tests.local_stripe import deliver

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "http://testserver"
ENDPOINTS = "/v1/webhook_endpoints"


def endpoints(gateway: Gateway) -> list[str]:
    return [one.reference for one in processor_for(gateway, as_platform=True).list_webhooks()]


def fresh(gateway: Gateway) -> Gateway:
    return Gateway.objects.get(pk=gateway.pk)


def test_registering_again_keeps_the_endpoint_and_its_secret() -> None:
    gateway = make_gateway(webhook=True)
    before = (gateway.webhook_reference, gateway.signing_secret)
    register_webhook(gateway, HERE)
    assert (gateway.webhook_reference, gateway.signing_secret) == before
    assert endpoints(gateway) == [gateway.webhook_reference]


def test_registering_again_adds_the_events_that_are_missing_and_switches_the_endpoint_on(
    local_stripe: LocalStripe,
) -> None:
    gateway = make_gateway(webhook=True)
    headers = {"Authorization": f"Bearer {gateway.secret_key}"}
    body = b"enabled_events[0]=charge.succeeded&disabled=true"
    assert local_stripe.handle("POST", f"{ENDPOINTS}/{gateway.webhook_reference}", headers, body).status == 200
    register_webhook(gateway, HERE)
    (endpoint,) = processor_for(gateway).list_webhooks()
    assert (endpoint.enabled, endpoint.missing) == (True, ())


def test_a_new_secret_takes_a_new_endpoint_and_the_old_secret_still_verifies() -> None:
    gateway = make_gateway(webhook=True)
    old = gateway.signing_secret
    register_webhook(gateway, HERE, new_secret=True)
    assert gateway.signing_secret != old
    assert gateway.previous_signing_secret == old
    assert gateway.signing_secret_proven_at is None
    assert endpoints(gateway) == [gateway.webhook_reference]


def test_a_secret_that_was_typed_is_not_taken_for_the_endpoints_own() -> None:
    gateway = make_gateway(webhook=True)
    store_gateway(gateway, signing_secret="whsec_typed")
    register_webhook(gateway, HERE)
    assert gateway.signing_secret != "whsec_typed"
    assert endpoints(gateway) == [gateway.webhook_reference]


def test_endpoints_that_piled_up_are_cleared_and_those_of_others_stay() -> None:
    gateway = make_gateway(webhook=True)
    processor = processor_for(gateway)
    processor.register_webhook(gateway.webhook_url)
    other = processor.register_webhook("https://shop.example/hook").reference
    register_webhook(gateway, HERE)
    assert sorted(endpoints(gateway)) == sorted([gateway.webhook_reference, other])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", ["error", "timeout", "reset"])
def test_a_call_that_fails_half_way_leaves_the_secret_that_works(
    method: str, kind: Kind, local_stripe: LocalStripe, client: Client
) -> None:
    gateway = make_gateway(webhook=True)
    old = gateway.signing_secret
    local_stripe.faults.add(Fault(method=method, path=ENDPOINTS, kind=kind, when="after"))
    with pytest.raises(GatewayUnavailable):
        register_webhook(gateway, HERE, new_secret=True)
    local_stripe.faults.clear()
    assert fresh(gateway).signing_secret == old
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    assert 200 in deliver(client)
    register_webhook(gateway, HERE)
    assert endpoints(gateway) == [gateway.webhook_reference], "the next registration clears what was left over"


def test_an_old_endpoint_that_cannot_be_deleted_does_not_undo_the_new_one(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(webhook=True)
    local_stripe.faults.add(Fault(method="DELETE", path=f"{ENDPOINTS}/*", kind="error"))
    register_webhook(gateway, HERE, new_secret=True)
    assert len(endpoints(gateway)) == 2
    local_stripe.faults.clear()
    register_webhook(gateway, HERE)
    assert endpoints(gateway) == [gateway.webhook_reference]


@pytest.mark.parametrize(
    ("public_url", "reason"),
    [
        ("http://127.0.0.1:8000", "inside your own network"),
        ("https://localhost", "inside your own network"),
        ("https://10.0.0.5", "inside your own network"),
        ("https://[::1]:8000", "inside your own network"),
        ("https://midway", "inside your own network"),
        ("http://pay.example.com", "https:// addresses only"),
    ],
)
def test_the_real_stripe_is_not_told_of_an_address_that_it_cannot_reach(
    public_url: str, reason: str, settings: Settings
) -> None:
    gateway = make_gateway()
    settings.STRIPE_SESSION_FACTORY = ""
    with pytest.raises(GatewayProblem) as refusal:
        register_webhook(gateway, public_url)
    assert reason in refusal.value.message
    assert f"paste {public_url}/webhooks/stripe/{gateway.slug}/" in refusal.value.message
    assert "charge.dispute.funds_withdrawn" in refusal.value.message


def test_what_to_paste_names_the_address_and_every_event() -> None:
    text = what_to_paste("https://pay.example/hook")
    assert "https://pay.example/hook" in text
    assert all(name in text for name in WEBHOOK_EVENTS)


def test_the_source_documents_spelling_of_an_event_is_understood() -> None:
    assert real_name("charge.dispute.funds_withdraw") == "charge.dispute.funds_withdrawn"
    seed = ["charge.dispute.funds_withdraw", *(name for name in WEBHOOK_EVENTS if "withdrawn" not in name)]
    assert missing_from(seed) == ()
    assert missing_from(["*"]) == ()
    assert len(missing_from([])) == len(WEBHOOK_EVENTS)


def test_an_event_proves_the_newest_secret_and_the_previous_one_does_not(client: Client) -> None:
    gateway = make_gateway(webhook=True)
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    store_gateway(gateway, signing_secret="whsec_of_another_endpoint")
    assert 200 in deliver(client)
    assert WebhookEvent.objects.filter(gateway=gateway).exists()
    assert fresh(gateway).signing_secret_proven_at is None
    register_webhook(gateway, HERE)
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    deliver(client)
    assert fresh(gateway).signing_secret_proven_at is not None
