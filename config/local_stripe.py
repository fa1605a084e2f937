"""The local Stripe inside this process, for commands that run without the demo."""

from functools import cache
from pathlib import Path

import requests
from django.conf import settings

from simulator.adapter import local_session
from simulator.core import LocalStripe

REAL_STRIPE = "https://api.stripe.com"


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
