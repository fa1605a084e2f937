"""The local Stripe that the suite talks to, in this process, through the real SDK."""

import requests

from simulator.adapter import local_session
from simulator.core import LocalStripe

stripe = LocalStripe()


def session() -> requests.Session:
    """What STRIPE_SESSION_FACTORY names."""
    return local_session(stripe)
