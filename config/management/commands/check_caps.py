"""The monthly-cap check, for a shell: recomputes, compares with the processor, repairs, reports."""

import json
import re
import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config import local_stripe
from gateways import money
from gateways.models import CapCheck, Gateway
from gateways.naming import UnknownGateway, gateway_named
from payments.services.caps import check_cap

WRONG_USAGE = 2
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class Command(BaseCommand):
    help = (
        "Checks the monthly caps of all active gateways: recomputes what is captured and reserved from the payments, "
        "compares it with the processor's own charges, repairs the ledger and reports the drift. Ends with 0 when "
        "everything agreed, 1 when drift was found (repaired or not), 2 on wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--gateway", metavar="NAME", help="this one only, active or not")
        parser.add_argument("--month", metavar="YYYY-MM", help="not the present month, where each gateway is, but this")
        parser.add_argument("--json", action="store_true", help="all gateways as one list on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        month = self._month(options["month"])
        checks = [self._check(gateway, month) for gateway in self._gateways(options["gateway"])]
        if not checks:
            self.stdout.write("There is no active gateway.")
        if options["json"]:
            self.stdout.write(json.dumps([report(check) for check in checks]))
        sys.exit(1 if any(check.drift for check in checks) else 0)

    def _month(self, typed: str | None) -> date | None:
        if typed is None:
            return None
        found = MONTH.fullmatch(typed)
        if found is None or not int(found[1]):
            raise CommandError(f"--month: “{typed}” is no month: write one such as 2026-11.", returncode=WRONG_USAGE)
        return date(int(found[1]), int(found[2]), 1)

    def _gateways(self, name: str | None) -> list[Gateway]:
        try:
            return [gateway_named(name)] if name else list(Gateway.objects.filter(active=True).order_by("name"))
        except UnknownGateway as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None

    def _check(self, gateway: Gateway, month: date | None) -> CapCheck:
        with local_stripe.reaching(gateway):
            check = check_cap(gateway, month)
        for line in _lines(check):
            self.stdout.write(line)
        self.stdout.flush()
        return check


def _lines(check: CapCheck) -> list[str]:
    def plain(amount: int) -> str:
        return money.plain(amount, check.gateway.currency)

    cap = f"{plain(check.left or 0)} left of {plain(check.cap)}" if check.cap is not None else "no cap"
    books = f"{plain(check.captured)} captured, {plain(check.reserved)} reserved, {cap}."
    told = [f"{check.gateway} ({check.gateway.mode} mode), {check.month:%B %Y}: {books}"]
    told.append(f"  Drift of {plain(check.drift)} found." if check.drift else "  No drift.")
    if check.note:
        return [*told, f"  Not compared with the processor: {check.note}"]
    told.append(f"  The processor counts {plain(check.processor_captured or 0)} for these payments.")
    if check.unknown_count:
        charges = "1 charge" if check.unknown_count == 1 else f"{check.unknown_count} charges"
        told.append(f"  The account has {charges} of {plain(check.unknown_amount)} that Midway does not know.")
    return told


def report(check: CapCheck) -> dict[str, Any]:
    """Minor units of the gateway's currency; `cap` and `left` are null where there is no cap."""
    return {
        "gateway": check.gateway.name,
        "month": f"{check.month:%Y-%m}",
        "cap": check.cap,
        "captured": check.captured,
        "reserved": check.reserved,
        "left": check.left,
        "drift": check.drift,
    }
