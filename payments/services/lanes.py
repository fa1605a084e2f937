"""Rebills on their way to the processors: each account at its own pace, and none in the way of another.

A lane takes a short turn and then lets others have the worker, so that many accounts are busy at once; one that is slow
or asks us to wait rests, while the others go on. Times here are the wall clock's, in a simulated month too: it is the
processor's patience that is measured.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils import timezone

from payments.models import Lane, Payment, Purpose
from payments.services.gate import chargeable
from payments.services.submit import submit
from payments.states import Status

TURN = 2  # seconds: an operator's own charge waits no longer than this for a worker
LEASE = timedelta(seconds=30)
"""For a worker that was killed. It is renewed before each charge."""
SLOW = 5  # seconds for one charge
REST, LONG_REST = 5, 30  # seconds, after an answer that did not come, and after one that was slow not to come


@dataclass(frozen=True)
class Way:
    """A lane by its name."""

    account_id: str
    mode: str
    number: int


def waiting() -> QuerySet[Payment]:
    """Rebills that may be sent."""
    rows = Payment.objects.filter(status=Status.PENDING, purpose=Purpose.REBILL)
    return chargeable(rows, campaign="order__campaign", gateway="gateway")


def free_ways() -> list[Way]:
    """Of every account that has rebills waiting: the lanes that nobody is on and that do not rest, as many as it needs.

    One query for all accounts, on an index that knows the waiting rebills alone.
    """
    accounts = waiting().order_by("account_id", "mode").values_list("account_id", "mode").annotate(Count("pk"))
    most = settings.STRIPE_CHARGES_AT_ONCE
    ways = [Way(name, mode, number) for name, mode, count in accounts for number in range(min(count, most))]
    now = timezone.now()
    busy = Lane.objects.filter(taken_until__gt=now) | Lane.objects.filter(next_at__gt=now)
    taken = {Way(*row) for row in busy.values_list("account_id", "mode", "number")}
    return [way for way in ways if way not in taken]


def run(way: Way, *, seconds: int = TURN) -> bool:
    """Charge what waits for this account, for one turn: at least one. True: another turn is wanted for the rest."""
    turn = _take(way)
    if turn is None:
        return False
    try:
        return _charge(way, turn, until=time.monotonic() + seconds)
    finally:
        turn.give_back()


class Turn:
    """A lane that is ours until we give it back, or until the lease ends."""

    def __init__(self, lane: Lane, until: datetime) -> None:
        self._row = Lane.objects.filter(pk=lane.pk)
        self._until = until
        self.next_at = lane.next_at

    def keep(self) -> bool:
        """False: we were thought dead, and somebody else is on it."""
        until = timezone.now() + LEASE
        kept = self._row.filter(taken_until=self._until).update(taken_until=until)
        self._until = until if kept else self._until
        return bool(kept)

    def wait(self) -> None:
        """Until the next charge may start; the one after it a little later."""
        time.sleep(max(0, (self.next_at - timezone.now()).total_seconds()))
        self.next_at = timezone.now() + timedelta(
            milliseconds=1000 * settings.STRIPE_CHARGES_AT_ONCE // settings.STRIPE_CHARGES_PER_SECOND
        )

    def rest(self, seconds: int) -> None:
        """Not all at the same moment again: somewhat shorter or longer."""
        milliseconds = seconds * random.randint(500, 1500)  # noqa: S311 # no secret
        self.next_at = timezone.now() + timedelta(milliseconds=milliseconds)

    def give_back(self) -> None:
        now = timezone.now()
        self._row.filter(taken_until=self._until).update(taken_until=now, next_at=self.next_at)


def _take(way: Way) -> Turn | None:
    now = timezone.now()
    name = {"account_id": way.account_id, "mode": way.mode, "number": way.number}
    lane, _ = Lane.objects.get_or_create(**name, defaults={"taken_until": now, "next_at": now})
    until = now + LEASE
    free = Lane.objects.filter(pk=lane.pk, taken_until__lte=now, next_at__lte=now + timedelta(seconds=1))
    return Turn(lane, until) if free.update(taken_until=until) else None


def _charge(way: Way, turn: Turn, *, until: Any) -> bool:
    for payment_id in _share(way):
        turn.wait()
        if not turn.keep():
            return False
        started = time.monotonic()
        payment = submit(payment_id)
        if payment and payment.status == Status.UNKNOWN:
            turn.rest(LONG_REST if time.monotonic() - started > SLOW else REST)
            return False
        if time.monotonic() >= until:
            return True
    return False


def _share(way: Way) -> Iterator[int]:
    """The oldest first, each lane its own share; another's only when nothing else is left."""
    lanes = settings.STRIPE_CHARGES_AT_ONCE
    ours = waiting().filter(account_id=way.account_id, mode=way.mode).order_by("pk").values_list("pk", flat=True)
    while batch := list(ours[: lanes * 10]):
        yield from sorted(batch, key=lambda pk: (pk % lanes != way.number, pk))
