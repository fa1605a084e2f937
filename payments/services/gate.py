"""May a new charge be sent at all? Asked when a payment is written down, and again when a worker takes it up."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet

from gateways.installation import is_confirmed, verdict
from gateways.models import Gateway, Mode
from payments.models import ChargeStop, Payment
from payments.services.stops import active_stops, is_anything_stopped, not_stopped, stops_here

Row = TypeVar("Row", bound=Model)


def why_held(gateway: Gateway, campaign_id: int | None, stops: Sequence[ChargeStop] | None = None) -> str:
    """Why nothing new may be charged through this gateway for this campaign, for an operator to read; else empty.

    Who asks for several gateways at once brings the active stops along.
    """
    if why := why_off(gateway):
        return why
    known = active_stops() if stops is None else stops
    stop = next((one for one in known if stops_here(one, campaign_id, gateway.pk)), None)
    if stop is None:
        return ""
    return (
        f"Charging of {stop.what} was stopped by {stop.started_by} ({stop.reason}): nothing new is charged until it is "
        "released."
    )


def why_off(gateway: Gateway) -> str:
    """Why no live money moves from here, neither to the merchant nor back; empty when it may, and in test mode."""
    if not gateway.is_live or is_confirmed():
        return ""
    return f"Live charging is off. {verdict().why} An administrator has to confirm this installation first."


def is_held(payment_id: int) -> bool:
    """Asks the database each time: a stop that is committed is seen by the next one who asks."""
    if is_confirmed() and not is_anything_stopped():
        return False
    payment = Payment.objects.filter(pk=payment_id)
    return not chargeable(payment, campaign="order__campaign", gateway="gateway").exists()


def chargeable(rows: QuerySet[Row], *, campaign: str, gateway: str) -> QuerySet[Row]:
    """Only what may be charged now. `campaign` and `gateway` are the paths to their keys from a row."""
    return not_stopped(may_move(rows, gateway=gateway), campaign=campaign, gateway=gateway)


def may_move(rows: QuerySet[Row], *, gateway: str) -> QuerySet[Row]:
    """Only what may move money from here, in either direction: on a copy that nobody confirmed nothing that is live."""
    return rows if is_confirmed() else rows.exclude(**{f"{gateway}__mode": Mode.LIVE})
