"""Encrypts every stored secret anew, with the newest key."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from gateways.reencryption import Row, renew, rows

MOST_PASSES = 3
EVERY = 20


@dataclass
class Tally:
    """Numbers and names only."""

    gateways: int = 0
    renewed: int = 0
    current: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.gateways += 1
        self.renewed += len(row.renewed)
        self.current += len(row.current)
        self.unreadable += [{"gateway": row.name, "secret": name} for name in row.unreadable]


class Command(BaseCommand):
    help = (
        "Encrypts every secret with the first key of FERNET_KEYS. Put a new key before the old one, run this, and "
        "take the old one away when a second run finds nothing to do. It may be interrupted and run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be done")
        parser.add_argument("--json", action="store_true", help="the outcome as one object on the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tally = self._run(dry_run=options["dry_run"])
        except KeyboardInterrupt:
            raise CommandError("Stopped. What is done is done: run it again, and it goes on from there.") from None
        except DatabaseError as error:
            raise CommandError(f"The database does not do its part ({error}): mend that, then run it again.") from None
        self._tell(tally, dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps({**vars(tally), "dry_run": options["dry_run"]}))
        sys.exit(1 if tally.unreadable else 0)

    def _run(self, *, dry_run: bool) -> Tally:
        """Somebody who had a gateway open may save it with the old encryption meanwhile: hence another look."""
        tally = self._go_through(dry_run=dry_run)
        for _ in range(MOST_PASSES - 1):
            if dry_run or not tally.renewed:
                break
            again = self._go_through(dry_run=False, quiet=True)
            if not again.renewed:
                break
            tally.renewed += again.renewed
        return tally

    def _go_through(self, *, dry_run: bool, quiet: bool = False) -> Tally:
        tally = Tally()
        waiting = rows()
        for count, (secrets, pk) in enumerate(waiting, start=1):
            row = renew(secrets, pk, dry_run=dry_run)
            if row is not None:
                tally.add(row)
            if not quiet and (count % EVERY == 0 or count == len(waiting)):
                self.stdout.write(f"  {count} of {len(waiting)} gateways")
                self.stdout.flush()
        return tally

    def _tell(self, tally: Tally, *, dry_run: bool) -> None:
        verb = "would be encrypted anew" if dry_run else "encrypted anew"
        self.stdout.write(f"Secrets {verb}: {tally.renewed}; under the newest key already: {tally.current}.")
        for one in tally.unreadable:
            self.stderr.write(
                f"{one['gateway']}: no key in FERNET_KEYS opens its {one['secret'].replace('_', ' ')}. Add the key "
                "that was in use when it was saved, after the newest one, or enter the secret again."
            )
