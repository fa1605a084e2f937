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
    """Addresses that all processes share; what is not given is ours to start."""

    web_port: int
    stripe_port: int
    broker_port: int
    broker_password: str
    given_broker: str
    given_stripe: str
    own_database: bool

    @property
    def starts_broker(self) -> bool:
        return not self.given_broker

    @property
    def starts_stripe(self) -> bool:
        return not self.given_stripe

    @property
    def web_url(self) -> str:
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def broker_url(self) -> str:
        own = f"redis://:{quote(self.broker_password)}@{LOOPBACK}:{self.broker_port}/0"
        return self.given_broker or own

    @property
    def stripe_url(self) -> str:
        return self.given_stripe or f"http://{LOOPBACK}:{self.stripe_port}"

    def variables(self, data: Path) -> dict[str, str]:
        """The environment of every process: what was given wins, except where the demo must know better."""
        given = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
        defaults = {"LOG_FORMAT": "plain", "PUBLIC_URL": self.web_url, "EMAIL_URL": f"filemail://{data}/mail"}
        defaults["OPERATORS_EMAIL"] = "office@example.com"  # their mails land in the same folder
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
    given = {} if only_own else os.environ
    around = Surroundings(
        web_port=ports.web,
        stripe_port=ports.stripe,
        broker_port=ports.broker or free_port(),
        broker_password=secrets.token_urlsafe(18),
        given_broker=given.get("REDIS_URL", ""),
        given_stripe=given.get("STRIPE_API_BASE", "") or (STRIPE if given.get("STRIPE_SECRET_KEY") else ""),
        own_database=not given.get("DATABASE_URL"),
    )
    require_free(around.web_port, purpose="the web pages", variable="PORT")
    if around.starts_stripe:
        require_free(around.stripe_port, purpose="the local Stripe", variable="LOCAL_STRIPE_PORT")
    if around.starts_broker:
        require_free(around.broker_port, purpose="the embedded broker", variable="BROKER_PORT")
    return around
