"""What the environment gives the demo: a database, a broker, a Stripe of its own or somebody else's."""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.processes.errors import CannotStart
from config.processes.ports import LOOPBACK, free_port, require_free

STRIPE = "https://api.stripe.com"
LIVE_KEY = re.compile(r"\b(?:sk|rk|pk)_live_")


@dataclass(frozen=True)
class Ports:
    web: int
    stripe: int
    broker: int | None


@dataclass(frozen=True)
class Surroundings:
    """Addresses that all processes share, and which of them are ours to start."""

    web_url: str
    web_port: int
    broker_url: str
    broker_port: int
    broker_password: str
    stripe_url: str
    stripe_port: int
    starts_broker: bool
    starts_stripe: bool
    own_database: bool

    def variables(self, data: Path) -> dict[str, str]:
        """The environment of every process: what was given wins, except where the demo must know better."""
        given = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
        defaults = {"LOG_FORMAT": "plain", "PUBLIC_URL": self.web_url}
        own = {
            "DATA_DIR": str(data),
            "REDIS_URL": self.broker_url,
            "STRIPE_API_BASE": self.stripe_url,
            "HTTPS": "false",
            "PYTHONUNBUFFERED": "1",
        }
        return {**defaults, **given, **own}


def refuse_live_keys() -> None:
    """The demo makes orders up and charges them: with a live key that would be somebody's money."""
    for name, value in sorted(os.environ.items()):
        if name.startswith("STRIPE_") and LIVE_KEY.search(value):
            raise CannotStart(
                f"{name} holds a live key, and the demo charges invented orders: it would move real money. "
                "Take it out of the environment and of .env, or put a test key (sk_test_…) in its place."
            )


def look_around(ports: Ports, *, only_own: bool = False) -> Surroundings:
    """Raises CannotStart for a port that is taken or a live key. `only_own` uses nothing from outside."""
    refuse_live_keys()
    given_broker = "" if only_own else os.environ.get("REDIS_URL", "")
    given_stripe = "" if only_own else os.environ.get("STRIPE_API_BASE", "")
    if not given_stripe and not only_own and os.environ.get("STRIPE_SECRET_KEY"):
        given_stripe = STRIPE
    web_port = require_free(ports.web, purpose="the web pages", variable="PORT")
    stripe_port = ports.stripe
    if not given_stripe:
        require_free(stripe_port, purpose="the local Stripe", variable="LOCAL_STRIPE_PORT")
    broker_port = ports.broker or free_port()
    if not given_broker:
        require_free(broker_port, purpose="the embedded broker", variable="BROKER_PORT")
    password = secrets.token_urlsafe(18)
    return Surroundings(
        web_url=f"http://{LOOPBACK}:{web_port}",
        web_port=web_port,
        broker_url=given_broker or f"redis://:{quote(password)}@{LOOPBACK}:{broker_port}/0",
        broker_port=broker_port,
        broker_password=password,
        stripe_url=given_stripe or f"http://{LOOPBACK}:{stripe_port}",
        stripe_port=stripe_port,
        starts_broker=not given_broker,
        starts_stripe=not given_stripe,
        own_database=only_own or not os.environ.get("DATABASE_URL"),
    )
