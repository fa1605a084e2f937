"""One webhook for all connected accounts of a platform (S2-24)."""

import json

import pytest
from django.test import Client

from gateways.models import Gateway
from gateways.services import GatewayProblem, connect, processor_for, register_webhook, store_gateway
from payments.models import Status, WebhookEvent
from payments.services.test_transaction import run_test_transaction
from simulator.core import LocalStripe
from simulator.deliveries import sign
from tests.factories import TESTER, make_card, make_customer, make_gateway
from tests.local_stripe import deliver

pytestmark = pytest.mark.django_db(transaction=True)

NORTH, SOUTH = "acct_1032D82eZvKYnorth", "acct_1032D82eZvKYsouth"


def connected(platform: str, account: str) -> Gateway:
    return make_gateway(platform, connected_account=True, mid=account)


def test_two_connected_accounts_share_one_endpoint_and_its_secret(local_stripe: LocalStripe) -> None:
    north, south = connected("agency", NORTH), connected("agency", SOUTH)
    register_webhook(north, "http://testserver")
    register_webhook(south, "http://testserver")
    north.refresh_from_db()
    assert north.webhook_url == south.webhook_url == f"http://testserver/webhooks/stripe/connect/{north.slug}/"
    assert (north.webhook_reference, north.signing_secret) == (south.webhook_reference, south.signing_secret)
    assert len(processor_for(north, as_platform=True).list_webhooks()) == 1
    assert processor_for(south).list_webhooks() == []


def test_each_event_goes_to_the_gateway_of_its_account(client: Client) -> None:
    north, south = connected("bureau", "acct_bureaunorth"), connected("bureau", "acct_bureausouth")
    register_webhook(north, "http://testserver")
    payment = run_test_transaction(south, 100, "pm_card_visa", TESTER)
    assert payment.status == Status.CAPTURED
    assert 200 in deliver(client)
    assert {row.gateway_id for row in WebhookEvent.objects.all()} == {south.pk}
    south.refresh_from_db()
    assert south.signing_secret_proven_at is not None


def test_news_of_an_account_without_a_gateway_is_acknowledged_and_not_kept(client: Client) -> None:
    north, gone = connected("guild", "acct_guildnorth"), connected("guild", "acct_guildgone")
    register_webhook(north, "http://testserver")
    run_test_transaction(gone, 100, "pm_card_visa", TESTER)
    Gateway.objects.filter(pk=gone.pk).update(mid="acct_guildelsewhere")
    assert 200 in deliver(client)
    assert not WebhookEvent.objects.exists()


def test_another_platforms_secret_verifies_nothing_here(client: Client) -> None:
    ours, theirs = connected("union", NORTH), connected("league", NORTH)
    register_webhook(ours, "http://testserver")
    register_webhook(theirs, "http://testserver")
    body = json.dumps({"id": "evt_1", "object": "event", "account": NORTH}).encode()
    signature = sign(body, theirs.signing_secret, 1)
    path = f"/webhooks/stripe/connect/{ours.slug}/"
    answer = client.post(path, body, content_type="application/json", headers={"Stripe-Signature": signature})
    assert answer.status_code == 400
    assert client.post("/webhooks/stripe/connect/unknown/", body, content_type="application/json").status_code == 404


def test_connected_accounts_of_one_platform_do_not_share_cards() -> None:
    north, south = connected("estate", NORTH), connected("estate", SOUTH)
    assert (north.account_id, south.account_id) == (NORTH, SOUTH)
    assert north.key_account_id == south.key_account_id != ""
    assert make_card(make_customer(), north).account_id == NORTH


def test_a_gateway_that_has_worked_on_one_connected_account_is_not_moved_to_another() -> None:
    gateway = connected("manor", NORTH)
    gateway.mid = SOUTH
    with pytest.raises(GatewayProblem, match="Add a new gateway for the other account") as refusal:
        store_gateway(gateway)
    assert refusal.value.field == "mid"


def test_a_connected_account_that_the_key_may_not_use_is_refused(local_stripe: LocalStripe) -> None:
    local_stripe.handle("POST", f"/_local/accounts/{NORTH}", {}, b'{"accessible": false}')
    try:
        with pytest.raises(GatewayProblem, match="Connected accounts") as refusal:
            connect("stripe_v2", "sk_test_abbey_1", stripe_account=NORTH)
        assert refusal.value.field == "mid"
    finally:
        local_stripe.handle("POST", f"/_local/accounts/{NORTH}", {}, b'{"accessible": true}')


def test_two_keys_of_different_accounts_are_no_pair() -> None:
    assert connect("stripe_v2", "sk_test_twin_1", "pk_test_twin_9").account_name == "Twin"
    with pytest.raises(GatewayProblem, match="copy both from the same page") as refusal:
        connect("stripe_v2", "sk_test_twin_1", "pk_test_stranger_1")
    assert refusal.value.field == "public_key"
