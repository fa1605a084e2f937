"""The kill switch: stop new charges at once, and release them. Captures, voids, refunds and answers go on."""

import logging
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign
from payments.actors import Actor
from payments.models import ChargeStop
from payments.services.held import note_held, note_released, released_by
from payments.services.rebook import late_payments, rebook

log = logging.getLogger("midway.payments")

Row = TypeVar("Row", bound=Model)
Scope = ChargeStop.Scope


class StopRefused(Exception):
    """Nothing was stopped. `field` is the form's field; `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def stop_charging(
    reason: str, actor: Actor, *, campaign: Campaign | None = None, gateway: Gateway | None = None
) -> ChargeStop:
    """Of one campaign, of one gateway, or, with neither, of everything. Raises StopRefused.

    From its commit on no worker takes up a new charge; the ones that were sent before are settled as ever.
    """
    if not reason.strip():
        raise StopRefused("reason", "Say why: whoever comes to release it must know.")
    scope = Scope.CAMPAIGN if campaign else Scope.GATEWAY if gateway else Scope.EVERYTHING
    stop = ChargeStop(
        scope=scope,
        campaign=campaign,
        gateway=None if campaign else gateway,
        reason=reason.strip()[:255],
        started_at=clock.now(),
        started_by=actor.name,
    )
    try:
        with transaction.atomic():
            stop.save()
    except IntegrityError:
        raise StopRefused("scope", f"Charging of {stop.what} is stopped already: nothing was changed.") from None
    log.warning("charging of %s stopped by %s: %s", stop.what, actor.name, stop.reason, extra={"stop": stop.pk})
    note_held(stop, actor)
    return stop


def release(stop_pk: int, actor: Actor) -> list[int] | None:
    """Let the scope be charged again. None when somebody released it before, and then nothing happens.

    Returns the payments that wait to be charged now: the caller enqueues them, and a sweep catches the rest.
    """
    rows = ChargeStop.objects.filter(pk=stop_pk, released_at=None)
    stop = rows.select_related("campaign", "gateway").first()
    if stop is None:
        return None
    freed = released_by(stop, but_for=others(stop))
    for payment_id in late_payments(freed):
        rebook(payment_id, actor)  # while nobody can send it yet
    waiting = list(freed.order_by("pk").values_list("pk", flat=True))
    if not rows.update(released_at=clock.now(), released_by=actor.name):
        return None
    log.warning("charging of %s released by %s", stop.what, actor.name, extra={"stop": stop.pk})
    note_released(stop, waiting, actor)
    return waiting


def active_stops() -> list[ChargeStop]:
    """One cheap question as long as nothing is stopped."""
    return list(_active().prefetch_related("campaign", "gateway").order_by("pk"))


def is_anything_stopped() -> bool:
    return _active().exists()


def others(stop: ChargeStop) -> list[ChargeStop]:
    """The stops that hold on when this one is released."""
    return [one for one in active_stops() if one.pk != stop.pk]


def stop_for(campaign_id: int | None, gateway_id: int) -> ChargeStop | None:
    """What stops a charge of this campaign (None: a test transaction) through this gateway; the oldest, if several."""
    return next((stop for stop in active_stops() if stops_here(stop, campaign_id, gateway_id)), None)


def stops_here(stop: ChargeStop, campaign_id: int | None, gateway_id: int) -> bool:
    if stop.scope == Scope.CAMPAIGN:
        return stop.campaign_id == campaign_id
    return stop.scope == Scope.EVERYTHING or stop.gateway_id == gateway_id


def is_stopped(campaign_id: int | None, gateway_id: int) -> bool:
    return stop_for(campaign_id, gateway_id) is not None


def not_stopped(rows: QuerySet[Row], *, campaign: str, gateway: str) -> QuerySet[Row]:
    """Only the rows that no stop holds; `campaign` and `gateway` are the paths to their keys from a row."""
    here = Q(scope=Scope.EVERYTHING) | Q(campaign_id=OuterRef(campaign)) | Q(gateway_id=OuterRef(gateway))
    return rows.filter(~Exists(_active().filter(here)))


def _active() -> QuerySet[ChargeStop]:
    return ChargeStop.objects.filter(released_at=None)
