"""Stripe's script in the browser: where it can be used, and which pages may load it."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponseBase

from gateways.models import Gateway

REAL_STRIPE = "https://api.stripe.com"
SCRIPT_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(settings.STRIPE_JS))

POLICY = {  # docs.stripe.com/security/guide#content-security-policy
    "script-src": [SCRIPT_ORIGIN],
    "frame-src": [SCRIPT_ORIGIN, "https://hooks.stripe.com"],
    "connect-src": [REAL_STRIPE],
}

View = Callable[..., HttpResponseBase]


def uses_local_stripe() -> bool:
    """The local Stripe knows no card that was typed into Stripe's own form: pages offer its test cards instead."""
    return settings.STRIPE_API_BASE != REAL_STRIPE or bool(settings.STRIPE_SESSION_FACTORY)


def works_for(gateway: Gateway) -> bool:
    """Can a page show this gateway's card form, and its bank's questions?"""
    return not uses_local_stripe() and not why_not(gateway)


def why_not(gateway: Gateway) -> str:
    """What keeps this gateway from having Stripe's card form, with the remedy; empty when nothing does."""
    if not gateway.kind.takes_tokens:
        return f"{gateway} does not take cards through Stripe's form: choose a Stripe V2 gateway."
    if not gateway.public_key:
        return f"{gateway} has no publishable key, so no new card can be typed: enter the key on the gateway's page."
    return ""


def account_of(gateway: Gateway) -> str:
    """The connected account that the script speaks for; empty where the key's own account is meant."""
    return gateway.mid if gateway.connected_account else ""


def allow_stripe_js(view: View) -> View:
    """A page that shows the card form or the bank's question; every other page refuses Stripe's script as well."""
    allowed = csp_update(POLICY)(view)

    @wraps(view)
    def chosen(*args: Any, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = (view if uses_local_stripe() else allowed)(*args, **kwargs)
        return answer

    return chosen
