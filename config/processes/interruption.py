"""When to stop: Ctrl-C, SIGTERM, SIGHUP, or the end of the `make` that we belong to."""

import os
import signal
from pathlib import Path
from types import FrameType

from config.processes.errors import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HELD_BACK_WHILE_HANDLED = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGHUP))


class Interruption:
    def __init__(self) -> None:
        self.count = 0
        self._parent = os.getppid()
        self._belongs_to_make = "MAKELEVEL" in os.environ

    def listen(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._received)

    def _received(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    def check(self) -> None:
        if self.count or (self._belongs_to_make and self._make_is_ending()):
            raise Stopped

    def _make_is_ending(self) -> bool:
        return os.getppid() != self._parent or self._make_was_interrupted()

    def _make_was_interrupted(self) -> bool:
        """GNU make passes neither SIGINT nor SIGHUP on to us: it waits, with the signal blocked, for our end."""
        try:
            status = Path(f"/proc/{self._parent}/status").read_text()
        except OSError:
            return False
        blocked = next((line.split()[1] for line in status.splitlines() if line.startswith("SigBlk:")), "0")
        return bool(int(blocked, 16) & _HELD_BACK_WHILE_HANDLED)
