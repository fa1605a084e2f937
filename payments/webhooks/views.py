"""Where a processor posts its news: verify, store once, answer; the work is done later."""

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from gateways.models import Gateway
from gateways.processors.base import BadSignature, Event, GatewayMisconfigured
from gateways.services import processor_for
from gateways.signing import prove_signing_secret
from payments.services.inbox import gateway_for, store_event
from payments.tasks import enqueue_event

log = logging.getLogger("midway.webhooks")

MOST_BYTES = 1024 * 1024


class Refused(Exception):
    """An event that is not taken: the status and the reason to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@csrf_exempt  # the signature proves the sender; the webhook views are the only exempt ones
@require_POST
def receive(request: HttpRequest, slug: str) -> JsonResponse:
    """200 stored (or had already), 400 not verified, 404 no such gateway, 413 too long, 503 keys cannot be read."""
    try:
        gateway = _gateway(slug)
        event = _verified(request, gateway)
    except Refused as refusal:
        return _refuse(refusal)
    return _store(gateway, event, request.body)


@csrf_exempt
@require_POST
def receive_connect(request: HttpRequest, slug: str) -> JsonResponse:
    """The one address of a platform (S2-24): each event goes to the gateway of the account that it is about.

    The platform's other accounts are none of our business: their news is acknowledged and not kept.
    """
    try:
        host = _gateway(slug)
        event = _verified(request, host)
    except Refused as refusal:
        return _refuse(refusal)
    gateway = gateway_for(event, host)
    if gateway is None:
        log.info("news of %s, which no gateway here is for", event.account or "the platform itself")
        return JsonResponse({"received": True, "ignored": "no gateway is for this account"})
    return _store(gateway, event, request.body)


def _gateway(slug: str) -> Gateway:
    gateway = Gateway.objects.filter(slug=slug).first()
    if gateway is None:
        raise Refused(404, "no gateway has this address: copy the webhook address from the gateway's page")
    return gateway


def _verified(request: HttpRequest, gateway: Gateway) -> Event:
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise Refused(413, "the body is longer than any event")
    try:
        event = processor_for(gateway).parse_event(request.body, request.headers.get("Stripe-Signature", ""))
    except BadSignature as error:
        raise Refused(400, str(error)) from error
    except GatewayMisconfigured as error:
        log.exception("the signing secret of gateway %s cannot be read", gateway.pk)
        raise Refused(503, "the signing secret cannot be read") from error
    prove_signing_secret(gateway, event)
    return event


def _store(gateway: Gateway, event: Event, body: bytes) -> JsonResponse:
    row, new = store_event(gateway, event, body)
    if new:
        enqueue_event(row.pk)
    return JsonResponse({"received": True, "duplicate": not new})


def _refuse(refusal: Refused) -> JsonResponse:
    log.warning("a webhook was refused: %s", refusal, extra={"status": refusal.status})
    return JsonResponse({"error": str(refusal)}, status=refusal.status)
