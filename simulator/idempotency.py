"""Idempotency as Stripe does it (docs.stripe.com/api/idempotent_requests)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.errors import StripeError, invalid
from simulator.messages import Request, Response
from simulator.store import Store

KEPT_FOR = 24 * 3600


class Idempotency:
    """Answers by key, kept in the store; the keys at work, kept in memory so that a crash frees them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._in_flight: set[tuple[str, str]] = set()

    @contextmanager
    def claim(self, world: str, key: str) -> Iterator[None]:
        """One request at a time for a key; a second one is told to come back."""
        with self._lock:
            if (world, key) in self._in_flight:
                raise _in_use(key)
            self._in_flight.add((world, key))
        try:
            yield
        finally:
            with self._lock:
                self._in_flight.discard((world, key))

    def replay(self, world: str, key: str, request: Request, now: int) -> Response | None:
        """The answer kept for this key, when it is the same request."""
        sql = "select fingerprint, created, request_id, status, body from idempotency where world = ? and key = ?"
        rows = self._store.rows(sql, (world, key))
        if not rows:
            return None
        mark, created, request_id, status, body = rows[0]
        if now - created >= KEPT_FOR:
            self._store.write("delete from idempotency where world = ? and key = ?", (world, key))
            return None
        if mark != fingerprint(request):
            raise _mismatch(key)
        headers = {"Idempotent-Replayed": "true", "Original-Request": request_id, "Content-Type": "application/json"}
        return Response(status, headers, body)

    def keep(self, world: str, key: str, request: Request, now: int, answer: tuple[str, int, bytes]) -> None:
        """Keep (request id, status, body) for the key."""
        sql = "insert or replace into idempotency values (?, ?, ?, ?, ?, ?, ?)"
        self._store.write(sql, (world, key, fingerprint(request), now, *answer))


def check_key(key: str) -> None:
    if len(key) > 255:
        words = f"Idempotency-Key must be at most 255 characters long; yours has {len(key)}."
        raise StripeError(400, "idempotency_error", words)
    if not key.strip():
        raise invalid("Idempotency-Key may not be blank.")


def fingerprint(request: Request) -> str:
    whole = b"\n".join((request.method.encode(), request.path.encode(), request.body))
    return hashlib.sha256(whole).hexdigest()


def _mismatch(key: str) -> StripeError:
    words = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return StripeError(400, "idempotency_error", words)


def _in_use(key: str) -> StripeError:
    words = (
        f"There is currently another in-progress request using this Idempotent Key ({key}) (that probably means you "
        "submitted twice, and the other request is still going through). Please try again later."
    )
    return StripeError(409, "invalid_request_error", words, code="idempotency_key_in_use")
