"""Drives a gateway from the first sale to the rebill and back (S2-33 to S2-40)."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config import local_stripe
from gateways.models import Gateway
from gateways.naming import UnknownGateway, gateway_named
from payments import actors
from payments.models import TestDrive
from payments.services.reserve import PaymentRefused
from payments.services.test_drive.drive import run_drive, start_drive
from payments.services.test_drive.route import LABELS
from payments.services.test_transaction import DEFAULT_TEST_CARD

WRONG_USAGE = 2


class Command(BaseCommand):
    help = (
        "Makes a test campaign, takes an order, charges it, bills cycle 2 at once, refunds both and puts the campaign "
        "away. Ends with 0 when every step went well, 1 when one failed, 2 on wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--gateway", required=True, metavar="NAME", help="as it is called in Midway")
        parser.add_argument("--card", help=f"{DEFAULT_TEST_CARD} in test mode; a saved card, pm_…, with live keys")
        parser.add_argument("--json", action="store_true", help="the steps as one object on the last line")
        parser.add_argument("--yes-charge-a-live-card", action="store_true", help="needed with live keys: real money")

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = self._gateway(options["gateway"])
        card = self._card(gateway, options)
        actor = actors.command("test_drive")
        try:
            with local_stripe.reaching(gateway):
                drive = run_drive(start_drive(gateway, card, actor).pk, actor)
        except PaymentRefused as refusal:
            self.stderr.write(refusal.message)
            drive = None
        if drive:
            self._tell(drive)
        if options["json"]:
            self.stdout.write(json.dumps(report(drive)))
        sys.exit(0 if drive and drive.ok else 1)

    def _gateway(self, name: str) -> Gateway:
        try:
            return gateway_named(name)
        except UnknownGateway as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None

    def _card(self, gateway: Gateway, options: dict[str, Any]) -> str:
        if not gateway.is_live:
            return options["card"] or DEFAULT_TEST_CARD
        missing = [] if options["card"] else ["a live card of your own (--card pm_…)"]
        if not options["yes_charge_a_live_card"]:
            missing.append("your word that it may be charged (--yes-charge-a-live-card)")
        if missing:
            raise CommandError(f"{gateway} is live: this needs {' and '.join(missing)}.", returncode=WRONG_USAGE)
        return str(options["card"])

    def _tell(self, drive: TestDrive) -> None:
        for step in drive.steps:
            mark = "ok     " if step["ok"] else "FAILED "
            self.stdout.write(f"{mark} {LABELS[step['name']]:<26} {_seconds(step):7.3f} s  {step['detail']}")
        if drive.reason:
            self.stderr.write(drive.reason)


def _seconds(step: dict[str, Any]) -> float:
    return round(int(step["milliseconds"]) / 1000, 3)


def report(drive: TestDrive | None) -> dict[str, Any]:
    steps = drive.steps if drive else []
    names = ("name", "ok", "reference")
    return {
        "ok": bool(drive and drive.ok),
        "steps": [{**{name: step[name] for name in names}, "seconds": _seconds(step)} for step in steps],
    }
