"""Runs all of Midway on this machine: web, worker, beat, broker and a local Stripe."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config import env
from config.processes.demo import run_demo
from config.processes.errors import CannotStart, ProcessDied
from config.processes.progress import Progress
from config.processes.surroundings import Ports


class Command(BaseCommand):
    help = "Runs all of Midway on this machine; needs no Stripe account, no Redis and no PostgreSQL."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="of the web pages; else PORT, else 8000")

    def handle(self, *args: Any, **options: Any) -> None:
        ports = Ports(
            web=options["port"] or env.number("PORT", 8000, at_least=1),
            stripe=env.number("LOCAL_STRIPE_PORT", 12111, at_least=1),
            broker=env.number("BROKER_PORT", 0) or None,
        )
        progress = Progress(sys.stdout)
        try:
            run_demo(ports, progress)
        except (CannotStart, ProcessDied) as problem:
            self.stderr.write(str(problem))
            sys.exit(1)
