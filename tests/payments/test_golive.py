"""The go-live check: each red line turns green by its remedy."""

import json
from typing import Any

import pytest
from celery.schedules import crontab
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from config.celery import app
from gateways.golive.findings import LONGEST, failed
from gateways.models import Gateway, GoLiveCheck
from gateways.processors.stripe_client import TransactionOpenError
from gateways.services import register_webhook, store_gateway
from payments import tasks
from payments.golive import CHECKS, LABELS, checks_for, go_through, is_ready, run_go_live_check
from payments.services.test_transaction import run_rebill, run_test_transaction
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway
from tests.local_stripe import deliver

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(gateway: Gateway) -> dict[str, str]:
    return {row.check_name: row.outcome for row in run_go_live_check(gateway)}


def outcome(gateway: Gateway, name: str) -> tuple[str, str]:
    row = next(row for row in run_go_live_check(gateway) if row.check_name == name)
    return row.outcome, row.detail


def at_stripe(stripe: LocalStripe, gateway: Gateway, **changes: Any) -> None:
    answer = stripe.handle("POST", f"/_local/accounts/{gateway.account_id}", {}, json.dumps(changes).encode())
    assert answer.status == 200


def paired_gateway(account: str, **fields: Any) -> Gateway:
    gateway = make_gateway(account, **fields)
    gateway.public_key = f"pk_test_{account}_9"
    return store_gateway(gateway)


def test_a_gateway_with_everything_done_is_ready(client: Client) -> None:
    gateway = paired_gateway("ready", webhook=True, descriptor="READY SHOP", descriptor_suffix="GLOW")
    run_rebill(gateway, 100, "pm_card_visa", TESTER)
    deliver(client)
    found = outcomes(gateway)
    assert found == {check.name: "warning" if check.name == "keys_are_live" else "ok" for check in CHECKS}
    assert is_ready(gateway)


def test_a_new_gateway_is_told_what_to_do() -> None:
    gateway = make_gateway()
    assert not is_ready(gateway), "nothing was looked at yet"
    rows = run_go_live_check(gateway)
    red = {row.check_name for row in rows if row.outcome == "failed"}
    assert red == {"webhook_registered", "signing_secret_proven", "test_transaction_done"}
    assert all(row.detail.endswith((".", "”.")) for row in rows)
    assert not is_ready(gateway)


def test_the_outcome_of_a_run_takes_the_place_of_the_last_one() -> None:
    gateway = make_gateway()
    GoLiveCheck.objects.create(
        gateway=gateway, check_name="of_an_older_midway", outcome="failed", detail="x", checked_at=gateway.created_at
    )
    first = outcomes(gateway)
    register_webhook(gateway, "http://testserver")
    second = outcomes(gateway)
    assert (first["webhook_registered"], second["webhook_registered"]) == ("failed", "ok")
    assert set(GoLiveCheck.objects.values_list("check_name", flat=True)) == set(second)


def test_outcomes_come_one_by_one() -> None:
    run = go_through(make_gateway())
    assert next(run).check_name == "key_works"
    assert GoLiveCheck.objects.count() == 1


