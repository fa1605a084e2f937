"""The day that it is for a gateway: caps, reserves and reports all turn at midnight in its time zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from gateways.models import Gateway


def day_of(gateway: Gateway, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(gateway.time_zone)).date()
