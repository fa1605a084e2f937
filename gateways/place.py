"""What the place where Midway runs remembers of a database: a file in DATA_DIR, which no backup of a database holds."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction


@dataclass(frozen=True)
class Memory:
    """The identity that was confirmed here, and the highest pulse that was seen of it."""

    identity: str
    pulse: int


def memory_file() -> Path:
    return Path(settings.DATA_DIR) / "installation.json"


def recall() -> Memory | None:
    """Of the database that this process works on. None: it was never confirmed here, or the file is gone."""
    found = _read().get(database_address())
    try:
        return Memory(str(found["identity"]), int(found["pulse"])) if found else None
    except (KeyError, TypeError, ValueError):
        return None


def remember(memory: Memory) -> None:
    """Raises OSError where DATA_DIR cannot be written. A pulse that is lower than the known one is left aside."""
    address = database_address()
    with _alone():
        known = _read()
        before = known.get(address) or {}
        if before.get("identity") == memory.identity and before.get("pulse", 0) > memory.pulse:
            return
        _write({**known, address: asdict(memory)})


def database_address() -> str:
    """Tells this database from every other one, also from its own copy beside it; holds no password.

    PostgreSQL gives each database a number that a restored copy does not get, and each cluster one of its own.
    """
    if connection.vendor == "sqlite":
        return f"sqlite {Path(str(connection.settings_dict['NAME'])).resolve()}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        number = cursor.fetchone()
    return f"postgresql {_cluster()} {number[0] if number else ''}"


def _cluster() -> str:
    """Empty where the role may not ask for it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
            row = cursor.fetchone()
    except DatabaseError:
        return ""
    return str(row[0]) if row else ""


def _read() -> dict[str, Any]:
    try:
        found = json.loads(memory_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(known: dict[str, Any]) -> None:
    """Whole or not at all: who reads meanwhile reads the old one."""
    file = memory_file()
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(known, indent=1), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(file)


@contextmanager
def _alone() -> Iterator[None]:
    """Processes that share the folder write one after the other."""
    folder = memory_file().parent
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
