"""The fault script: what goes wrong, for whom, and when (docs.stripe.com/error-low-level)."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Literal

Kind = Literal["latency", "rate_limit", "error", "reset", "timeout", "malformed"]
When = Literal["before", "after"]


class ConnectionReset(Exception):  # it is what happened on the wire, and the adapter's to translate
    """The connection broke; the caller does not know whether the work was done."""


class TimedOut(Exception):  # likewise
    """No answer came in time; the caller does not know whether the work was done."""


@dataclass(frozen=True)
class Fault:
    """One rule. It fires on the matching calls number `nth` to `nth + times - 1`; `times=None` for ever.

    With a `chance` below 1 it fires on that share of them, drawn from `seed`: the same calls bring the same faults.
    `when="before"`: nothing is written. `when="after"`: the work is done and its answer kept for the idempotency
    key, only this answer is lost; with `stored=True` a 500 is itself the answer that is kept.
    """

    kind: Kind
    when: When = "before"
    method: str = "*"
    path: str = "*"
    key: str = "*"
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0
    code: str = "rate_limit"
    should_retry: bool | None = None
    status: int = 502
    body: str = "<html><body>Bad gateway</body></html>"
    stored: bool = False
    chance: float = 1.0
    seed: int = 0

    def matches(self, method: str, path: str, key: str) -> bool:
        return fnmatchcase(method, self.method.upper()) and fnmatchcase(path, self.path) and fnmatchcase(key, self.key)


class Faults:
    """The rules in force, with the count of calls that each has seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[tuple[Fault, list[int], Random]] = []

    def add(self, *rules: Fault) -> None:
        with self._lock:
            self._rules += [(rule, [0], Random(rule.seed)) for rule in rules]  # noqa: S311 # no secret

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def pick(self, method: str, path: str, key: str) -> list[Fault]:
        """The rules that fire on this call; each rule that matches counts it."""
        fired = []
        with self._lock:
            for rule, seen, draw in self._rules:
                if rule.matches(method, path, key):
                    seen[0] += 1
                    wanted = seen[0] >= rule.nth and (rule.times is None or seen[0] < rule.nth + rule.times)
                    if wanted and draw.random() < rule.chance:
                        fired.append(rule)
        return fired

    def listing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{**asdict(rule), "seen": seen[0]} for rule, seen, _ in self._rules]
