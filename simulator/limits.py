"""Stripe's rate limit: so many requests a second for each endpoint of an account (docs.stripe.com/rate-limits)."""

from __future__ import annotations

import threading
import time
from collections import deque

from simulator.errors import rate_limited


class RateLimiter:
    """A sliding second of real time, whatever the controllable clock says; `limit=None` lets all pass."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], deque[float]] = {}

    def check(self, account: str, endpoint: str) -> None:
        if self.limit is None:
            return
        now = time.monotonic()
        with self._lock:
            seen = self._seen.setdefault((account, endpoint), deque())
            while seen and seen[0] <= now - 1:
                seen.popleft()
            if len(seen) >= self.limit:
                raise rate_limited("rate_limit")
            seen.append(now)
