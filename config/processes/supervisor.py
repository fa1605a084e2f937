"""Starts processes, waits until each is ready, ends all of them with the first that dies, and leaves none behind."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from config.processes import lifeline
from config.processes.child import Child, Program
from config.processes.errors import CannotStart, ProcessDied
from config.processes.interruption import Interruption

PAUSE = 0.1
PATIENCE = 10.0  # seconds that a process has to end what it began


class Supervisor:
    """A context: leaving it, in whichever way, ends every process; what others need ends last."""

    def __init__(self, logs: Path, interruption: Interruption, *, held_open: tuple[int, ...] = ()) -> None:
        self.logs = logs
        self.interruption = interruption
        self.children: list[Child] = []
        self.killed: list[str] = []
        logs.mkdir(parents=True, exist_ok=True)
        self._lifeline = subprocess.Popen(
            [sys.executable, "-I", lifeline.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=held_open,
        )
        self._pipe = cast("IO[bytes]", self._lifeline.stdin)

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, program: Program) -> Child:
        child = Child(program, self.logs / f"{program.name}.log")
        self.children.append(child)
        self._tell_lifeline(f"+{child.pid}")
        return child

    def finish(self, child: Child) -> str:
        """Waits for the end of a program that runs once, and gives back what it wrote."""
        while child.exit_code is None:
            self.check()
            time.sleep(PAUSE / 2)
        self.children.remove(child)
        self._tell_lifeline(f"-{child.pid}")
        if child.exit_code:
            raise CannotStart(f"{child.name} failed; the end of {shown(child.log)}:\n{child.tail()}")
        return child.words()

    def wait_until(self, ready: Callable[[], bool], child: Child, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{child.name} was not ready after {seconds:.0f} s; the end of {shown(child.log)}:\n{child.tail()}"
                )
            time.sleep(PAUSE)

    def check(self) -> None:
        """Raises when we were asked to stop, or when a process that should run has ended."""
        self.interruption.check()
        for child in self.children:
            if child.exit_code is not None and not child.runs_once:
                raise ProcessDied(
                    f"{child.name} ended by itself (exit code {child.exit_code}); "
                    f"the end of {shown(child.log)}:\n{child.tail()}"
                )

    def watch(self) -> None:
        while True:
            self.check()
            time.sleep(PAUSE)

    def stop(self) -> None:
        for needed in (False, True):
            self._stop_together([child for child in self.children if child.needed_by_others is needed])
        self.children = []
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        self._lifeline.wait()

    def _stop_together(self, group: list[Child]) -> None:
        for child in group:
            child.ask_to_end()
        deadline = time.monotonic() + PATIENCE
        for child in group:
            while child.exit_code is None and time.monotonic() < deadline and self.interruption.count < 2:
                time.sleep(PAUSE / 2)
            if not child.end_by(time.monotonic()):
                self.killed.append(child.name)
            self._tell_lifeline(f"-{child.pid}")

    def _tell_lifeline(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._pipe.write(f"{line}\n".encode())
            self._pipe.flush()


def shown(path: Path) -> str:
    """A path as a person at this terminal would write it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
