from __future__ import annotations

import time

import pytest
import stripe

from simulator.core import LocalStripe
from simulator.faults import Fault, Faults
from simulator.limits import RateLimiter
from tests.simulator.shop import Shop

KEY = {"idempotency_key": "order-7-charge"}
PATH = "/v1/payment_intents"


def charges(shop: Shop) -> int:
    return len(shop.v1.charges.list().data)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault("error", "after", path=PATH), stripe.APIError),
        (Fault("reset", "after", path=PATH), stripe.APIConnectionError),
        (Fault("timeout", "after", path=PATH), stripe.APIConnectionError),
        (Fault("malformed", "after", path=PATH, status=200), stripe.APIError),
        (Fault("malformed", "after", path=PATH, status=502), stripe.APIError),
    ],
)
def test_an_answer_lost_after_the_work_hides_one_charge(
    shop: Shop, fault: Fault, raised: type[stripe.StripeError]
) -> None:
    shop.core.faults.add(fault)
    with pytest.raises(raised):
        shop.pay(options=KEY)
    assert charges(shop) == 1
    assert shop.pay(options=KEY).status == "succeeded"
    assert charges(shop) == 1


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault("error", path=PATH), stripe.APIError),
        (Fault("reset", path=PATH), stripe.APIConnectionError),
        (Fault("timeout", path=PATH), stripe.APIConnectionError),
        (Fault("rate_limit", path=PATH), stripe.RateLimitError),
    ],
)
def test_a_fault_before_the_work_leaves_nothing(shop: Shop, fault: Fault, raised: type[stripe.StripeError]) -> None:
    shop.core.faults.add(fault)
    with pytest.raises(raised):
        shop.pay(options=KEY)
    assert charges(shop) == 0
    assert shop.pay(options=KEY).status == "succeeded"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stored_500_stays_the_answer_of_its_key(shop: Shop, when: str) -> None:
    shop.core.faults.add(Fault("error", when, path=PATH, stored=True))  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.pay(options=KEY)
    assert charges(shop) == (1 if when == "after" else 0)


def test_a_reset_after_the_work_is_healed_by_the_retries_of_the_sdk(shop: Shop) -> None:
    shop.core.faults.add(Fault("reset", "after", path=PATH))
    assert shop.pay(options={"max_network_retries": 2}).status == "succeeded"
    assert charges(shop) == 1


@pytest.mark.parametrize("code", ["rate_limit", "lock_timeout"])
def test_too_many_requests_say_why(shop: Shop, code: str) -> None:
    shop.core.faults.add(Fault("rate_limit", code=code, should_retry=False))
    with pytest.raises(stripe.RateLimitError) as caught:
        shop.pay()
    assert caught.value.error is not None
    assert caught.value.error.code == code
    assert caught.value.headers is not None
    assert caught.value.headers["Stripe-Should-Retry"] == "false"


def test_a_rule_fires_on_the_nth_matching_call_only(shop: Shop) -> None:
    shop.core.faults.add(Fault("error", method="POST", path="/v1/customers", nth=2, times=2))
    outcomes = []
    for _ in range(4):
        try:
            shop.customer()
            outcomes.append("made")
        except stripe.APIError:
            outcomes.append("failed")
    assert outcomes == ["made", "failed", "failed", "made"]


def test_a_rule_may_single_out_a_key(shop: Shop) -> None:
    shop.core.faults.add(Fault("error", key="sk_test_other_*", times=None))
    assert shop.pay().status == "succeeded"


def test_latency_delays_the_answer(shop: Shop) -> None:
    shop.core.faults.add(Fault("latency", seconds=0.1))
    start = time.monotonic()
    shop.v1.balance.retrieve()
    assert time.monotonic() - start >= 0.1


def test_the_rate_limiter_counts_each_endpoint(local_stripe: LocalStripe, shop: Shop) -> None:
    local_stripe.limiter = RateLimiter(25)
    for _ in range(25):
        shop.v1.balance.retrieve()
    with pytest.raises(stripe.RateLimitError):
        shop.v1.balance.retrieve()
    assert shop.customer().id


def test_a_chance_fires_on_a_share_of_the_calls_and_the_same_seed_on_the_same_ones() -> None:
    def fired(seed: int) -> list[bool]:
        faults = Faults()
        faults.add(Fault("timeout", path=PATH, times=None, chance=0.05, seed=seed))
        return [bool(faults.pick("POST", PATH, "")) for _ in range(1000)]

    assert fired(1) == fired(1)
    assert fired(1) != fired(2)
    assert 30 < sum(fired(1)) < 70
