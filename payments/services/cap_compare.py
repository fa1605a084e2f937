"""One month of a gateway against the charges that the processor itself counts. What Midway missed is settled."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from gateways import clock
from gateways.models import Gateway
from gateways.processors.base import CapturedCharge, GatewayUnavailable, InvalidRequest, Processor, ProcessorError
from gateways.services import processor_for
from payments.actors import BEAT
from payments.models import Payment, Status
from payments.services.settle import settle
from payments.states import OPEN

SLACK = timedelta(hours=1)
"""The two clocks, and the seconds between writing a payment down and charging it, at the turn of a month."""
CHUNK = 500
MOST_FETCHED = 100
"""Payments that are looked at one by one: those that Midway missed, and those that the list should hold."""


@dataclass
class Compared:
    """Minor units of the gateway's currency. With a `problem` the comparison broke off, and the rest says nothing."""

    captured: int = 0
    drift: int = 0
    unknown_count: int = 0
    unknown_amount: int = 0
    problem: str = ""


def compare(gateway: Gateway, month: date, *, patience: int | None = None) -> Compared:
    """Asks the processor: call it outside a transaction. `patience` is in seconds."""
    try:
        return _Comparison(gateway, month).run(patience)
    except ProcessorError as error:
        return Compared(problem=error.message)


def bounds_of(gateway: Gateway, month: date) -> tuple[datetime, datetime]:
    """The first moment of the month, and of the next one, where the gateway is."""
    zone = ZoneInfo(gateway.time_zone)
    following = (month + timedelta(days=32)).replace(day=1)
    start, end = (datetime(day.year, day.month, 1, tzinfo=zone).astimezone(UTC) for day in (month, following))
    return start, end


class _Comparison:
    def __init__(self, gateway: Gateway, month: date) -> None:
        self.gateway = gateway
        self.month = month
        self.start, self.end = bounds_of(gateway, month)
        self.started_at = clock.now()
        self.asked_at = time.monotonic()
        self.processor: Processor = processor_for(gateway)
        self.found = Compared()
        self.seen: set[UUID] = set()
        self.missed: list[tuple[Payment, int]] = []
        self.fetched = 0

    def run(self, patience: int | None) -> Compared:
        charges = self.processor.captured_between(self.start - SLACK, self.end + SLACK)
        for chunk in _chunks(charges):
            self._take(chunk)
            if patience is not None and time.monotonic() - self.asked_at > patience:
                raise GatewayUnavailable(
                    "There are more charges than could be listed in the time of a task: run “manage.py check_caps”."
                )
        for payment, amount in self.missed:
            self._settle_missed(payment, amount)
        for payment in self._unlisted():
            self._look_for(payment)
        return self.found

    def _take(self, charges: list[CapturedCharge]) -> None:
        keys = {key for charge in charges if (key := _key(charge))}
        rows = Payment.objects.filter(key__in=keys).defer("draft", "route")
        known = {payment.key: payment for payment in rows}
        for charge in charges:
            key = _key(charge)
            payment = known.get(key) if key else None
            if payment is None:
                self._count_unknown(charge)
            elif payment.gateway_id == self.gateway.pk and payment.cap_month == self.month:
                self._count(payment, charge)

    def _count_unknown(self, charge: CapturedCharge) -> None:
        """Made by other software, in the dashboard, or by a Midway whose rows are not here."""
        if self.start <= charge.created_at < self.end and charge.currency == self.gateway.currency:
            self.found.unknown_count += 1
            self.found.unknown_amount += charge.amount
            self.found.drift += charge.amount

    def _count(self, payment: Payment, charge: CapturedCharge) -> None:
        self.seen.add(payment.key)
        self.found.captured += charge.amount
        if payment.amount_captured != charge.amount and not _is_being_settled(payment):
            self.missed.append((payment, charge.amount))

    def _settle_missed(self, payment: Payment, amount: int) -> None:
        """The list was made before our row was read, so that this is no charge whose answer is just arriving."""
        self.found.drift += abs(amount - payment.amount_captured)
        if payment.reference and self.fetched < MOST_FETCHED:
            self.fetched += 1
            settle(payment.pk, self.processor.fetch(payment.reference), BEAT)

    def _unlisted(self) -> Iterator[Payment]:
        """Captured as far as we know, before the list was made, and not in it."""
        ours = Payment.objects.filter(gateway=self.gateway, cap_month=self.month, status=Status.CAPTURED)
        rows = ours.filter(settled_at__lt=self.started_at).only("pk", "key", "reference", "amount_captured")
        return (payment for payment in rows.order_by("pk").iterator() if payment.key not in self.seen)

    def _look_for(self, payment: Payment) -> None:
        """Perhaps it was charged long after it was written down, outside the list's time; else it is not there."""
        if self.fetched >= MOST_FETCHED:
            self.found.drift += payment.amount_captured
            return
        self.fetched += 1
        try:
            captured = self.processor.fetch(payment.reference).amount_captured
        except InvalidRequest:
            captured = 0
        self.found.captured += captured
        self.found.drift += abs(captured - payment.amount_captured)


def _is_being_settled(payment: Payment) -> bool:
    """Its answer is on the way, or reconciliation looks at it soon; its room is reserved all the same.

    A hold that nobody wants anything of is looked at when it ends, which is not soon.
    """
    rests = payment.status == Status.AUTHORIZED and not (payment.capture_asked or payment.void_asked_at)
    return payment.status in OPEN and payment.next_try_at is not None and not rests


def _key(charge: CapturedCharge) -> UUID | None:
    try:
        return UUID(charge.our_key)
    except ValueError:
        return None


def _chunks(charges: Iterable[CapturedCharge]) -> Iterator[list[CapturedCharge]]:
    rest = iter(charges)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
