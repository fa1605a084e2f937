from __future__ import annotations

import base64

import pytest
import stripe

from simulator.core import LocalStripe
from simulator.server import LiveKeyPresent, refuse_beside
from tests.simulator.conftest import MakeClient


def test_two_keys_of_one_account_see_the_same_objects(client: MakeClient) -> None:
    customer = client("sk_test_northwind_1").v1.customers.create()
    assert client("sk_test_northwind_2").v1.customers.retrieve(customer.id).id == customer.id


def test_another_account_sees_nothing_of_it(client: MakeClient) -> None:
    customer = client("sk_test_northwind_1").v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match=f"No such customer: '{customer.id}'") as caught:
        client("sk_test_southwind_1").v1.customers.retrieve(customer.id)
    assert caught.value.code == "resource_missing"
    assert caught.value.http_status == 404


def test_a_live_key_is_never_taken(client: MakeClient) -> None:
    with pytest.raises(stripe.AuthenticationError, match="never takes a live key"):
        client("sk_live_northwind_1").v1.balance.retrieve()


def test_nothing_starts_beside_a_live_key() -> None:
    with pytest.raises(LiveKeyPresent):
        refuse_beside(["sk_test_fine", "rk_live_abcdefghijklmnop"])
    refuse_beside(["sk_test_fine", ""])


def test_a_garbled_key_is_refused_without_being_repeated(client: MakeClient) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided") as caught:
        client("sk_northwind_garbled").v1.balance.retrieve()
    assert "northwind" not in str(caught.value)


def test_no_key_is_told_how_to_send_one(local_stripe: LocalStripe) -> None:
    answer = local_stripe.handle("GET", "/v1/balance", {})
    assert answer.status == 401
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")


def test_a_revoked_key_has_expired(client: MakeClient, local_stripe: LocalStripe) -> None:
    local_stripe.handle("POST", "/_local/keys", {}, b'{"revoke": ["sk_test_northwind_1"]}')
    with pytest.raises(stripe.AuthenticationError) as caught:
        client("sk_test_northwind_1").v1.balance.retrieve()
    assert caught.value.error is not None
    assert caught.value.error.code == "api_key_expired"
    assert client("sk_test_northwind_2").v1.balance.retrieve().livemode is False


def test_a_publishable_key_opens_little(client: MakeClient) -> None:
    with pytest.raises(stripe.AuthenticationError, match="publishable"):
        client("pk_test_northwind_1").v1.customers.list()
    method = client("pk_test_northwind_1").v1.payment_methods.create(
        params={"type": "card", "card": {"token": "tok_visa"}}
    )
    assert client().v1.payment_methods.retrieve(method.id).card is not None


def test_a_connected_account_has_a_world_of_its_own(client: MakeClient) -> None:
    connected = client(stripe_account="acct_1032D82eZvKYlo2C")
    customer = connected.v1.customers.create()
    assert connected.v1.accounts.retrieve_current().id == "acct_1032D82eZvKYlo2C"
    with pytest.raises(stripe.InvalidRequestError):
        client().v1.customers.retrieve(customer.id)


@pytest.mark.parametrize("account", ["northwind", "acct_", "acct_no"])
def test_an_account_that_does_not_exist_is_forbidden(client: MakeClient, account: str) -> None:
    with pytest.raises(stripe.PermissionError) as caught:
        client(stripe_account=account).v1.balance.retrieve()
    assert caught.value.error is not None
    assert caught.value.error.code == "account_invalid"


def test_access_to_a_connected_account_can_be_revoked(client: MakeClient, local_stripe: LocalStripe) -> None:
    local_stripe.handle("POST", "/_local/accounts/acct_1032D82eZvKYlo2C", {}, b'{"accessible": false}')
    with pytest.raises(stripe.PermissionError):
        client(stripe_account="acct_1032D82eZvKYlo2C").v1.balance.retrieve()


def test_version_and_request_id_come_back(local_stripe: LocalStripe) -> None:
    headers = {"Authorization": "Bearer sk_test_a_1", "Stripe-Version": "2026-01-01.any"}
    answer = local_stripe.handle("GET", "/v1/balance", headers)
    assert answer.headers["Stripe-Version"] == "2026-01-01.any"
    assert answer.headers["Request-Id"].startswith("req_")


def test_the_key_may_come_as_a_user_name(local_stripe: LocalStripe) -> None:
    for user, status in ((b"sk_test_northwind_1:", 200), (b"\xff:", 401)):
        headers = {"Authorization": f"Basic {base64.b64encode(user).decode()}"}
        assert local_stripe.handle("GET", "/v1/balance", headers).status == status
    assert local_stripe.handle("GET", "/v1/balance", {"Authorization": "Digest x"}).status == 401


def test_one_account_cannot_look_at_another(client: MakeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client().v1.accounts.retrieve(client("sk_test_southwind_1").v1.accounts.retrieve_current().id)
