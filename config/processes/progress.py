"""Progress lines: what is being done, and how many seconds it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def line(self, text: str = "") -> None:
        self._write(text + "\n")

    def _write(self, text: str) -> None:
        try:
            self.out.write(text)
            self.out.flush()
        except (BrokenPipeError, OSError):
            # The terminal is gone; what we run must still be stopped in good order.
            return

    @contextmanager
    def step(self, name: str, note: str = "") -> Iterator[None]:
        started = time.monotonic()
        if self.out.isatty():
            self._write(f"  {name} …\r")  # the line below takes its place
        yield
        self.line(f"  {name:<22}{time.monotonic() - started:5.1f} s  {note}".rstrip())
