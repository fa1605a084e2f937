"""May a new charge be sent at all? Asked when a payment is written down, and again when a worker takes it up."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from gateways.models import Gateway
from payments.models import Payment
from payments.services.stops import not_stopped, stop_for

Row = TypeVar("Row", bound=Model)


def why_held(gateway: Gateway, campaign_id: int | None) -> str:
    """Why nothing new may be charged through this gateway for this campaign, for an operator to read; else empty."""
    stop = stop_for(campaign_id, gateway.pk)
    if stop is None:
        return ""
    return (
        f"Charging of {stop.what} was stopped by {stop.started_by} ({stop.reason}): nothing new is charged until it is "
        "released."
    )


def is_held(payment_id: int) -> bool:
    """One question to the database, and a stop that is committed is seen by the next one who asks."""
    payment = Payment.objects.filter(pk=payment_id)
    return not chargeable(payment, campaign="order__campaign", gateway="gateway").exists()


def chargeable(rows: QuerySet[Row], *, campaign: str, gateway: str) -> QuerySet[Row]:
    """Only what may be charged now. `campaign` and `gateway` are the paths to their keys from a row."""
    return not_stopped(rows, campaign=campaign, gateway=gateway)
