"""The clone guard: on a copy of the database nothing live is charged before an administrator has confirmed it."""

import logging
import time
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F

from gateways import clock
from gateways.models import Gateway, Installation, Mode
from gateways.place import Memory, memory_file, recall, remember

log = logging.getLogger("midway.gateways")

CACHE_SECONDS = 5.0
"""For how long a process believes that it was confirmed. That it was not is never believed, but asked each time."""

_confirmed_until = 0.0


class CannotConfirm(Exception):
    """The message says what stands in the way and the remedy."""


@dataclass(frozen=True)
class Verdict:
    """`why` is a sentence for a person; empty when live money may be charged from here."""

    why: str = ""

    @property
    def is_confirmed(self) -> bool:
        return not self.why


def is_confirmed() -> bool:
    global _confirmed_until  # noqa: PLW0603 # one fact of this process, not of a shared cache: its place is what counts
    if time.monotonic() < _confirmed_until:
        return True
    if not verdict().is_confirmed:
        return False
    _confirmed_until = time.monotonic() + CACHE_SECONDS
    return True


def forget() -> None:
    """Ask anew at once."""
    global _confirmed_until  # noqa: PLW0603
    _confirmed_until = 0.0


def verdict() -> Verdict:
    """Without a live gateway there is nothing to guard. The place is read first: its pulse follows the database's."""
    if not _has_live_gateway():
        return Verdict()
    memory = recall()
    return Verdict(_objection(Installation.objects.filter(pk=1).first(), memory))


def _objection(row: Installation | None, memory: Memory | None) -> str:
    given = settings.INSTALLATION_ID
    if row is None:
        return "It was never confirmed that this database may charge from here."
    if given and given != row.identity:
        return "INSTALLATION_ID is not the one that this database was confirmed for: it is a copy."
    if memory is None:
        lost = "Nothing in DATA_DIR says that this database belongs here: it is a copy, or DATA_DIR was lost."
        return "" if given else lost
    if memory.identity != row.identity:
        return "" if given else "This database was confirmed somewhere else since: it is a copy."
    restored = "This database is older than it was here before: it was restored from a backup."
    return restored if memory.pulse > row.pulse else ""


def _has_live_gateway() -> bool:
    return Gateway.objects.filter(mode=Mode.LIVE).exists()


@transaction.atomic
def adopt_if_fresh() -> None:
    """A database without a live gateway belongs to whoever starts with it: the guard begins with the first one."""
    if _has_live_gateway():
        return
    row = _locked("the first start")
    memory = recall()
    if _belongs_here(row, memory):
        return
    row.identity = settings.INSTALLATION_ID or uuid.uuid4().hex
    row.confirmed_at, row.confirmed_by = clock.now(), "the first start"
    row.save()
    try:
        remember(Memory(row.identity, row.pulse))
    except OSError as error:
        log.warning("DATA_DIR cannot be written (%s): set INSTALLATION_ID, or mount a folder there", error.strerror)


def _belongs_here(row: Installation, memory: Memory | None) -> bool:
    if settings.INSTALLATION_ID:
        return row.identity == settings.INSTALLATION_ID
    return memory is not None and memory.identity == row.identity and memory.pulse <= row.pulse


def confirm(by: str) -> Installation:
    """This is the place that may charge: a new identity is written to the database and to DATA_DIR.

    Wherever else a copy is, it does not know the new one. Raises CannotConfirm, and then nothing is changed.
    """
    try:
        row = _confirm(by)
    except OSError as error:
        raise CannotConfirm(
            f"{memory_file()} cannot be written ({error.strerror}): mount a folder there that outlives a restart, or "
            "set INSTALLATION_ID."
        ) from error
    log.warning("live charging from here was confirmed by %s", by)
    return row


@transaction.atomic
def _confirm(by: str) -> Installation:
    row = _locked(by)
    memory = recall()
    row.identity = settings.INSTALLATION_ID or uuid.uuid4().hex
    row.pulse = max(row.pulse, memory.pulse if memory else 0) + 1
    row.confirmed_at, row.confirmed_by = clock.now(), by
    row.save()
    try:
        remember(Memory(row.identity, row.pulse))
    except OSError:
        if not settings.INSTALLATION_ID:
            raise
    return row


def _locked(by: str) -> Installation:
    first = {"identity": settings.INSTALLATION_ID or uuid.uuid4().hex, "confirmed_at": clock.now(), "confirmed_by": by}
    Installation.objects.get_or_create(pk=1, defaults=first)
    return Installation.objects.select_for_update().get(pk=1)


def beat_pulse() -> None:
    """Both go on by one, the database first: from now on an older backup of it is known by its pulse."""
    adopt_if_fresh()
    row = Installation.objects.filter(pk=1).first()
    if row is None or not verdict().is_confirmed:
        return
    Installation.objects.filter(pk=1, identity=row.identity).update(pulse=F("pulse") + 1)
    row.refresh_from_db()
    try:
        remember(Memory(row.identity, row.pulse))
    except OSError as error:
        log.info("the pulse is not remembered: DATA_DIR cannot be written (%s)", error.strerror)
