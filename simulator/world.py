"""What a handler works in: the objects of one account during one request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import missing
from simulator.ids import new_id
from simulator.store import Json, Store

DEFAULT_VERSION = "2026-10-28.endive"
LOCAL = "_local"  # our own notes on an object, which no answer shows


@dataclass
class World:
    """Objects are loaded once, changed in place, and written together at the end of the request."""

    store: Store
    account: str
    now: int
    name: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None
    base_url: str = "http://local-stripe"
    connected: bool = False
    changed: dict[str, Json] = field(default_factory=dict)
    _loaded: dict[str, Json | None] = field(default_factory=dict)

    def add(self, prefix: str, kind: str, **fields: Any) -> Json:
        """A new object with the fields that all objects have."""
        body: Json = {"id": new_id(prefix), "object": kind, "created": self.now, "livemode": False, **fields}
        return self.save(body)

    def save(self, body: Json) -> Json:
        self._loaded[body["id"]] = body
        self.changed[body["id"]] = body
        return body

    def get(self, ident: str) -> Json | None:
        """Any object of this account, by its id."""
        if ident not in self._loaded:
            found = self.store.load(ident)
            self._loaded[ident] = self._ripe(found[1]) if found and found[0] == self.account else None
        return self._loaded[ident]

    def find(self, kind: str, ident: str) -> Json | None:
        body = self.get(ident)
        return body if body and body["object"] == kind else None

    def need(self, kind: str, ident: str, param: str = "id") -> Json:
        body = self.find(kind, ident)
        if body is None:
            raise missing(kind, ident, param)
        return body

    def select(self, kind: str, where: str = "", values: Sequence[Any] = (), tail: str = "") -> list[Json]:
        """Objects of a kind; `where` and `tail` are SQL of this package, never of a request."""
        self.flush()
        sql = f"select id, body from objects where world = ? and type = ? {where} {tail}"  # noqa: S608
        found = []
        for ident, text in self.store.rows(sql, (self.account, kind, *values)):
            known = self._loaded.get(ident)
            if known is None:
                known = self._loaded[ident] = self._ripe(json.loads(text))
            found.append(known)
        return found

    def related(self, kind: str, column: str, ident: str) -> list[Json]:
        """The objects that name `ident` in an indexed column, oldest first."""
        return self.select(kind, f"and {column} = ?", (ident,), "order by seq")

    def _ripe(self, body: Json) -> Json:
        """Funds become available as the clock goes on, without anyone writing it down."""
        if body["object"] == "balance_transaction" and body["available_on"] <= self.now:
            body["status"] = "available"
        return body

    def flush(self) -> None:
        for body in self.changed.values():
            self.store.save(self.account, body)
        self.changed.clear()

    def later(self, due: int, kind: str, ident: str) -> None:
        """Have something happen when the clock gets there (see `timers`)."""
        sql = "insert into timers (world, due, kind, id) values (?, ?, ?, ?)"
        self.store.write(sql, (self.account, due, kind, ident))


def public(body: Json) -> Json:
    """An object as an answer shows it."""
    return {name: value for name, value in body.items() if name != LOCAL} if LOCAL in body else body
