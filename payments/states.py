"""The life of a payment, as data: which outcome may follow which status, and where it leads."""

from django.db import models

from gateways.processors.base import Outcome


class Status(models.TextChoices):
    PENDING = "pending", "Waiting"
    SUBMITTED = "submitted", "Being charged"
    UNKNOWN = "unknown", "Being settled"
    REQUIRES_ACTION = "requires_action", "Needs authentication"
    PROCESSING = "processing", "Processing"
    AUTHORIZED = "authorized", "Authorized"
    CAPTURED = "captured", "Captured"
    DECLINED = "declined", "Declined"
    FAILED = "failed", "Failed"
    VOIDED = "voided", "Voided"
    EXPIRED = "expired", "Expired"


FINAL = frozenset({Status.CAPTURED, Status.DECLINED, Status.FAILED, Status.VOIDED, Status.EXPIRED})
OPEN = frozenset(Status) - FINAL
"""A payment that may still take money: its amount counts as committed, and its order takes no second one for it."""

LIVE = OPEN | {Status.CAPTURED}

IN_FLIGHT = frozenset({Status.PENDING, Status.SUBMITTED, Status.UNKNOWN, Status.PROCESSING})

_ANSWERS = {
    Outcome.CAPTURED: Status.CAPTURED,
    Outcome.AUTHORIZED: Status.AUTHORIZED,
    Outcome.REQUIRES_ACTION: Status.REQUIRES_ACTION,
    Outcome.PROCESSING: Status.PROCESSING,
    Outcome.DECLINED: Status.DECLINED,
    Outcome.VOIDED: Status.VOIDED,
    Outcome.EXPIRED: Status.EXPIRED,
}

TRANSITIONS: dict[Status, dict[Outcome, Status]] = {
    Status.PENDING: {},
    Status.SUBMITTED: _ANSWERS,
    Status.UNKNOWN: _ANSWERS,
    Status.PROCESSING: {key: _ANSWERS[key] for key in _ANSWERS if key is not Outcome.REQUIRES_ACTION},
    Status.REQUIRES_ACTION: _ANSWERS,
    Status.AUTHORIZED: {
        Outcome.CAPTURED: Status.CAPTURED,
        Outcome.VOIDED: Status.VOIDED,
        Outcome.EXPIRED: Status.EXPIRED,
    },
    **{status: {} for status in FINAL},
}

EARLIER: dict[Status, frozenset[Outcome]] = {
    # News that is older than what we know: it arrived late and changes nothing.
    Status.REQUIRES_ACTION: frozenset(),
    Status.AUTHORIZED: frozenset({Outcome.REQUIRES_ACTION, Outcome.PROCESSING}),
    Status.PROCESSING: frozenset({Outcome.REQUIRES_ACTION}),
    Status.CAPTURED: frozenset({Outcome.AUTHORIZED, Outcome.REQUIRES_ACTION, Outcome.PROCESSING}),
    # What was declined takes no money any longer: that it was cancelled too, by us or in the dashboard, is no news.
    Status.DECLINED: frozenset({Outcome.REQUIRES_ACTION, Outcome.PROCESSING, Outcome.VOIDED}),
    Status.VOIDED: frozenset({Outcome.AUTHORIZED, Outcome.REQUIRES_ACTION, Outcome.PROCESSING, Outcome.DECLINED}),
    Status.EXPIRED: frozenset({Outcome.AUTHORIZED, Outcome.REQUIRES_ACTION, Outcome.PROCESSING}),
}


class News(models.TextChoices):
    """What an outcome means to a payment that we already know something about."""

    CHANGE = "change"
    SAME = "same"
    STALE = "stale"
    CONTRADICTION = "contradiction"


def judge(status: Status, outcome: Outcome) -> tuple[News, Status]:
    """Is this outcome a change, known already, older than what we know, or impossible? And the status after it."""
    after = TRANSITIONS[status].get(outcome)
    if _ANSWERS[outcome] == status:
        return News.SAME, status
    if after is not None:
        return News.CHANGE, after
    if outcome in EARLIER.get(status, frozenset()):
        return News.STALE, status
    return News.CONTRADICTION, status
