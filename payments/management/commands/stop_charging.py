"""The kill switch, for a shell."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments import actors
from payments.management.scope import WRONG_USAGE, add_scope, scope_of
from payments.services.held import held_by, sums_of, totals_of
from payments.services.stops import StopRefused, stop_charging


class Command(BaseCommand):
    help = (
        "Stops new charges at once, of everything, one campaign or one gateway. What was sent already is settled, and "
        "captures, voids and refunds go on. Ends with 0 when it is stopped, 1 when it was stopped before, 2 on wrong "
        "usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser)
        parser.add_argument("--reason", required=True, help="for whoever comes to release it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stop = stop_charging(options["reason"], actors.command("stop_charging"), **scope_of(options))
        except StopRefused as refusal:
            raise CommandError(refusal.message, returncode=WRONG_USAGE if refusal.field == "reason" else 1) from None
        self.stdout.write(f"Charging of {stop.what} is stopped.")
        for total in totals_of(sums_of(held_by(stop))):
            self.stdout.write(f"  {total.text} held, {total.mode} mode")
        self.stdout.write("“manage.py release_charging --dry-run” tells what a release would charge.")
