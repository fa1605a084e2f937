"""May a new charge be sent at all? Asked when a payment is written down, and again when a worker takes it up."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet

from gateways.models import Gateway
from payments.models import ChargeStop, Payment
from payments.services.stops import active_stops, not_stopped, stops_here

Row = TypeVar("Row", bound=Model)


def why_held(gateway: Gateway, campaign_id: int | None, stops: Sequence[ChargeStop] | None = None) -> str:
    """Why nothing new may be charged through this gateway for this campaign, for an operator to read; else empty.

    Who asks for several gateways at once brings the active stops along.
    """
    known = active_stops() if stops is None else stops
    stop = next((one for one in known if stops_here(one, campaign_id, gateway.pk)), None)
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
