"""Ends what the supervisor started when the supervisor itself could not, as after a SIGKILL.

Runs as a process of its own, in a session of its own, with the standard library alone. It reads the process ids from a
pipe that only the supervisor holds open; when the pipe ends, every process named and not taken back is ended.
"""

import contextlib
import os
import signal
import sys
import time

PATIENCE = 8.0


def _signal_each(pids: set[int], number: int, *, whole_group: bool) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            (os.killpg if whole_group else os.kill)(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def end_all(pids: set[int], patience: float = PATIENCE) -> None:
    """Each leader is asked; what is left of the groups is killed when the patience is over."""
    _signal_each(pids, signal.SIGTERM, whole_group=False)
    deadline = time.monotonic() + patience
    while any(map(_is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal_each(pids, signal.SIGKILL, whole_group=True)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    pids: set[int] = set()
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        (pids.add if sign == "+" else pids.discard)(pid)
    end_all(pids)


if __name__ == "__main__":
    main()
