"""`make demo`: everything on one machine, until somebody stops it."""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection

from config.processes import programs
from config.processes.errors import CannotStart, Stopped
from config.processes.house import House
from config.processes.interruption import Interruption
from config.processes.programs import Place
from config.processes.progress import Progress
from config.processes.supervisor import Supervisor, shown
from config.processes.surroundings import Ports, Surroundings, look_around
from config.processes.turn import taken_turn

USER = "demo"
PASSWORD = "midway-demo"  # noqa: S105 # printed on purpose, for a database that this machine alone can reach


def run_demo(ports: Ports, progress: Progress) -> None:
    """Returns when it was asked to stop; raises CannotStart or ProcessDied."""
    interruption = Interruption()
    interruption.listen()
    data = Path(settings.DATA_DIR).resolve()
    with taken_turn(data) as turn:
        around = look_around(ports)
        _require_database(around)
        progress.line("Starting Midway; Ctrl-C stops it.")
        place = Place(data, around.variables(data))
        supervisor = Supervisor(data / "logs", interruption, held_open=(turn,))
        try:
            with supervisor:
                _serve(House(supervisor, around, place, progress, f"demo-{around.web_port}@localhost"))
        except Stopped:
            _say_goodbye(progress, supervisor, data)


def _serve(house: House) -> None:
    try:
        house.lay_foundations()
        house.collect_static_files()
        password = _password(house.surroundings)
        with house.progress.step("demo data"):
            seed = ["seed_demo", *(["--password", password] if password else [])]
            house.supervisor.finish(house.supervisor.start(programs.step(house.place, "seed_demo", *seed)))
        house.open_doors()
        _welcome(house, password)
        house.supervisor.watch()
    except Stopped:
        house.progress.line("\nStopping …")
        raise


def _require_database(around: Surroundings) -> None:
    if around.own_database:
        return
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(
            f"The database of DATABASE_URL cannot be opened ({reason}): start it, or correct it."
        ) from None
    finally:
        connection.close()


def _password(around: Surroundings) -> str:
    """Known to all on the demo's own file; elsewhere made up for a new user, and empty for one who is there."""
    if around.own_database:
        return PASSWORD
    try:
        is_there = get_user_model().objects.filter(username=USER).exists()
    finally:
        connection.close()
    return "" if is_there else secrets.token_urlsafe(12)


def _welcome(house: House, password: str) -> None:
    around, say = house.surroundings, house.progress.line
    known = f"password {password}" if password else "with the password that was printed when the user was made"
    say(f"\nMidway is ready after {house.progress.seconds:.0f} s:\n")
    say(f"  {around.web_url}/admin/    user {USER}, {known}\n")
    if around.starts_stripe:
        say(f"  local Stripe  {around.stripe_url} (no account, no money, its own test cards)")
    else:
        say(f"  Stripe        {around.stripe_url}")
        if "PUBLIC_URL" not in os.environ:
            say("                No webhook reaches this machine: payments are settled by asking. Else set PUBLIC_URL.")
    say(f"  logs          {shown(house.supervisor.logs)}")
    say("\nCtrl-C stops everything. The data stays, and the next `make demo` goes on from it.")


def _say_goodbye(progress: Progress, supervisor: Supervisor, data: Path) -> None:
    for name in supervisor.killed:
        progress.line(f"  {name} had to be killed; what it was doing is taken up again at the next start.")
    progress.line(f"Stopped. The data is in {shown(data)}.")
