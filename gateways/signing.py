"""Signing secrets: a new one beside the old one, and the proof that the processor signs with it."""

import re

from gateways import clock
from gateways.errors import GatewayProblem
from gateways.fields import DecryptionError
from gateways.models import Gateway
from gateways.processors.base import Event
from gateways.webhooks import family_of

SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


def take_signing_secret(gateway: Gateway, signing_secret: str) -> None:
    """The old secret stays valid beside the new one, because events signed with it may still be on their way."""
    if not SIGNING_SECRET.fullmatch(signing_secret):
        raise GatewayProblem("signing_secret", "This is no signing secret: it starts with whsec_.")
    known = _known_secret(gateway)
    if signing_secret == known:
        return
    if gateway.pk:
        gateway.previous_signing_secret = known
    gateway.signing_secret = signing_secret
    gateway.signing_secret_hint = signing_secret[-4:]
    gateway.signing_secret_proven_at = None
    gateway.webhook_reference = gateway.webhook_url = ""  # which endpoint it is of, only its registration knows


def _known_secret(gateway: Gateway) -> str:
    """A secret that no key opens any longer verifies nothing, so it is let go."""
    try:
        return str(gateway.signing_secret)
    except DecryptionError:
        return ""


def prove_signing_secret(gateway: Gateway, event: Event) -> None:
    """Write down that an event has come that was signed with the newest secret; costs nothing once it is written."""
    if event.signed_before_rotation or gateway.signing_secret_proven_at:
        return
    family = [row.pk for row in family_of(gateway)]
    Gateway.objects.filter(pk__in=family, signing_secret_proven_at=None).update(signing_secret_proven_at=clock.now())
