"""What time it is for Midway: the wall clock, unless a simulation has moved it for the running thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.utils import timezone

_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta())


def now() -> datetime:
    return timezone.now() + _shift.get()


def is_moved() -> bool:
    return bool(_shift.get())


@contextmanager
def travel_to(moment: datetime) -> Iterator[None]:
    """Let `now()` start from `moment` and run on from there: for demo data and simulated months only."""
    token = _shift.set(moment - timezone.now())
    try:
        yield
    finally:
        _shift.reset(token)
