"""One demo at a time on one folder of data."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.processes.errors import CannotStart

PATIENCE = 15.0  # the processes of a killed demo are gone by then


@contextmanager
def taken_turn(data: Path) -> Iterator[int]:
    """Yields the open lock file: whoever inherits it keeps the turn until they end, too."""
    (data / "run").mkdir(parents=True, exist_ok=True)
    file = os.open(data / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file, data)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield file
    finally:
        os.close(file)


def _lock(file: int, data: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(file, 20, 0).decode()
            if _runs(owner) or time.monotonic() > deadline:
                raise CannotStart(
                    f"Another demo (process {owner}) works on {data}: stop it with Ctrl-C, "
                    "or give this one a folder of its own: DATA_DIR=/tmp/midway make demo"
                ) from None
            time.sleep(0.2)
        else:
            return


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid or 0), 0)
    except (ProcessLookupError, ValueError):
        return False
    return True
