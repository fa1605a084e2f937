from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from simulator.core import LocalStripe
from tests import local_stripe as local
from tests.factories import make_operator
from tests.simulator.contract_observer import observer


@pytest.fixture(scope="session", autouse=True)
def _contract() -> None:
    """With STRIPE_CONTRACT set, every request and answer of the suite is held against Stripe's own description."""
    if watch := observer():
        local.stripe.observers.append(watch)


@pytest.fixture(autouse=True)
def _fresh_local_stripe() -> Iterator[None]:
    yield
    local.stripe.faults.clear()
    cache.clear()


@pytest.fixture
def local_stripe() -> LocalStripe:
    return local.stripe


@pytest.fixture
def office(db: None) -> Client:
    """A browser in which an operator is signed in."""
    client = Client()
    client.force_login(make_operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client
