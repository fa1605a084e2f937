"""What an administrator has to know before confirming that live money may be charged from here."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import Count

from gateways import clock
from gateways.installation import Verdict, verdict
from gateways.models import Gateway, Installation, Mode
from orders.models import Subscription
from payments.models import ChargeStop, Status
from payments.services.held import HeldSum, sums_of, totals_of, waiting
from payments.services.stops import active_stops


@dataclass(frozen=True)
class Outlook:
    """`waiting` is charged as soon as the installation is confirmed, unless a stop holds it; `due` rebills follow."""

    verdict: Verdict
    installation: Installation | None
    database: str
    data_folder: str
    live_gateways: list[str]
    sums: list[HeldSum]
    due: int
    stops: list[ChargeStop]

    @property
    def totals(self) -> list[HeldSum]:
        return totals_of(self.sums)

    @property
    def count(self) -> int:
        return sum(one.count for one in self.sums)


def outlook() -> Outlook:
    return Outlook(
        verdict=verdict(),
        installation=Installation.objects.filter(pk=1).first(),
        database=database_in_words(),
        data_folder=str(settings.DATA_DIR),
        live_gateways=list(
            Gateway.objects.filter(mode=Mode.LIVE, active=True).order_by("name").values_list("name", flat=True)
        ),
        sums=sums_of(waiting().filter(mode=Mode.LIVE, status=Status.PENDING)),
        due=_due_rebills(),
        stops=active_stops(),
    )


def _due_rebills() -> int:
    due = Subscription.objects.filter(try_at__lte=clock.now(), gateway__mode=Mode.LIVE)
    return int(due.aggregate(count=Count("pk"))["count"])


def database_in_words() -> str:
    """Where it is, without the password."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"SQLite, {known['NAME']}"
    return f"PostgreSQL, {known['NAME']} at {known['HOST'] or 'this machine'}"
