"""The clock of the local Stripe: real time plus an offset that tests and the control API may move."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Whole seconds since the epoch, as Stripe counts them."""

    def __init__(self, offset: int = 0, source: Callable[[], float] = time.time) -> None:
        self._offset = offset
        self._source = source
        self.listeners: list[Callable[[int], None]] = []

    @property
    def offset(self) -> int:
        return self._offset

    def now(self) -> int:
        return int(self._source()) + self._offset

    def advance(self, seconds: int) -> int:
        """Move by so many seconds; backwards too, as a wrong clock would."""
        self._offset += seconds
        for listener in self.listeners:
            listener(self._offset)
        return self.now()

    def travel(self, to_epoch: int) -> int:
        return self.advance(to_epoch - self.now())
