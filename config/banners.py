"""What everybody who is signed in must know, above each page of the admin: that charging is stopped or off, and why."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from gateways.installation import is_confirmed, verdict
from payments.models import ChargeStop
from payments.services.stops import active_stops

SHOWN = 3


@dataclass(frozen=True)
class Banner:
    """`url` is empty for those who may not open it."""

    heading: str
    text: str
    url: str = ""
    action: str = ""


def banners(request: HttpRequest) -> list[Banner]:
    return [*_clone(request), *_stops(request)]


def _clone(request: HttpRequest) -> list[Banner]:
    if is_confirmed():
        return []
    told = verdict().why
    if not getattr(request.user, "is_superuser", False):
        return [Banner("Live charging is off.", f"{told} An administrator has to confirm this installation.")]
    return [
        Banner("Live charging is off.", told, reverse("admin:gateways_installation_changelist"), "Look and confirm")
    ]


def _stops(request: HttpRequest) -> list[Banner]:
    stops = active_stops()
    url = reverse("admin:payments_chargestop_changelist") if request.user.has_perm("payments.view_chargestop") else ""
    told = [_stop(stop, url) for stop in stops[:SHOWN]]
    if more := len(stops) - len(told):
        told.append(Banner(f"{more} more {'stop' if more == 1 else 'stops'}", "", url, "See all"))
    return told


def _stop(stop: ChargeStop, url: str) -> Banner:
    return Banner(
        f"Charging of {stop.what} is stopped.",
        f"{stop.reason} ({stop.started_by}). Nothing new is charged there until it is released.",
        url,
        "See what is held",
    )
