"""Runs the local Stripe on loopback, for development and tests."""

import signal
import sys
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError, connection

from config.local_stripe import data_file
from gateways.models import Gateway, Mode
from simulator.core import LocalStripe
from simulator.server import LiveKeyPresent, Server, refuse_beside


class Command(BaseCommand):
    help = "Runs the local Stripe: Stripe's API without an account, a network or money. Refuses beside a live key."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=12111, help="0 takes a free one")
        parser.add_argument("--data", type=Path, help="its SQLite file; else one in DATA_DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_live_modes()
        file = options["data"] or data_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        core = LocalStripe(file)
        try:
            server = Server(core, options["host"], options["port"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be opened ({error.strerror}): choose another --port."
            ) from None
        with server:
            self.stdout.write(f"The local Stripe listens on {server.url}; its data is in {file}.")
            sys.stdout.flush()
            ended.wait()
        core.close()


def refuse_live_modes() -> None:
    """Raises CommandError beside a live key in the settings, or a live gateway in the database."""
    try:
        refuse_beside([settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLIC_KEY])
    except LiveKeyPresent as error:
        raise CommandError(f"{error} Take the key out of the environment and of .env.") from None
    try:
        live = Gateway.objects.filter(mode=Mode.LIVE).values_list("name", flat=True).first()
    except (OperationalError, ProgrammingError):
        live = None  # no tables yet, so no gateway either
    finally:
        connection.close()
    if live is not None:
        raise CommandError(
            f"The gateway {live} in this database is live: the local Stripe does not start beside it, lest somebody "
            "takes its answers for money. Use another DATABASE_URL."
        )
