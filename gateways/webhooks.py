"""The addresses that processors send news to, and what stands in the way of an address."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from gateways.models import Gateway
from gateways.processors.stripe_events import WEBHOOK_EVENTS

REAL_STRIPE = "https://api.stripe.com"


def webhook_path(gateway: Gateway) -> str:
    """Connected accounts of one platform share an address: Stripe has one webhook for all of them (S2-24)."""
    if gateway.connected_account:
        return reverse("webhooks:stripe_connect", args=[host_of(gateway).slug])
    return reverse("webhooks:stripe", args=[gateway.slug])


def webhook_url(gateway: Gateway, public_url: str) -> str:
    return public_url.rstrip("/") + webhook_path(gateway)


def family_of(gateway: Gateway) -> list[Gateway]:
    """The gateways that share this one's webhook, itself among them, oldest first."""
    if not gateway.connected_account:
        return [gateway]
    siblings = Gateway.objects.filter(
        connected_account=True, key_account_id=gateway.key_account_id, mode=gateway.mode, processor=gateway.processor
    )
    return list(siblings.order_by("pk"))


def host_of(gateway: Gateway) -> Gateway:
    """The gateway of a platform that its one webhook is kept by: the oldest."""
    return next(iter(family_of(gateway)), gateway)


def what_to_paste(url: str) -> str:
    """For an operator who registers the webhook by hand, as S3-12 to S3-30 say."""
    return (
        f"At Stripe, under Developers › Webhooks › Add endpoint, paste {url} and choose these events: "
        f"{', '.join(WEBHOOK_EVENTS)}. Then copy the endpoint's signing secret to this gateway."
    )


def why_unreachable(url: str) -> str:
    """What keeps the real Stripe from sending anything to this address; empty when nothing does."""
    if settings.STRIPE_API_BASE != REAL_STRIPE or settings.STRIPE_SESSION_FACTORY:
        return ""  # a local Stripe reaches whatever this machine does
    parts = urlsplit(url)
    if _is_private(parts.hostname or ""):
        return f"{parts.hostname} is an address inside your own network, which Stripe cannot reach."
    if parts.scheme != "https":
        return f"{url} is not encrypted, and Stripe sends events to https:// addresses only."
    return ""


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".test", ".invalid")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host  # a bare name means something on this network only
