"""Gateways are connected before they are stored: a key tells its account and its mode, and keeps to them."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from gateways.models import Gateway, Mode
from gateways.processors.base import GatewayMisconfigured, GatewayUnavailable
from gateways.processors.stripe_client import TransactionOpenError
from gateways.services import (
    Connection,
    GatewayProblem,
    check_keys,
    connect,
    pause,
    processor_for,
    register_webhook,
    store_gateway,
    webhook_url,
)
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db

NO_SECRET = "This is no secret key: it starts with sk_test_ or sk_live_ (restricted keys with rk_)."
NO_PUBLIC = "This is no publishable key: it starts with pk_test_ or pk_live_."


def problem(do: Any, *args: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(GatewayProblem) as refusal:
        do(*args, **options)
    assert str(refusal.value) == refusal.value.message
    return refusal.value.field, refusal.value.message


def fresh(gateway: Gateway) -> Gateway:
    return Gateway.objects.get(pk=gateway.pk)


# --- keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "public", "mode"),
    [
        ("sk_test_51Habc", "", Mode.TEST),
        ("sk_live_51Habc", "", Mode.LIVE),
        ("rk_test_51Habc", "", Mode.TEST),
        ("rk_live_51Habc", "pk_live_51Habc", Mode.LIVE),
        ("sk_test_51Habc", "pk_test_51Habc", Mode.TEST),
    ],
)
def test_the_keys_tell_their_mode(secret: str, public: str, mode: Mode) -> None:
    assert check_keys(secret, public) is mode


@pytest.mark.parametrize(
    "key",
    [
        *["", "sk_test_", "sk_test", "pk_test_1", "sk_prod_1", "SK_TEST_1", "sk_test_1 ", " sk_test_1", "sk_test_1\n"],
        *["sk_test_é", "whsec_1", "sk_test_1\nX-Injected: 1", "sk-test-1", "https://dashboard.stripe.com"],
    ],
)
def test_a_malformed_secret_key_is_refused(key: str) -> None:
    assert problem(check_keys, key) == ("secret_key", NO_SECRET)


@pytest.mark.parametrize("key", ["sk_test_1", "pk_test_", "pk_prod_1", "nonsense", "pk_test_1\n", "rk_test_1"])
def test_a_malformed_publishable_key_is_refused(key: str) -> None:
    assert problem(check_keys, "sk_test_1", key) == ("public_key", NO_PUBLIC)


@pytest.mark.parametrize(("secret", "public"), [("test", "live"), ("live", "test")])
def test_a_pair_of_two_modes_is_refused(secret: str, public: str) -> None:
    field, message = problem(check_keys, f"sk_{secret}_1", f"pk_{public}_1")
    assert field == "public_key"
    assert message.startswith(f"The publishable key is of {public} mode and the secret key of {secret} mode: ")
    assert message.endswith("copy both from the same page of the Stripe dashboard.")


# --- connect ----------------------------------------------------------------------------------------------------


def test_a_good_key_tells_its_account() -> None:
    found = connect("stripe_v2", "sk_test_north_shop_1", "pk_test_north_shop_1")
    assert (found.account_name, found.currency, found.mode) == ("North Shop", "USD", Mode.TEST)
    assert found.account_id.startswith("acct_")
    assert found == connect("stripe_v2", "sk_test_north_shop_2")


def test_a_key_that_stripe_refuses_is_told_with_the_remedy_and_not_repeated() -> None:
    field, message = problem(connect, "stripe_v2", "sk_live_notHere123456")
    assert field == "secret_key"
    assert message.startswith("Stripe refuses this gateway's key or account: ")
    assert message.endswith("Copy the key again, or make a new one.")
    assert "notHere" not in message


@pytest.mark.parametrize("kind", ["error", "reset", "timeout", "rate_limit", "malformed"])
def test_a_key_that_could_not_be_tried_is_told_as_that(local_stripe: LocalStripe, kind: Any) -> None:
    local_stripe.faults.add(Fault(kind=kind, path="/v1/account"))
    field, message = problem(connect, "stripe_v2", "sk_test_shop_1")
    assert field == "secret_key"
    assert message.endswith("The key could not be tried, so nothing was saved: try again in a minute.")


def test_a_malformed_key_is_refused_before_any_call(local_stripe: LocalStripe) -> None:
    before = len(local_stripe.journal.last(1000))
    assert problem(connect, "stripe_v2", "nonsense") == ("secret_key", NO_SECRET)
    assert len(local_stripe.journal.last(1000)) == before


def test_a_key_is_never_tried_inside_a_transaction() -> None:
    with pytest.raises(TransactionOpenError), transaction.atomic():
        connect("stripe_v2", "sk_test_shop_1")


# --- store ------------------------------------------------------------------------------------------------------


def test_a_new_gateway_takes_account_mode_currency_and_hints_from_its_key() -> None:
    key = "sk_test_new_shop_wxyz"
    gateway = store_gateway(
        Gateway(name="New"), secret_key=key, signing_secret="whsec_ab12", connection=connect("stripe_v2", key)
    )
    row = fresh(gateway)
    assert (row.mode, row.currency, row.account_name) == (Mode.TEST, "USD", "New Shop")
    assert row.account_id == connect("stripe_v2", key).account_id
    assert (row.secret_key, row.secret_key_hint, row.signing_secret_hint) == (key, "wxyz", "ab12")
    assert (row.signing_secret, row.previous_signing_secret) == ("whsec_ab12", "")


def test_a_currency_that_was_chosen_is_kept() -> None:
    assert fresh(make_gateway(currency="EUR")).currency == "EUR"


def test_none_keeps_the_secrets_as_they_are() -> None:
    gateway = make_gateway(webhook=True)
    before = (gateway.secret_key, gateway.secret_key_hint, gateway.signing_secret, gateway.signing_secret_hint)
    row = fresh(gateway)
    row.descriptor = "SHOP"
    store_gateway(row)
    row = fresh(gateway)
    assert (row.secret_key, row.secret_key_hint, row.signing_secret, row.signing_secret_hint) == before
    assert (row.descriptor, row.previous_signing_secret) == ("SHOP", "")


def test_a_new_key_of_the_same_account_replaces_the_old_one_and_ends_a_pause() -> None:
    gateway = make_gateway("shop")
    pause(gateway, "Stripe refuses the key.")
    key = "sk_test_shop_rotated"
    store_gateway(fresh(gateway), secret_key=key, connection=connect("stripe_v2", key))
    row = fresh(gateway)
    assert (row.secret_key, row.secret_key_hint) == (key, "ated")
    assert (row.paused_at, row.pause_reason, row.is_usable) == (None, "", True)


@pytest.mark.parametrize("other", ["account", "mode"])
def test_a_key_of_another_account_or_mode_is_refused_with_the_remedy(other: str) -> None:
    gateway = make_gateway("shop")
    account = "acct_elsewhere" if other == "account" else gateway.account_id
    mode = Mode.TEST if other == "account" else Mode.LIVE
    connection = Connection(account, "Elsewhere", "USD", mode)
    field, message = problem(store_gateway, fresh(gateway), secret_key="sk_test_elsewhere_1", connection=connection)
    assert field == "secret_key"
    assert message.startswith(f"This key opens {account} in {mode} mode, but the gateway has worked on ")
    assert message.endswith(f"{gateway.account_id} in test mode. Add a new gateway for the other account.")
    assert fresh(gateway).secret_key == gateway.secret_key


def test_a_key_without_its_connection_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="connection"):
        store_gateway(Gateway(name="New"), secret_key="sk_test_new_1")
    assert not Gateway.objects.exists()


# --- the default ------------------------------------------------------------------------------------------------


def test_the_default_moves_within_its_mode_and_currency_alone() -> None:
    dollars, euros = make_gateway(is_default=True), make_gateway(is_default=True, currency="EUR")
    newer = make_gateway(is_default=True)
    assert [fresh(row).is_default for row in (dollars, euros, newer)] == [False, True, True]


def test_a_default_saved_again_stays_the_default() -> None:
    gateway = make_gateway(is_default=True)
    store_gateway(fresh(gateway))
    assert fresh(gateway).is_default


def test_when_the_new_default_cannot_be_saved_the_old_one_stays() -> None:
    old, other = make_gateway(is_default=True), make_gateway()
    other.is_default, other.monthly_cap = True, -1
    with pytest.raises(IntegrityError), transaction.atomic():
        store_gateway(other)
    assert fresh(old).is_default


@pytest.mark.django_db(transaction=True)
def test_many_defaults_at_once_leave_one() -> None:
    rows = [make_gateway() for _ in range(8)]

    def make_default(number: int) -> None:
        row = fresh(rows[number])
        row.is_default = True
        store_gateway(row)

    at_once(8, make_default)
    assert Gateway.objects.filter(is_default=True).count() == 1


# --- signing secrets --------------------------------------------------------------------------------------------


def test_a_replaced_signing_secret_stays_beside_the_new_one_and_the_one_before_goes() -> None:
    gateway = make_gateway(webhook=True)
    for secret in ("whsec_second", "whsec_third"):
        store_gateway(fresh(gateway), signing_secret=secret)
    row = fresh(gateway)
    assert (row.signing_secret, row.previous_signing_secret) == ("whsec_third", "whsec_second")
    assert row.signing_secret_hint == "hird"


def test_the_same_signing_secret_entered_again_does_not_push_the_old_one_out() -> None:
    gateway = make_gateway(webhook=True)
    first = gateway.signing_secret
    for _ in range(2):
        store_gateway(fresh(gateway), signing_secret="whsec_second")
    row = fresh(gateway)
    assert (row.signing_secret, row.previous_signing_secret) == ("whsec_second", first)


@pytest.mark.parametrize("secret", ["", "whsec_", "sk_test_1", "whsec 1", "nonsense", "whsec_1\n", " whsec_1"])
def test_what_is_no_signing_secret_is_refused(secret: str) -> None:
    gateway = make_gateway(webhook=True)
    assert problem(store_gateway, fresh(gateway), signing_secret=secret) == (
        "signing_secret",
        "This is no signing secret: it starts with whsec_.",
    )
    assert fresh(gateway).signing_secret == gateway.signing_secret


# --- pause ------------------------------------------------------------------------------------------------------


def test_a_pause_keeps_the_first_reason_and_takes_the_gateway_out_of_use() -> None:
    gateway = make_gateway()
    pause(gateway, "first")
    at = fresh(gateway).paused_at
    pause(fresh(gateway), "second")
    row = fresh(gateway)
    assert (row.pause_reason, row.paused_at, row.is_usable) == ("first", at, False)
    assert at is not None
    assert not Gateway.objects.usable().exists()


def test_a_long_reason_is_cut_to_what_fits() -> None:
    gateway = make_gateway()
    pause(gateway, "x" * 300)
    assert fresh(gateway).pause_reason == "x" * 255


# --- webhooks and processors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("public_url", ["https://shop.test", "https://shop.test/"])
def test_the_webhook_address_is_the_gateways_own(public_url: str) -> None:
    gateway = make_gateway()
    assert webhook_url(gateway, public_url) == f"https://shop.test/webhooks/stripe/{gateway.slug}/"
    assert len(gateway.slug) >= 12


def test_a_registered_webhook_is_stored_with_its_secret() -> None:
    gateway = register_webhook(make_gateway(), "https://shop.test")
    row = fresh(gateway)
    assert row.webhook_reference.startswith("we_")
    assert row.webhook_url == webhook_url(row, "https://shop.test")
    assert row.signing_secret.startswith("whsec_")
    assert row.signing_secret_hint == row.signing_secret[-4:]


def test_registering_again_keeps_the_secret_of_the_first_endpoint() -> None:
    gateway = make_gateway(webhook=True)
    first = fresh(gateway).signing_secret
    register_webhook(fresh(gateway), "https://moved.test")
    row = fresh(gateway)
    assert row.previous_signing_secret == first
    assert row.webhook_url.startswith("https://moved.test/")


def test_a_webhook_that_could_not_be_registered_leaves_the_gateway_as_it_was(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    local_stripe.faults.add(Fault("error", path="/v1/webhook_endpoints"))
    with pytest.raises(GatewayUnavailable):
        register_webhook(fresh(gateway), "https://shop.test")
    assert (fresh(gateway).webhook_reference, fresh(gateway).webhook_url, fresh(gateway).signing_secret) == ("", "", "")


def test_a_gateway_speaks_with_its_own_key_and_both_signing_secrets() -> None:
    gateway = make_gateway("shop", webhook=True)
    store_gateway(gateway, signing_secret="whsec_second")
    processor: Any = processor_for(fresh(gateway))
    assert processor.secret_key == gateway.secret_key
    assert processor.signing_secrets == (gateway.signing_secret, gateway.previous_signing_secret)
    assert processor.account().reference == gateway.account_id


def test_keys_that_cannot_be_read_are_a_misconfigured_gateway(settings: Any) -> None:
    gateway = make_gateway()
    settings.FERNET_KEYS = ["pGSnCRhOmOcOrJpSTyIfZjLUzN7vcx0cNvl3M0bBhYk="]
    with pytest.raises(GatewayMisconfigured, match="no key in FERNET_KEYS opens the stored value"):
        processor_for(fresh(gateway))
