"""The local Stripe inside this process, for commands that run without the demo."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import requests
from django.conf import settings

from gateways.fields import DecryptionError
from gateways.models import Gateway
from gateways.stripe_js import REAL_STRIPE
from simulator.adapter import local_session
from simulator.core import LocalStripe
from simulator.keys import identify

REAL_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9]{24,}")  # the keys of the local Stripe have a name with underscores


def data_file() -> Path:
    return Path(settings.DATA_DIR) / "local-stripe.sqlite3"


@cache
def _core(file: Path) -> LocalStripe:
    file.parent.mkdir(parents=True, exist_ok=True)
    return LocalStripe(file)


def session() -> requests.Session:
    """What STRIPE_SESSION_FACTORY names: the real SDK, and no network."""
    return local_session(_core(data_file()))


def is_wanted() -> bool:
    """Nothing in the environment says which Stripe to use, and there is no key that the real one would take."""
    return settings.STRIPE_API_BASE == REAL_STRIPE and not settings.STRIPE_SECRET_KEY


def use_in_process() -> None:
    """From here on this process talks to the local Stripe in DATA_DIR."""
    settings.STRIPE_SESSION_FACTORY = f"{__name__}.{session.__name__}"


@contextmanager
def reaching(gateway: Gateway) -> Iterator[None]:
    """Let a command speak with the Stripe that this gateway's key is of, though no server of it may be running.

    Where the environment names a Stripe, that one is meant. Else a key that only the local Stripe takes decides: the
    real one is never asked about it, and a real key never gets its answers from here.
    """
    before = settings.STRIPE_SESSION_FACTORY
    if settings.STRIPE_API_BASE == REAL_STRIPE and not before and is_local(gateway):
        use_in_process()
    try:
        yield
    finally:
        settings.STRIPE_SESSION_FACTORY = before


def is_local(gateway: Gateway) -> bool:
    """Its key is one that only the local Stripe takes, or that the local Stripe has opened an account for."""
    try:
        key = gateway.secret_key
    except DecryptionError:
        return False
    if gateway.is_live or not key:
        return False
    return not REAL_KEY.fullmatch(key) or identify(f"Bearer {key}").account == gateway.key_account_id
