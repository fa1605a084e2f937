"""The monthly cap: room is taken before a charge, and moved or given back when its outcome is known.

Each change is one conditional UPDATE, so that two workers can never pass a cap together, on SQLite as on PostgreSQL.
Call these inside the transaction that changes the Payment.
"""

from datetime import date, datetime

from django.db.models import F

from gateways.days import day_of
from gateways.models import Gateway, MonthlyVolume


class CapReached(Exception):
    """No room is left under the gateway's monthly cap; `left` is what still fits, in minor units."""

    def __init__(self, left: int) -> None:
        super().__init__(f"no room under the monthly cap: {left} left")
        self.left = left


def month_of(gateway: Gateway, moment: datetime) -> date:
    """The month that a charge at this moment counts to, in the gateway's time zone."""
    return day_of(gateway, moment).replace(day=1)


def take_room(gateway: Gateway, month: date, amount: int) -> None:
    """Hold `amount` under the cap. Raises CapReached, and then nothing is held."""
    MonthlyVolume.objects.get_or_create(gateway=gateway, month=month)
    rows = MonthlyVolume.objects.filter(gateway=gateway, month=month)
    if gateway.monthly_cap is not None:
        rows = rows.filter(reserved__lte=gateway.monthly_cap - amount - F("captured"))
    if not rows.update(reserved=F("reserved") + amount):
        raise CapReached(left=room_left(gateway, month) or 0)


def give_back(gateway: Gateway, month: date, amount: int) -> None:
    MonthlyVolume.objects.filter(gateway=gateway, month=month).update(reserved=F("reserved") - amount)


def move_to_captured(gateway: Gateway, month: date, *, held: int, captured: int) -> None:
    """Of what was held, `captured` was taken and the rest is free again."""
    MonthlyVolume.objects.filter(gateway=gateway, month=month).update(
        reserved=F("reserved") - held, captured=F("captured") + captured
    )


def room_left(gateway: Gateway, month: date) -> int | None:
    """What still fits under the cap, in minor units; None when there is no cap."""
    if gateway.monthly_cap is None:
        return None
    volume = MonthlyVolume.objects.filter(gateway=gateway, month=month).first()
    return max(0, int(gateway.monthly_cap) - (volume.used if volume else 0))