def test_a_refused_key_is_red_and_asked_for_once(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(webhook=True)
    key = gateway.secret_key
    local_stripe.handle("POST", "/_local/keys", {}, json.dumps({"revoke": [key]}).encode())
    found = dict(outcomes(gateway))
    assert {found[name] for name in ("key_works", "charges_enabled", "bank_account", "webhook_registered")} == {
        "failed"
    }
    _, detail = outcome(gateway, "key_works")
    assert "Copy the key again" in detail
    assert key not in detail
    log = local_stripe.handle("GET", "/_local/log?limit=2", {}).json()["requests"]
    assert [one["status"] for one in log] == [401, 401], "one call a run"


def test_silence_is_no_failure_and_no_readiness(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(webhook=True)
    local_stripe.faults.add(Fault(kind="timeout", times=None))
    found = outcomes(gateway)
    assert {found[name] for name in ("key_works", "charges_enabled", "account_name", "webhook_registered")} == {
        "warning"
    }
    assert not is_ready(gateway)


def test_a_key_that_cannot_be_decrypted_is_told(settings: Settings) -> None:
    gateway = make_gateway(webhook=True)
    settings.FERNET_KEYS = ["Zmh2dmpKQ0hVbVdCb1d5T3lKTnlQeFZwd2V0dVB2dlY="]
    state, detail = outcome(gateway, "key_works")
    assert (state, "FERNET_KEYS" in detail) == ("failed", True)
    assert outcome(gateway, "signing_secret_proven")[0] == "failed"


def test_keys_of_two_accounts_are_no_pair() -> None:
    gateway = paired_gateway("mine")
    assert outcome(gateway, "pair_matches")[0] == "ok"
    gateway.public_key = "pk_test_yours_1"
    store_gateway(gateway)
    assert outcome(gateway, "pair_matches")[0] == "failed"
    gateway.public_key = ""
    store_gateway(gateway)
    assert outcome(gateway, "pair_matches")[0] == "warning"


@pytest.mark.parametrize(
    ("changes", "name", "state"),
    [
        ({"charges_enabled": False}, "charges_enabled", "failed"),
        ({"charges_enabled": False, "details_submitted": False}, "charges_enabled", "failed"),
        (
            {"payouts_enabled": False, "requirements": {"currently_due": ["external_account"]}},
            "payouts_enabled",
            "failed",
        ),
        ({"external_accounts": {"data": []}}, "bank_account", "failed"),
        ({"settings": {"payouts": {"schedule": {"interval": "manual"}}}}, "bank_account", "warning"),
        ({"settings": {"dashboard": {"display_name": ""}}, "business_profile": {"name": ""}}, "account_name", "failed"),
        ({"settings": {"card_payments": {"statement_descriptor_prefix": "1234"}}}, "descriptor_legal", "warning"),
    ],
)
def test_what_is_wrong_with_the_account_at_stripe_is_told(
    changes: dict[str, Any], name: str, state: str, local_stripe: LocalStripe
) -> None:
    gateway = make_gateway()
    assert outcome(gateway, name)[0] == "ok"
    at_stripe(local_stripe, gateway, **changes)
    found, detail = outcome(gateway, name)
    assert found == state
    assert "https://dashboard.stripe.com/" in detail


def test_a_suffix_that_no_longer_fits_the_accounts_prefix_is_red(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(descriptor_suffix="GLOW SERUM")
    at_stripe(local_stripe, gateway, settings={"card_payments": {"statement_descriptor_prefix": "LONGPREFIX"}})
    assert outcome(gateway, "descriptor_legal")[0] == "ok"
    Gateway.objects.filter(pk=gateway.pk).update(descriptor_suffix="GLOW SERUM 30 ML")
    assert "10 characters at most" in outcome(gateway, "descriptor_legal")[1]
    Gateway.objects.filter(pk=gateway.pk).update(descriptor_suffix="", descriptor="a*")
    assert outcome(gateway, "descriptor_legal")[0] == "failed"


def test_what_stripe_calls_the_account_now_is_remembered_without_a_change_by_anybody(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    at_stripe(local_stripe, gateway, settings={"dashboard": {"display_name": "New name"}})
    run_go_live_check(gateway)
    before = gateway.history.count()
    gateway.refresh_from_db()
    assert (gateway.account_name, gateway.history.count()) == ("New name", before)


def test_missing_events_are_listed_and_a_disabled_endpoint_is_told(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(webhook=True)
    path = f"/v1/webhook_endpoints/{gateway.webhook_reference}"
    headers = {"Authorization": f"Bearer {gateway.secret_key}"}
    local_stripe.handle("POST", path, headers, b"enabled_events[0]=charge.succeeded")
    state, detail = outcome(gateway, "webhook_registered")
    assert (state, "charge.captured, charge.expired" in detail) == ("failed", True)
    assert detail.endswith("That adds what is missing.")
    local_stripe.handle("POST", path, headers, b"disabled=true")
    assert "disabled" in outcome(gateway, "webhook_registered")[1]


def test_an_endpoint_at_an_old_address_is_told(settings: Settings) -> None:
    gateway = make_gateway(webhook=True)
    settings.PUBLIC_URL = "https://moved.example"
    state, detail = outcome(gateway, "webhook_registered")
    assert (state, "https://moved.example" in detail) == ("warning", True)


def test_a_connected_account_is_checked_at_its_platforms_endpoint() -> None:
    gateway = make_gateway("holding", connected_account=True, mid="acct_holdingchild")
    assert outcome(gateway, "webhook_registered")[0] == "failed"
    register_webhook(gateway, "http://testserver")
    assert outcome(gateway, "webhook_registered")[0] == "ok"
    assert "acct_holdingchild" in outcome(gateway, "key_works")[1]


def test_the_last_test_transaction_tells_why_it_was_not_captured() -> None:
    gateway = make_gateway()
    run_test_transaction(gateway, 100, "pm_card_visa_chargeDeclinedInsufficientFunds", TESTER)
    state, detail = outcome(gateway, "test_transaction_done")
    assert (state, "was not captured" in detail, "test_transaction --gateway" in detail) == ("failed", True, True)
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    assert outcome(gateway, "test_transaction_done")[0] == "ok"


def test_a_rebill_that_was_not_simulated_is_a_warning() -> None:
    gateway = make_gateway()
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    state, detail = outcome(gateway, "rebill_simulated")
    assert (state, "No rebill was simulated yet" in detail) == ("warning", True)


def test_moto_is_proven_by_a_payment_that_is_marked_so(local_stripe: LocalStripe) -> None:
    gateway = make_gateway(moto=True)
    assert outcome(gateway, "moto_allowed")[0] == "warning"
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    state, detail = outcome(gateway, "moto_allowed")
    assert (state, "Ask Stripe" in detail) == ("failed", True)
    at_stripe(local_stripe, gateway, moto=True)
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    assert outcome(gateway, "moto_allowed")[0] == "ok"


def test_money_without_a_processor_needs_no_check() -> None:
    gateway = make_gateway()
    Gateway.objects.filter(pk=gateway.pk).update(processor="offline")
    gateway.refresh_from_db()
    assert (run_go_live_check(gateway), checks_for(gateway), is_ready(gateway)) == ([], [], True)


def test_every_check_has_a_label_and_a_detail_that_fits() -> None:
    assert len(LABELS) == len(CHECKS)
    long = failed("many events, " * 80, "Register it again.")
    assert len(long.detail) <= LONGEST
    assert long.detail.endswith("… Register it again.")


@pytest.mark.django_db(transaction=False)
def test_beat_looks_at_all_active_gateways_by_night_one_message_each(monkeypatch: pytest.MonkeyPatch) -> None:
    gateways = [make_gateway() for _ in range(3)]
    Gateway.objects.filter(pk=gateways[2].pk).update(active=False)
    asked: list[int] = []
    monkeypatch.setattr(tasks.check_gateway, "delay", asked.append)
    tasks.check_gateways()
    assert asked == [gateways[0].pk, gateways[1].pk]
    tasks.check_gateway(gateways[0].pk)
    tasks.check_gateway(987654)
    assert GoLiveCheck.objects.filter(gateway=gateways[0]).count() == len(checks_for(gateways[0]))
    assert isinstance(app.conf.beat_schedule["check-gateways"]["schedule"], crontab)


def test_nothing_is_asked_inside_a_transaction() -> None:
    gateway = make_gateway()
    with transaction.atomic(), pytest.raises(TransactionOpenError):
        run_go_live_check(gateway)
