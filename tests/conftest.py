from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from gateways import installation
from simulator.core import LocalStripe
from tests import local_stripe as local
from tests.factories import make_operator
from tests.simulator.contract_observer import observer

CONTRACT = observer()
if CONTRACT:
    local.stripe.observers.append(CONTRACT)


@pytest.fixture(autouse=True)
def _local_stripe_in_order() -> Iterator[None]:
    """With STRIPE_CONTRACT set, every request and answer of the suite is held against Stripe's own description."""
    yield
    local.stripe.faults.clear()
    cache.clear()
    if CONTRACT:
        CONTRACT.check()


@pytest.fixture(autouse=True)
def _installation_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test confirmed must not hold in the next."""
    installation.forget()
    monkeypatch.setattr(installation, "CACHE_SECONDS", 0.0)


@pytest.fixture
def local_stripe() -> LocalStripe:
    return local.stripe


@pytest.fixture
def office(db: None) -> Client:
    """A browser in which an operator is signed in."""
    client = Client()
    client.force_login(make_operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client
