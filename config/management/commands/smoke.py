"""Takes one order through payment entry, charge, webhook and settlement, in the real processes."""

import json
import shutil
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.processes.errors import CannotStart, ProcessDied, Stopped
from config.processes.progress import Progress
from config.smoke.errors import SmokeFailed
from config.smoke.run import run_smoke
from config.smoke.stage import go_on_stage, surroundings


class Command(BaseCommand):
    help = "Starts an empty Midway on free ports, takes one order to its settlement, and prints the result as JSON."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        around = surroundings()
        if around is None:
            go_on_stage(sys.argv)
            return
        try:
            report = run_smoke(around, Progress(sys.stderr))
        except (SmokeFailed, CannotStart, ProcessDied) as problem:
            self.stderr.write(str(problem))
            sys.exit(1)
        except Stopped:
            self.stderr.write("Stopped before the end.")
            sys.exit(1)
        finally:
            shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
        self.stdout.write(json.dumps(report.as_dict()))
        sys.exit(0 if report.passed else 1)
