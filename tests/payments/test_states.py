"""The state table is total, final states never change, and news that is older than what we know changes nothing."""

import itertools

import pytest

from gateways.processors.base import Outcome
from payments.states import EARLIER, FINAL, IN_FLIGHT, LIVE, OPEN, TRANSITIONS, News, Status, judge
from payments.words import EXPLANATIONS, HEADLINES

P, S, U, A, R, W = (
    Status.PROCESSING,
    Status.SUBMITTED,
    Status.UNKNOWN,
    Status.AUTHORIZED,
    Status.REQUIRES_ACTION,
    Status.PENDING,
)
SAME, CHANGE, STALE, NEVER = News.SAME, News.CHANGE, News.STALE, News.CONTRADICTION

# Written down by hand, in the order of Outcome: captured, authorized, requires_action, processing, declined, voided,
# expired.
JUDGEMENTS: dict[Status, tuple[News, ...]] = {
    W: (NEVER,) * 7,
    S: (CHANGE,) * 7,
    U: (CHANGE,) * 7,
    R: (CHANGE, CHANGE, SAME, CHANGE, CHANGE, CHANGE, CHANGE),
    P: (CHANGE, CHANGE, STALE, SAME, CHANGE, CHANGE, CHANGE),
    A: (CHANGE, SAME, STALE, STALE, NEVER, CHANGE, CHANGE),
    Status.CAPTURED: (SAME, STALE, STALE, STALE, NEVER, NEVER, NEVER),
    Status.DECLINED: (NEVER, NEVER, STALE, STALE, SAME, STALE, NEVER),
    Status.FAILED: (NEVER,) * 7,
    Status.VOIDED: (NEVER, STALE, STALE, STALE, STALE, SAME, NEVER),
    Status.EXPIRED: (NEVER, STALE, STALE, STALE, NEVER, NEVER, SAME),
}
PAIRS = list(itertools.product(Status, Outcome))


def test_every_status_has_a_row() -> None:
    assert set(TRANSITIONS) == set(Status) == set(JUDGEMENTS)
    assert [outcome.value for outcome in Outcome] == [
        *["captured", "authorized", "requires_action", "processing", "declined", "voided", "expired"]
    ]


@pytest.mark.parametrize(("status", "outcome"), PAIRS)
def test_every_outcome_is_judged_after_every_status(status: Status, outcome: Outcome) -> None:
    expected = JUDGEMENTS[status][list(Outcome).index(outcome)]
    after = Status(outcome.value) if expected is CHANGE else status
    assert judge(status, outcome) == (expected, after)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_status_never_changes(status: Status) -> None:
    assert TRANSITIONS[status] == {}
    assert {judge(status, outcome)[1] for outcome in Outcome} == {status}


@pytest.mark.parametrize("status", sorted(OPEN - {Status.PENDING}))
def test_every_open_payment_that_was_asked_for_can_end(status: Status) -> None:
    ends = {judge(status, outcome)[1] for outcome in Outcome}
    assert {Status.CAPTURED, Status.VOIDED, Status.EXPIRED} <= ends


def test_nothing_that_was_never_sent_is_changed_by_news() -> None:
    assert {judge(Status.PENDING, outcome) for outcome in Outcome} == {(NEVER, Status.PENDING)}


def test_earlier_news_is_no_transition_too() -> None:
    for status, outcomes in EARLIER.items():
        assert not outcomes & TRANSITIONS[status].keys()
        for outcome in outcomes:
            assert judge(status, outcome) == (STALE, status)


def test_the_same_news_twice_changes_once() -> None:
    for status, outcome in PAIRS:
        news, after = judge(status, outcome)
        if news is CHANGE:
            assert judge(after, outcome) == (SAME, after)


@pytest.mark.parametrize("end", [Outcome.CAPTURED, Outcome.VOIDED, Outcome.EXPIRED])
def test_late_news_in_any_order_ends_where_the_newest_news_ends(end: Outcome) -> None:
    life = [Outcome.REQUIRES_ACTION, Outcome.AUTHORIZED, end]
    for order in itertools.permutations(life):
        status = Status.SUBMITTED
        for outcome in order:
            news, status = judge(status, outcome)
            assert news is not NEVER
        assert status == Status(end.value)


def test_the_groups_of_statuses_fit_together() -> None:
    assert set(Status) == OPEN | FINAL
    assert not OPEN & FINAL
    assert {Status.CAPTURED} == LIVE - OPEN
    assert OPEN <= LIVE
    assert IN_FLIGHT <= OPEN
    assert {Status.REQUIRES_ACTION, Status.AUTHORIZED} == OPEN - IN_FLIGHT


@pytest.mark.parametrize("status", list(Status))
def test_every_status_is_told_in_words(status: Status) -> None:
    assert HEADLINES[status]
    assert EXPLANATIONS[status].endswith(".")
