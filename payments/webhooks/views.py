"""Where a processor posts its news: verify, store once, answer; the work is done later."""

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from gateways.models import Gateway
from gateways.processors.base import BadSignature, GatewayMisconfigured
from gateways.services import processor_for
from payments.services.inbox import store_event
from payments.tasks import enqueue_event

log = logging.getLogger("midway.webhooks")

MOST_BYTES = 1024 * 1024


@csrf_exempt  # the signature proves the sender; this is the only exempt view
@require_POST
def receive(request: HttpRequest, slug: str) -> JsonResponse:
    """200 stored (or had already), 400 not verified, 404 no such gateway, 413 too long, 503 keys cannot be read."""
    gateway = Gateway.objects.filter(slug=slug).first()
    if gateway is None:
        return _refuse(404, "no gateway has this address: copy the webhook address from the gateway's page")
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return _refuse(413, "the body is longer than any event")
    try:
        event = processor_for(gateway).parse_event(request.body, request.headers.get("Stripe-Signature", ""))
    except BadSignature as error:
        return _refuse(400, str(error))
    except GatewayMisconfigured:
        log.exception("the signing secret of gateway %s cannot be read", gateway.pk)
        return _refuse(503, "the signing secret cannot be read")
    row, new = store_event(gateway, event, request.body)
    if new:
        enqueue_event(row.pk)
    return JsonResponse({"received": True, "duplicate": not new})


def _refuse(status: int, reason: str) -> JsonResponse:
    log.warning("a webhook was refused: %s", reason, extra={"status": status})
    return JsonResponse({"error": reason}, status=status)
