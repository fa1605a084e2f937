"""How near a gateway is to its monthly cap, in words for operators: at 80, 95 and 100 % they are warned."""

from dataclasses import dataclass
from datetime import timedelta

from gateways import clock, look, money
from gateways.models import SECRETS, Gateway
from gateways.usage import used_this_month, with_recent_volumes
from gateways.volume import month_of

THRESHOLDS = (look.WARN_AT, look.ALARM_AT, 100)


@dataclass(frozen=True)
class NearCap:
    """`tone` is warning or error. `percent` is rounded down: 100 means that nothing is left."""

    gateway: Gateway
    percent: int
    text: str

    @property
    def tone(self) -> str:
        return "error" if self.percent >= look.ALARM_AT else "warning"


def near_cap(gateway: Gateway, used: int) -> NearCap | None:
    """None while less than 80 % is used. `used` is what is held and captured this month, in minor units."""
    if gateway.monthly_cap is None:
        return None
    percent = look.percent_of(used, gateway.monthly_cap)
    return NearCap(gateway, percent, _words(gateway, used, percent)) if percent >= THRESHOLDS[0] else None


def _words(gateway: Gateway, used: int, percent: int) -> str:
    cap = int(gateway.monthly_cap or 0)
    following = (month_of(gateway, clock.now()) + timedelta(days=32)).replace(day=1)
    if used >= cap:
        until = f"{following.day} {following:%B}"
        return f"The monthly cap of {money.plain(cap, gateway.currency)} is used up: nothing is charged until {until}."
    left = money.plain(cap - used, gateway.currency)
    return f"{percent} % of the monthly cap is used: {left} left until the end of {following - timedelta(days=1):%B}."


def near_their_caps() -> list[NearCap]:
    """The active gateways that operators are warned of, the nearest first."""
    gateways = with_recent_volumes(Gateway.objects.filter(active=True, monthly_cap__isnull=False).defer(*SECRETS))
    found = [near for gateway in gateways if (near := near_cap(gateway, used_this_month(gateway)))]
    return sorted(found, key=lambda near: -near.percent)


def mark_in_choice(gateway: Gateway, left: int | None) -> str:
    """Behind a gateway's name where one is chosen: that its cap is nearly used. `left` is what still fits."""
    if left is None or gateway.monthly_cap is None:
        return ""
    near = near_cap(gateway, int(gateway.monthly_cap) - left)
    return f" · ⚠ {near.percent} % of its cap used" if near else ""
