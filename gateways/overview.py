"""What stands beside the list while no gateway is chosen: where new payments go, and what needs a hand."""

from dataclasses import dataclass
from typing import Any

from gateways import look
from gateways.models import SECRETS, Gateway, GoLiveCheck
from gateways.usage import used_this_month, with_recent_volumes

SHOWN = 200


@dataclass(frozen=True)
class Route:
    """The default of one mode and currency, if any."""

    mode: str
    currency: str
    gateway: Gateway | None


@dataclass(frozen=True)
class Concern:
    gateway: Gateway
    tone: str
    text: str


def overview() -> dict[str, Any]:
    gateways = list(with_recent_volumes(Gateway.objects.defer(*SECRETS))[:SHOWN])
    failed = GoLiveCheck.objects.filter(outcome=GoLiveCheck.Outcome.FAILED, gateway__active=True)
    red = {row["gateway"] for row in failed.values("gateway")}
    return {
        "any": bool(gateways),
        "active": sum(gateway.active for gateway in gateways),
        "routes": _routes([gateway for gateway in gateways if gateway.active]),
        "concerns": [concern for gateway in gateways if gateway.active for concern in _concerns(gateway, red)],
    }


def _routes(gateways: list[Gateway]) -> list[Route]:
    pairs = sorted({(gateway.mode, gateway.currency) for gateway in gateways})
    default = {(gateway.mode, gateway.currency): gateway for gateway in gateways if gateway.is_default}
    return [Route(mode, currency, default.get((mode, currency))) for mode, currency in pairs]


def _concerns(gateway: Gateway, red: set[int]) -> list[Concern]:
    found = []
    if gateway.paused_at:
        found.append(Concern(gateway, "error", f"Paused: {gateway.pause_reason}"))
    used = look.percent_of(used_this_month(gateway), gateway.monthly_cap or 0)
    if used >= look.WARN_AT:
        tone = "error" if used >= look.ALARM_AT else "warning"
        found.append(Concern(gateway, tone, f"{used} % of the monthly cap is used."))
    if gateway.pk in red:
        found.append(Concern(gateway, "error", "The go-live check found something that is not ready."))
    return found
