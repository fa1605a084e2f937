"""Each idempotency key is one call: made once, answered the same for ever, whatever breaks in between."""

import hashlib
import uuid
from datetime import timedelta
from typing import Any

from gateways import clock
from orders.models import Campaign
from payments.models import ApiCall
from payments.services.api.errors import refusal

AT_WORK = timedelta(seconds=90)
"""Longer than all time-outs of one charge: a call without an answer that is older was left behind by a crash."""
NAMESPACE = uuid.UUID("6d6c1d5e-2f0e-4b39-9a0c-5a2d1a7b6b10")


def start_call(campaign: Campaign, key: str, request: bytes) -> ApiCall:
    """The call that this key stands for, with its answer where it has one. Raises ApiRefusal.

    Of two at once one is at work and the other is told so; a call that a crash left behind is taken up again.
    """
    digest = hashlib.sha256(request).hexdigest()
    now = clock.now()
    call, is_new = ApiCall.objects.get_or_create(
        campaign=campaign, key=key, defaults={"digest": digest, "started_at": now}
    )
    if call.digest != digest:
        raise refusal(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key was sent with another request: make a new one for each new request.",
        )
    if not is_new and call.status is None and not _take_up(call):
        raise refusal(409, "in_progress", "The same request is still at work: ask again in a few seconds.")
    return call


def _take_up(call: ApiCall) -> bool:
    now = clock.now()
    left_behind = ApiCall.objects.filter(
        pk=call.pk, status=None, started_at=call.started_at, started_at__lte=now - AT_WORK
    )
    return bool(left_behind.update(started_at=now))


def finish_call(call: ApiCall, status: int, answer: dict[str, Any]) -> None:
    ApiCall.objects.filter(pk=call.pk).update(status=status, answer=answer)


def forget_call(call: ApiCall) -> None:
    """Nothing was made of it: the same key may be sent again once the request is mended."""
    ApiCall.objects.filter(pk=call.pk, order=None, status=None).delete()


def form_token_of(call: ApiCall) -> uuid.UUID:
    """What makes the payment of one call one payment."""
    return uuid.uuid5(NAMESPACE, f"{call.campaign_id}:{call.key}")
