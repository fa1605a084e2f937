"""Looks whether gateways are ready to take money, and says what to do where they are not."""

import json
import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config import local_stripe
from gateways.models import Gateway, GoLiveCheck
from gateways.naming import UnknownGateway, gateway_named
from payments.golive import LABELS, go_through, is_ready

log = logging.getLogger("midway.gateways")

WRONG_USAGE = 2


class Command(BaseCommand):
    help = (
        "Runs the go-live check of all active gateways. Ends with 0 when nothing is red, 1 when something is, "
        "2 on wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--gateway", metavar="NAME", help="this one only, active or not")
        parser.add_argument("--json", action="store_true", help="all outcomes as one object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        gateways = self._gateways(options["gateway"])
        reports = [self._check(gateway) for gateway in gateways]
        ready = bool(reports) and all(report["ready"] for report in reports)
        if not reports:
            self.stdout.write("There is no active gateway: add one, or switch one on, before you sell.")
        if options["json"]:
            self.stdout.write(json.dumps({"ready": ready, "gateways": reports}))
        sys.exit(0 if ready else 1)

    def _gateways(self, name: str | None) -> list[Gateway]:
        try:
            return [gateway_named(name)] if name else list(Gateway.objects.filter(active=True).order_by("name"))
        except UnknownGateway as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None

    def _check(self, gateway: Gateway) -> dict[str, Any]:
        """Whatever breaks here, the other gateways are still looked at."""
        self.stdout.write(f"{gateway} ({gateway.mode} mode, {gateway.currency})")
        rows: list[GoLiveCheck] = []
        ready = False
        try:
            with local_stripe.reaching(gateway):
                for row in go_through(gateway):
                    rows.append(row)
                    self._tell(row)
            ready = is_ready(gateway)
        except Exception as error:
            log.exception("the go-live check of gateway %s broke off", gateway.pk)
            self.stdout.write(f"  The check broke off ({type(error).__name__}): the log says more.")
        else:
            self.stdout.write("  Ready." if ready else "  Not ready.")
        checks = [{"check": row.check_name, "outcome": row.outcome, "detail": row.detail} for row in rows]
        return {"gateway": gateway.name, "mode": gateway.mode, "ready": ready, "checks": checks}

    def _tell(self, row: GoLiveCheck) -> None:
        self.stdout.write(f"  {row.get_outcome_display():<12}  {LABELS[row.check_name]}: {row.detail}")
        self.stdout.flush()
