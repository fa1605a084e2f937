from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stripe

from simulator.adapter import local_session
from simulator.core import LocalStripe
from simulator.server import Server
from tests.simulator.contract_observer import ContractObserver, observer
from tests.simulator.shop import Shop

MakeClient = Callable[..., stripe.StripeClient]


@pytest.fixture(autouse=True)
def _quiet_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe, "enable_telemetry", False)


@pytest.fixture(scope="session")
def contract() -> ContractObserver | None:
    return observer()


@pytest.fixture
def local_stripe(contract: ContractObserver | None) -> Iterator[LocalStripe]:
    """A local Stripe whose every answer is held against Stripe's own description, where that is at hand."""
    core = LocalStripe(observers=[contract] if contract else [])
    yield core
    core.close()
    if contract:
        contract.check()


@pytest.fixture
def client(local_stripe: LocalStripe) -> MakeClient:
    http_client = stripe.RequestsClient(session=local_session(local_stripe))

    def make(key: str = "sk_test_northwind_1", **options: object) -> stripe.StripeClient:
        return stripe.StripeClient(key, http_client=http_client, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def shop(client: MakeClient, local_stripe: LocalStripe) -> Shop:
    return Shop(client(), local_stripe)


@pytest.fixture
def server(local_stripe: LocalStripe) -> Iterator[Server]:
    with Server(local_stripe, hang=0.5, webhooks=False) as running:
        yield running
