"""What a command line says of the scope of a stop: one campaign, one gateway, or, with neither, everything."""

from typing import Any, TypedDict

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from gateways.models import Gateway
from gateways.naming import UnknownGateway, gateway_named
from orders.models import Campaign

WRONG_USAGE = 2


class Scope(TypedDict):
    campaign: Campaign | None
    gateway: Gateway | None


def add_scope(parser: CommandParser) -> None:
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--campaign", metavar="NAME", help="this campaign alone; with neither of the two: everything")
    scope.add_argument("--gateway", metavar="NAME", help="this gateway alone")


def scope_of(options: dict[str, Any]) -> Scope:
    """Raises CommandError for a name that nothing has."""
    try:
        return {
            "campaign": _campaign(options["campaign"]) if options["campaign"] is not None else None,
            "gateway": gateway_named(options["gateway"]) if options["gateway"] is not None else None,
        }
    except UnknownGateway as error:
        raise CommandError(str(error), returncode=WRONG_USAGE) from None
    except DatabaseError as error:
        raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None


def _campaign(name: str) -> Campaign:
    found = list(Campaign.objects.filter(name=name)) or list(Campaign.objects.filter(name__iexact=name)[:2])
    if len(found) == 1:
        return found[0]
    names = "\n".join(f"  {one}" for one in Campaign.objects.order_by("name").values_list("name", flat=True))
    known = f"The campaigns are:\n{names}" if names else "There is no campaign yet."
    raise CommandError(f"No campaign is called “{name}”. {known}", returncode=WRONG_USAGE)
