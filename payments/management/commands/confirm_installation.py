"""The clone guard, for a shell."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from gateways.installation import CannotConfirm, confirm
from payments import actors
from payments.services.installing import Outlook, outlook


class Command(BaseCommand):
    help = (
        "Confirms that live money may be charged from here: of all copies of this database, this is the one. Tells "
        "what will be charged. Ends with 0 when it is confirmed (or, with --dry-run, could be), 1 when it cannot be."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell how things stand")
        parser.add_argument("--json", action="store_true", help="the same as one object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = outlook()
            self._tell(found)
            if not options["dry_run"]:
                confirm(actors.command("confirm_installation").name)
                self.stdout.write("Confirmed: live money may be charged from here, and from no other copy.")
        except CannotConfirm as problem:
            raise CommandError(str(problem)) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None
        if options["json"]:
            report = {
                "confirmed": found.verdict.is_confirmed or not options["dry_run"],
                "was_confirmed": found.verdict.is_confirmed,
                "why_not": found.verdict.why,
                "database": found.database,
                "live_gateways": found.live_gateways,
                "waiting": [asdict(one) for one in found.sums],
                "due_subscriptions": found.due,
            }
            self.stdout.write(json.dumps(report))

    def _tell(self, found: Outlook) -> None:
        self.stdout.write(f"{found.database}; data in {found.data_folder}.")
        self.stdout.write(found.verdict.why or "Live money may be charged from here already.")
        for one in found.sums:
            self.stdout.write(f"  {one.text} through {one.gateway} wait to be charged")
        if found.due:
            self.stdout.write(f"  {found.due} subscriptions on live gateways are due")
        for stop in found.stops:
            self.stdout.write(f"  Charging of {stop.what} is stopped and stays so")
