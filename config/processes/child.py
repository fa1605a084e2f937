"""One process that we started: its log, its end."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateways.redaction import redact

LOG_LIMIT = 5_000_000  # bytes; a log beyond it is begun anew at the next start
TAIL_LINES = 20


@dataclass(frozen=True)
class Program:
    """What to run, under which name."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    needed_by_others: bool = False  # such a program ends last
    runs_once: bool = False  # its end is no failure


class Child:
    def __init__(self, program: Program, log: Path) -> None:
        self.name = program.name
        self.needed_by_others = program.needed_by_others
        self.runs_once = program.runs_once
        self.log = log
        mode = "ab" if log.exists() and log.stat().st_size < LOG_LIMIT else "wb"
        with log.open(mode) as target:
            self._log_starts_at = target.tell()
            # A session of its own: Ctrl-C reaches us alone, and we stop everything in the right order.
            self._process = subprocess.Popen(
                program.command,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def words(self) -> str:
        """What this run wrote to its log."""
        with self.log.open("rb") as source:
            source.seek(self._log_starts_at)
            return source.read().decode(errors="replace")

    def tail(self) -> str:
        """The end of the log, without what is secret: it goes to a terminal."""
        return "\n".join(f"  | {redact(line)}" for line in self.words().splitlines()[-TAIL_LINES:])

    def ask_to_end(self) -> None:
        if self.exit_code is None:
            self._process.terminate()

    def end_by(self, deadline: float) -> bool:
        """True when it ended by itself in time; in any case nothing of it is left afterwards."""
        try:
            self._process.wait(timeout=max(0.0, deadline - time.monotonic()))
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        return in_time
