"""Lets charging go on that was stopped, for a shell."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateways import money
from payments import actors
from payments.management.scope import add_scope, scope_of
from payments.models import ChargeStop
from payments.services.held import HeldSum, held_by, held_rebills, released_by, sums_of, totals_of
from payments.services.stops import active_stops, others, release
from payments.tasks import enqueue_charges


class Command(BaseCommand):
    help = (
        "Releases a stop of the same scope, and charges what waited for it. Ends with 0 when it is released (or, with "
        "--dry-run, would be), 1 when nothing is stopped there, 2 on wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_scope(parser)
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be charged")
        parser.add_argument("--json", action="store_true", help="the same as one object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = self._stop(options)
        charged = sums_of(released_by(stop, but_for=others(stop)))
        rebills = held_rebills(stop)
        held_on = held_by(stop).count() - sum(one.count for one in charged)
        released = not options["dry_run"] and self._release(stop)
        verb = "are" if released else "would be"
        self.stdout.write(f"Charging of {stop.what} {'is' if released else 'would be'} released.")
        for one in charged:
            self.stdout.write(f"  {one.text} through {one.gateway} ({one.mode} mode) {verb} charged")
        for one in rebills:
            amount = money.plain(one.amount, one.currency)
            self.stdout.write(f"  {one.count} due rebills of {amount} ({one.mode} mode) follow")
        if held_on:
            self.stdout.write(f"  {held_on} more wait for another stop to be released")
        if options["json"]:
            self.stdout.write(json.dumps(report(stop, charged, rebills, released=released, held_on=held_on)))

    def _stop(self, options: dict[str, Any]) -> ChargeStop:
        wanted = scope_of(options)
        both = (wanted["campaign"], wanted["gateway"])
        stop = next((one for one in active_stops() if (one.campaign, one.gateway) == both), None)
        if stop is None:
            stopped = "\n".join(f"  {one.what}, since {one.started_at:%Y-%m-%d %H:%M} UTC" for one in active_stops())
            raise CommandError(
                f"Nothing is stopped there. Stopped are:\n{stopped}" if stopped else "Nothing is stopped."
            )
        return stop

    def _release(self, stop: ChargeStop) -> bool:
        waiting = release(stop.pk, actors.command("release_charging"))
        if waiting is None:
            raise CommandError("Somebody else released it in this moment.")
        enqueue_charges(waiting)
        return True


def report(
    stop: ChargeStop, charged: list[HeldSum], rebills: list[HeldSum], *, released: bool, held_on: int
) -> dict[str, Any]:
    """Amounts in minor units of their currency."""
    return {
        "scope": stop.scope,
        "what": stop.what,
        "released": released,
        "count": sum(one.count for one in charged),
        "totals": [_without_gateway(one) for one in totals_of(charged)],
        "gateways": [asdict(one) for one in charged],
        "still_held": held_on,
        "rebills": [_without_gateway(one) for one in rebills],
    }


def _without_gateway(total: HeldSum) -> dict[str, Any]:
    return {name: value for name, value in asdict(total).items() if name != "gateway"}
