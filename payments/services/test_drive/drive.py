"""A test drive from start to finish: begun once for each gateway, each step written down as it is done."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from gateways import clock
from gateways.models import Gateway
from payments.actors import Actor
from payments.models import TestDrive
from payments.services.reserve import PaymentRefused
from payments.services.test_drive.route import FAULTS, STEPS, Stopped, Trip, give_back
from payments.services.test_drive.stage import close_stage

log = logging.getLogger("midway.payments")

LEFT_BEHIND = timedelta(minutes=10)
"""Longer than all steps with all their time-outs: an unfinished drive that is older was left behind by a crash."""


def start_drive(gateway: Gateway, card: str, actor: Actor) -> TestDrive:
    """The row that a worker takes up. Raises PaymentRefused, and then nothing is made."""
    if not gateway.kind.takes_cards:
        raise PaymentRefused(
            "gateway", f"{gateway} takes no cards, so there is nothing to drive: use a Stripe gateway."
        )
    if not gateway.is_usable:
        raise PaymentRefused("gateway", f"{gateway} is not active: switch it on before you test it.")
    _close_what_was_left_behind(gateway)
    try:
        with transaction.atomic():
            return TestDrive.objects.create(gateway=gateway, card=card, started_at=clock.now(), actor=actor.name)
    except IntegrityError as error:
        raise PaymentRefused("gateway", f"A test drive of {gateway} is under way: wait for its result.") from error


def _close_what_was_left_behind(gateway: Gateway) -> None:
    old = TestDrive.objects.filter(
        gateway=gateway, finished_at=None, started_at__lte=clock.now() - LEFT_BEHIND
    ).select_related("campaign")
    for drive in old:
        if drive.campaign:
            close_stage(drive.campaign, drive.actor)
        _finish(drive, "It was interrupted: look at its payments, and give back what was taken.")


def run_drive(drive_pk: int, actor: Actor) -> TestDrive | None:
    """Make every step. None when somebody else has it already. Call it outside a transaction."""
    if not TestDrive.objects.filter(pk=drive_pk, taken_at=None, finished_at=None).update(taken_at=clock.now()):
        return None
    drive = TestDrive.objects.select_related("gateway").get(pk=drive_pk)
    trip = Trip(drive.gateway, drive.card, actor)
    try:
        reason = next((fault for fault in _drive(drive, trip) if fault), "")
    except Exception:
        log.exception("test drive %s broke off", drive.pk)
        reason = "It broke off for a fault of Midway's own: see the log."
    if reason:
        reason = " ".join(filter(None, [reason, _clean_up(trip)]))
    _finish(drive, reason)
    return drive


def _drive(drive: TestDrive, trip: Trip) -> Iterator[str]:
    """After each step why it failed; empty when it went well."""
    for name, _, work in STEPS:
        started = time.monotonic()
        try:
            reference, detail = work(trip)
            fault = ""
        except FAULTS as error:
            reference, detail = "", ""
            fault = str(error)
        told = {"reference": reference or _reference(trip, name, fault), "detail": fault or detail}
        _write(drive, trip, {"name": name, "ok": not fault, **told, "milliseconds": _since(started)})
        yield fault


def _since(started: Any) -> int:
    return int((time.monotonic() - started) * 1000)


def _reference(trip: Trip, name: str, fault: str) -> str:
    """A charge that was declined has one as well."""
    return trip.payments[-1].reference if fault and trip.payments and name in {"charge", "force_bill"} else ""


def _write(drive: TestDrive, trip: Trip, step: dict[str, Any]) -> None:
    drive.steps = [*drive.steps, step]
    drive.campaign = trip.campaign
    drive.save(update_fields=["steps", "campaign"])


def _clean_up(trip: Trip) -> str:
    """After a step that failed: nothing goes on billing, and what was taken goes back. What could not be done."""
    if trip.campaign is None:
        return ""
    close_stage(trip.campaign, trip.actor.name)
    left = []
    for payment in trip.payments:
        try:
            give_back(payment, trip.actor)
        except (Stopped, *FAULTS) as error:
            left.append(f"{payment} could not be refunded: {error}")
        if payment.is_in_flight:
            left.append(f"{payment} is still being settled: refund it if it turns out to be captured.")
    return " ".join(left)


def _finish(drive: TestDrive, reason: str) -> None:
    drive.reason, drive.ok, drive.finished_at = reason[:500], not reason, clock.now()
    drive.save(update_fields=["reason", "ok", "finished_at"])
