"""Lives through a month of subscriptions in seconds, with the local Stripe."""

import time
from datetime import timedelta
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config import local_stripe
from config.simulation.month import Setting, Tally, live_through
from gateways import clock, money
from gateways.models import Gateway, Mode
from gateways.naming import UnknownGateway, gateway_named
from gateways.volume import month_of, room_left
from payments.services.held_cycles import held_sums

WRONG_USAGE = 2
MOST_DAYS, MOST_A_DAY = 366, 100
BAR = 30


class Command(BaseCommand):
    help = (
        "Simulates days of subscriptions that end now: sales, rebills, declines and their retries, with the local "
        "Stripe and no real money. Pages and reports show what came of them. Test gateways only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help=f"how many, up to {MOST_DAYS}; 30")
        parser.add_argument(
            "--gateway", metavar="NAME", help="a test gateway; the first one with a key of the local Stripe"
        )
        parser.add_argument("--sales", type=int, default=3, help=f"subscriptions sold each day, up to {MOST_A_DAY}; 3")
        parser.add_argument("--seed", type=int, default=1, help="the same number throws the same dice")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days: give 1 to {MOST_DAYS}.", returncode=WRONG_USAGE)
        if not 0 <= options["sales"] <= MOST_A_DAY:
            raise CommandError(f"--sales: give 0 to {MOST_A_DAY}.", returncode=WRONG_USAGE)
        gateway = self._gateway(options["gateway"])
        start = clock.now() - timedelta(days=options["days"])
        dice = Random(options["seed"])  # noqa: S311 - a story that can be told again, not a secret
        tally, started = Tally(), time.monotonic()
        with local_stripe.reaching(gateway):
            for day in live_through(Setting(gateway, start, options["days"], options["sales"], dice), tally):
                self._show(day, options["days"])
        self._tell(gateway, tally, options["days"], time.monotonic() - started)

    def _gateway(self, name: str | None) -> Gateway:
        try:
            if name:
                gateway = gateway_named(name)
            else:
                tests = Gateway.objects.usable().filter(mode=Mode.TEST).order_by("pk")
                found = next((one for one in tests if one.kind.takes_cards and local_stripe.is_local(one)), None)
                if found is None:
                    raise CommandError("There is no test gateway of the local Stripe: run “manage.py seed_demo” first.")
                gateway = found
        except UnknownGateway as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None
        if not local_stripe.is_local(gateway):
            raise CommandError(
                f"{gateway} is not a gateway of the local Stripe, and time is never simulated with the real one.",
                returncode=WRONG_USAGE,
            )
        return gateway

    def _show(self, day: int, days: int) -> None:
        """A bar where somebody looks, a line every ten days in a log."""
        if self.stdout.isatty():
            done = BAR * day // days
            end = "\n" if day == days else "\r"
            self.stdout.write(f"  day {day:>3} of {days}  [{'#' * done}{'.' * (BAR - done)}]", ending=end)
            self.stdout.flush()
        elif day % 10 == 0 or day == days:
            self.stdout.write(f"  day {day:>3} of {days}")

    def _tell(self, gateway: Gateway, tally: Tally, days: int, seconds: float) -> None:
        self.stdout.write(f"{days} days through {gateway} in {seconds:.1f} s:")
        self.stdout.write(f"  subscriptions sold    {tally.sold}")
        self.stdout.write(f"  sales refused         {tally.refused}")
        self.stdout.write(f"  rebills captured      {tally.rebilled}")
        self.stdout.write(f"  rebills declined      {tally.declined}")
        self.stdout.write(f"  waiting for somebody  {tally.waiting}")
        for held in held_sums():
            self.stdout.write(f"  held                  {held.count}, {held.label.lower()}")
        left = room_left(gateway, month_of(gateway, clock.now()))
        if left is not None:
            self.stdout.write(f"  left under the cap    {money.plain(left, gateway.currency)}")
