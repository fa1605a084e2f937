"""Does the processor send us its news? S3-12 to S3-26 and D4."""

from urllib.parse import urlsplit

from gateways.golive.facts import Facts
from gateways.golive.findings import Finding, failed, ok, unseen, warning
from gateways.models import Gateway
from gateways.processors.base import WebhookEndpoint
from gateways.webhooks import webhook_path, webhook_url

REGISTER = "Press Register webhook."


def webhook_registered(gateway: Gateway, facts: Facts) -> Finding:
    if facts.webhooks.error:
        return unseen(facts.webhooks.error)
    path = webhook_path(gateway)
    ours = [one for one in facts.webhooks.told if urlsplit(one.url).path.rstrip("/") == path.rstrip("/")]
    if not ours:
        return failed("No webhook endpoint at Stripe sends news to this gateway.", REGISTER)
    enabled = sorted((one for one in ours if one.enabled), key=lambda one: len(one.missing))
    if not enabled:
        return failed(
            f"The webhook endpoint {ours[0].url} is disabled: Stripe does that after days without an answer.",
            f"{REGISTER} That switches it on again.",
        )
    return _events(enabled[0], webhook_url(gateway, facts.public_url))


def _events(endpoint: WebhookEndpoint, wanted_url: str) -> Finding:
    if endpoint.missing:
        return failed(
            f"The webhook endpoint is not sent {', '.join(endpoint.missing)}.", f"{REGISTER} That adds what is missing."
        )
    if endpoint.url != wanted_url:
        return warning(
            f"News goes to {endpoint.url}, while PUBLIC_URL makes that {wanted_url}.",
            f"If Midway has moved: {REGISTER}",
        )
    if not endpoint.is_current:
        return warning("Its events are written in another version of Stripe's API than Midway reads.", REGISTER)
    return ok(f"Every event is sent to {endpoint.url}.")
