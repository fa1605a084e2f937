"""The local Stripe's own SQLite store: objects are JSON rows with the few columns that lists filter on."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement,
    world text not null, type text not null, id text not null unique, created integer not null,
    customer text, payment_intent text, charge text, body text not null
);
create index if not exists objects_by_time on objects (world, type, created, seq);
create index if not exists objects_of_customer on objects (world, type, customer, created, seq)
    where customer is not null;
create index if not exists objects_of_intent on objects (world, type, payment_intent, created, seq)
    where payment_intent is not null;
create index if not exists objects_of_charge on objects (world, type, charge, created, seq) where charge is not null;
create table if not exists idempotency (
    world text not null, key text not null, fingerprint text not null, created integer not null,
    request_id text not null, status integer not null, body blob not null, primary key (world, key)
) without rowid;
create table if not exists timers (
    seq integer primary key autoincrement, world text not null, due integer not null, kind text not null, id text
);
create index if not exists timers_by_due on timers (due);
create table if not exists deliveries (
    seq integer primary key autoincrement,
    world text not null, endpoint text not null, event text not null, due integer not null,
    attempts integer not null default 0, state text not null default 'pending'
);
create index if not exists deliveries_by_state on deliveries (state, due);
create index if not exists deliveries_by_event on deliveries (event);
create table if not exists links (platform text not null, account text not null, primary key (platform, account));
create table if not exists settings (name text primary key, value text not null);
"""


class Store:
    """One connection behind a lock. Every request is one transaction, so a crash leaves none half done."""

    def __init__(self, path: str | Path = ":memory:") -> None:
        self._path = path
        self._closed = False
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            os.register_at_fork(after_in_child=self._open_in_child)
        self._open()
        self._db.executescript(SCHEMA)

    def _open(self) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(self._path, timeout=20, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")

    def _open_in_child(self) -> None:
        """A connection of SQLite must not be used across a fork, nor closed there: it is left alone."""
        if not self._closed:
            self._inherited = self._db
            self._open()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Immediate, because two processes may share a file; an inner one joins the outer one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; the number of rows it touched."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def load(self, ident: str) -> tuple[str, Json] | None:
        """The world and the body of an object."""
        rows = self.rows("select world, body from objects where id = ?", (ident,))
        return (rows[0][0], json.loads(rows[0][1])) if rows else None

    def save(self, world: str, body: Json) -> None:
        payment_intent, charge = (_reference(body, name) for name in ("payment_intent", "charge"))
        columns = (body["object"], _reference(body, "customer"), payment_intent, charge, _dump(body))
        changed = self.write(
            "update objects set type = ?, customer = ?, payment_intent = ?, charge = ?, body = ? where id = ?",
            (*columns, body["id"]),
        )
        if not changed:
            self.write(
                "insert into objects (type, customer, payment_intent, charge, body, id, world, created) "
                "values (?, ?, ?, ?, ?, ?, ?, ?)",
                (*columns, body["id"], world, body.get("created", 0)),
            )

    def setting(self, name: str, default: Any = None) -> Any:
        rows = self.rows("select value from settings where name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    def keep_setting(self, name: str, value: Any) -> None:
        self.write("insert or replace into settings (name, value) values (?, ?)", (name, json.dumps(value)))

    def clear(self) -> None:
        with self.transaction():
            for table in ("objects", "idempotency", "timers", "deliveries", "links", "settings"):
                self.write(f"delete from {table}")  # noqa: S608 # the names stand in the line above

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._db.close()


def _reference(body: Json, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None


def _dump(body: Json) -> str:
    return json.dumps(body, separators=(",", ":"))
