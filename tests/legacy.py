"""Gateways that are not Stripe V2: one that takes card numbers, and one without a processor."""

import itertools
from typing import Any

from gateways.models import Gateway
from gateways.services import connect, store_gateway
from simulator.objects import accounts
from tests import local_stripe as local

_count = itertools.count(1)

AMEX = "378282246310005"
VISA = "4242424242424242"


def allow_numbers(gateway: Gateway, *, allowed: bool = True) -> None:
    """“Handle card information directly”, as the merchant switches it at Stripe."""
    world = local.stripe.world(gateway.account_id)
    with local.stripe.store.transaction():
        accounts.change(world, {"raw_cards": allowed})
        world.flush()


def make_v1_gateway(*, numbers: bool = True, **fields: Any) -> Gateway:
    number = next(_count)
    key = f"sk_test_legacy{number}_{number}"
    gateway = Gateway(**{"name": f"Legacy {number}", "processor": "stripe_v1", "currency": "USD", **fields})
    store_gateway(gateway, secret_key=key, connection=connect("stripe_v1", key), imported=True)
    allow_numbers(gateway, allowed=numbers)
    return gateway


def make_offline_gateway(**fields: Any) -> Gateway:
    """Of test mode, as the campaigns of the tests are."""
    plain = {"name": f"Till {next(_count)}", "processor": "offline", "currency": "USD", "mode": "test"}
    return store_gateway(Gateway(**{**plain, **fields}))
