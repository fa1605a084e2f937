from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import stripe

from simulator.adapter import local_session
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.simulator.shop import Shop

KEY = {"idempotency_key": "order-7-charge"}


def test_the_same_request_is_answered_from_memory(shop: Shop) -> None:
    first = shop.pay(options=KEY)
    again = shop.pay(options=KEY)
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(shop.v1.charges.list().data) == 1


def test_a_decline_is_replayed_as_a_decline(shop: Shop) -> None:
    ids = set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            shop.pay("pm_card_visa_chargeDeclined", options=KEY)
        assert caught.value.error is not None
        assert caught.value.error.payment_intent is not None
        ids.add(caught.value.error.payment_intent.id)
    assert len(ids) == 1


def test_other_parameters_under_the_same_key_are_refused(shop: Shop) -> None:
    shop.pay(options=KEY)
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        shop.pay(amount=2001, options=KEY)


def test_another_endpoint_under_the_same_key_is_refused(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual", options=KEY)
    with pytest.raises(stripe.IdempotencyError):
        shop.v1.payment_intents.capture(intent.id, options={"idempotency_key": "order-7-charge"})


def test_a_failed_validation_leaves_the_key_free(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.pay(amount=1, options=KEY)
    assert shop.pay(options=KEY).status == "succeeded"


def test_a_key_in_flight_is_a_conflict(shop: Shop) -> None:
    shop.core.faults.add(Fault("latency", seconds=0.5, method="POST"))
    first = threading.Thread(target=shop.pay, kwargs={"options": KEY})
    first.start()
    while not shop.core._idempotency._in_flight:
        time.sleep(0.005)
    with pytest.raises(stripe.APIError) as caught:
        shop.pay(options=KEY)
    first.join()
    assert caught.value.http_status == 409
    assert caught.value.error is not None
    assert caught.value.error.code == "idempotency_key_in_use"
    assert len(shop.v1.charges.list().data) == 1


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.pay(options=KEY)
    shop.core.clock.advance(24 * 3600)
    assert shop.pay(options=KEY).id != first.id


def test_another_account_may_use_the_same_key(shop: Shop, local_stripe: LocalStripe) -> None:
    http_client = stripe.RequestsClient(session=local_session(local_stripe))
    other = Shop(stripe.StripeClient("sk_test_southwind_1", http_client=http_client), local_stripe)
    assert shop.pay(options=KEY).id != other.pay(options=KEY).id


def test_keys_and_objects_survive_a_restart(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        core = LocalStripe(tmp_path / "stripe.sqlite3")
        session = local_session(core)
        shop = Shop(stripe.StripeClient("sk_test_a_1", http_client=stripe.RequestsClient(session=session)), core)
        ids.append(shop.pay(options=KEY).id)
        assert len(shop.v1.payment_intents.list().data) == 1
        core.close()
    assert ids[0] == ids[1]


def test_a_key_longer_than_255_characters_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.IdempotencyError):
        shop.pay(options={"idempotency_key": "k" * 256})
