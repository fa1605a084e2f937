"""Real threads that start together, each with its own database connection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

Answer = TypeVar("Answer")


def at_once(times: int, do: Callable[[int], Answer]) -> list[Answer]:
    """Run `do(0)` … `do(times - 1)`, released by one barrier; the first exception is raised here."""
    barrier = Barrier(times)

    def run(number: int) -> Answer:
        barrier.wait(timeout=10)
        try:
            return do(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
