"""A dispute is answered once, whoever presses and however often; what was not heard is found out, not guessed."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from gateways import clock
from gateways.models import Gateway
from gateways.processors.stripe_client import TransactionOpenError
from gateways.services import processor_for
from payments.models import Dispute, DisputeAnswer
from payments.services.dispute_answers import (
    LONGEST,
    NEVER_HEARD,
    Answered,
    DisputeRefused,
    accept_dispute,
    answer_dispute,
    settle_answer,
    unsettled_answers,
)
from payments.services.disputes import refresh_dispute
from payments.tasks import enqueue_unsettled_answers, settle_dispute_answer
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER
from tests.faults.at_once import at_once
from tests.gateways.processors.conftest import Sent
from tests.gateways.processors.conftest import sent as sent_fixture
from tests.payments.disputed import INQUIRY, accept_in_dashboard, decide, make_dispute, told_about

pytestmark = pytest.mark.django_db(transaction=True)
sent = sent_fixture

WORDS = {"uncategorized_text": "The customer signed for the parcel.", "shipping_tracking_number": "1Z 999"}


def answer(dispute: Dispute, evidence: dict[str, str] | None = None, **fields: Any) -> Answered:
    return answer_dispute(dispute.pk, evidence or WORDS, TESTER, **{"form_token": uuid.uuid4(), **fields})


def accept(dispute: Dispute, **fields: Any) -> Answered:
    return accept_dispute(dispute.pk, TESTER, **{"form_token": uuid.uuid4(), **fields})


def submissions(dispute: Dispute) -> int:
    return processor_for(dispute.gateway).fetch_dispute(dispute.reference).submissions


def status_of(dispute: Dispute) -> str:
    dispute.refresh_from_db()
    return dispute.status


def posts(sent: Sent) -> list[str]:
    return [request.path for request in sent if request.method == "POST"]


def test_evidence_is_sent_and_the_dispute_is_under_review(sent: Sent) -> None:
    dispute = make_dispute()
    answered = answer(dispute)
    assert (answered.answer.status, answered.repeated) == ("done", False)
    assert answered.answer.evidence == WORDS
    assert (status_of(dispute), dispute.submissions) == ("under_review", 1)
    assert sent.keys()[-1] == f"{answered.answer.key}-evidence"
    assert told_about(dispute.payment)[-3:] == ["dispute: answer asked", "dispute answered", "dispute updated"]


@pytest.mark.parametrize(("text", "end"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_the_banks_decision_follows(text: str, end: str) -> None:
    dispute = make_dispute()
    answer(dispute, {"uncategorized_text": text})
    assert status_of(dispute) == end
    assert dispute.amount_reinstated == (5000 if end == "won" else 0)


def test_an_accepted_dispute_is_lost(sent: Sent) -> None:
    dispute = make_dispute()
    answered = accept(dispute)
    assert (answered.answer.status, status_of(dispute)) == ("done", "lost")
    assert sent.keys()[-1] == f"{answered.answer.key}-accept"
    assert told_about(dispute.payment)[-3:] == ["dispute: accept asked", "dispute accepted", "dispute lost"]


def test_an_inquiry_can_be_answered_and_accepted() -> None:
    asked, given_up = make_dispute(INQUIRY), make_dispute(INQUIRY)
    answer(asked)
    accept(given_up)
    assert (status_of(asked), status_of(given_up)) == ("warning_under_review", "warning_closed")


def test_texts_are_trimmed_and_empty_ones_are_not_sent(sent: Sent) -> None:
    dispute = make_dispute()
    answer(dispute, {"uncategorized_text": "  It was them.\n", "product_description": "  ", "customer_name": ""})
    assert sent.params() == {"evidence[uncategorized_text]": "It was them.", "submit": "true"}


@pytest.mark.parametrize(
    ("evidence", "field"),
    [
        ({"uncategorized_text": " \n"}, ""),
        ({"product_description": "x" * (LONGEST + 1)}, "product_description"),
        ({f"text_{number}": "x" * LONGEST for number in range(8)}, ""),
    ],
    ids=["empty", "long", "long together"],
)
def test_what_cannot_be_sent_is_refused_before_any_call(sent: Sent, evidence: dict[str, str], field: str) -> None:
    dispute = make_dispute()
    before = len(sent)
    with pytest.raises(DisputeRefused) as refusal:
        answer(dispute, evidence)
    assert refusal.value.field == field
    assert len(sent) == before
    assert not DisputeAnswer.objects.exists()


@pytest.mark.parametrize("verdict", ["winning_evidence", "losing_evidence", "on its way"])
def test_a_dispute_that_needs_no_answer_takes_none(sent: Sent, verdict: str) -> None:
    dispute = make_dispute()
    decide(dispute, verdict)
    refresh_dispute(dispute.pk)
    before = posts(sent)
    for act in (answer, accept):
        with pytest.raises(DisputeRefused, match="only a dispute that needs an answer"):
            act(dispute)
    assert posts(sent) == before
    assert not DisputeAnswer.objects.exists()


@pytest.mark.parametrize("act", [answer, accept])
def test_the_same_form_twice_is_one_answer(sent: Sent, act: Any) -> None:
    dispute, token = make_dispute(), uuid.uuid4()
    first = act(dispute, form_token=token)
    before = posts(sent)
    again = act(dispute, form_token=token)
    assert (again.repeated, again.answer) == (True, first.answer)
    assert posts(sent) == before
    assert DisputeAnswer.objects.count() == 1


def test_a_form_of_another_dispute_is_refused() -> None:
    first, second, token = make_dispute(), make_dispute(), uuid.uuid4()
    answer(first, form_token=token)
    with pytest.raises(DisputeRefused, match="another dispute"):
        answer(second, form_token=token)
    with pytest.raises(DisputeRefused, match="another dispute"):
        accept(first, form_token=token)
    assert status_of(second) == "needs_response"


def test_of_six_operators_at_once_one_answers(sent: Sent) -> None:
    dispute = make_dispute()

    def press(number: int) -> str:
        try:
            return (answer if number % 2 else accept)(dispute).answer.status
        except DisputeRefused as refusal:
            return type(refusal).__name__

    assert sorted(at_once(6, press)) == ["DisputeRefused"] * 5 + ["done"]
    assert DisputeAnswer.objects.count() == 1
    assert len([path for path in posts(sent) if dispute.reference in path]) == 1


def test_no_answer_is_sent_while_a_transaction_is_open() -> None:
    dispute = make_dispute()
    with pytest.raises(TransactionOpenError), transaction.atomic():
        answer(dispute)
    assert submissions(dispute) == 0
    assert not DisputeAnswer.objects.exists()


# --- the gateway falls silent -----------------------------------------------------------------------------------


def silence(local_stripe: LocalStripe, when: str, *, times: int | None = 1, method: str = "POST") -> None:
    local_stripe.faults.add(
        Fault(kind="timeout", when=when, method=method, path="/v1/disputes/*", times=times)  # type: ignore[arg-type]
    )


def come_due() -> list[int]:
    DisputeAnswer.objects.filter(settled_at=None).update(next_try_at=clock.now() - timedelta(seconds=1))
    return unsettled_answers()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("act", [answer, accept])
def test_an_answer_that_was_not_heard_is_unknown_and_blocks_the_next(
    local_stripe: LocalStripe, sent: Sent, act: Any, when: str
) -> None:
    dispute = make_dispute()
    silence(local_stripe, when)
    unheard = act(dispute).answer
    assert (unheard.status, unheard.is_open) == ("unknown", True)
    assert status_of(dispute) == "needs_response"
    for again in (answer, accept):
        with pytest.raises(DisputeRefused, match="on its way"):
            again(dispute)
    (due,) = come_due()
    settle_answer(due)
    unheard.refresh_from_db()
    assert unheard.status == "done"
    assert status_of(dispute) == ("under_review" if act is answer else "lost")
    assert submissions(dispute) == (1 if act is answer else 0)
    assert len(set(filter(lambda key: str(unheard.key) in key, sent.keys()))) == 1


def test_the_next_look_settles_it_whoever_looks(local_stripe: LocalStripe, sent: Sent) -> None:
    dispute = make_dispute()
    silence(local_stripe, "after")
    unheard = answer(dispute).answer
    sent_before = posts(sent)
    refresh_dispute(dispute.pk)
    unheard.refresh_from_db()
    assert (unheard.status, status_of(dispute)) == ("done", "under_review")
    assert posts(sent) == sent_before


def test_while_stripe_stays_silent_it_stays_unknown_and_the_pauses_grow(local_stripe: LocalStripe) -> None:
    dispute = make_dispute()
    silence(local_stripe, "before")
    unheard = answer(dispute).answer
    silence(local_stripe, "before", times=None, method="GET")
    pauses = []
    for _ in range(3):
        (due,) = come_due()
        settle_answer(due)
        unheard.refresh_from_db()
        assert unheard.status == "unknown"
        assert unheard.next_try_at is not None
        pauses.append(unheard.next_try_at - clock.now())
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(minutes=1)


def test_what_was_never_heard_is_not_sent_again_once_its_key_may_be_forgotten(
    local_stripe: LocalStripe, sent: Sent
) -> None:
    dispute = make_dispute()
    silence(local_stripe, "before")
    unheard = answer(dispute).answer
    DisputeAnswer.objects.update(asked_at=clock.now() - timedelta(hours=24))
    sent_before = posts(sent)
    (due,) = come_due()
    settle_answer(due)
    unheard.refresh_from_db()
    assert (unheard.status, unheard.message) == ("refused", NEVER_HEARD)
    assert posts(sent) == sent_before
    assert answer(dispute).answer.status == "done"


def test_an_unheard_answer_to_a_dispute_that_ended_meanwhile_is_not_sent(local_stripe: LocalStripe) -> None:
    dispute = make_dispute()
    silence(local_stripe, "before")
    unheard = answer(dispute).answer
    accept_in_dashboard(dispute)
    refresh_dispute(dispute.pk)
    unheard.refresh_from_db()
    assert unheard.status == "refused"
    assert "over" in unheard.message
    assert submissions(dispute) == 0


def test_an_unsettled_answer_is_settled_by_one_worker() -> None:
    dispute = make_dispute()
    asked = answer(dispute).answer
    DisputeAnswer.objects.filter(pk=asked.pk).update(
        status="asked", settled_at=None, next_try_at=clock.now() - timedelta(seconds=1)
    )
    taken = at_once(4, lambda _: settle_answer(asked.pk))
    assert len([one for one in taken if one is not None]) == 1


def test_a_worker_that_died_before_it_sent_is_made_up_for() -> None:
    dispute = make_dispute()
    stuck = DisputeAnswer.objects.create(
        dispute=dispute,
        kind="evidence",
        evidence=WORDS,
        form_token=uuid.uuid4(),
        submissions_before=0,
        asked_at=clock.now() - timedelta(minutes=2),
        next_try_at=clock.now() - timedelta(seconds=1),
        actor="tester",
    )
    enqueue_unsettled_answers()
    settle_dispute_answer(stuck.pk)
    stuck.refresh_from_db()
    assert (stuck.status, status_of(dispute)) == ("done", "under_review")


# --- refused by Stripe ------------------------------------------------------------------------------------------


def test_what_stripe_refuses_is_told_and_how_the_dispute_stands_is_looked_up() -> None:
    dispute = make_dispute()
    accept_in_dashboard(dispute)
    refused = answer(dispute).answer
    assert refused.status == "refused"
    assert "already closed" in refused.message
    assert status_of(dispute) == "lost"
    assert told_about(dispute.payment)[-2:] == ["dispute: not answered", "dispute lost"]


def test_a_refused_key_pauses_the_gateway() -> None:
    dispute = make_dispute()
    gateway = Gateway.objects.get(pk=dispute.gateway_id)
    gateway.secret_key = "sk_live_not_here"
    gateway.save()
    refused = accept(dispute).answer
    gateway.refresh_from_db()
    assert refused.status == "refused"
    assert gateway.paused_at is not None
    assert "sk_live_not_here" not in refused.message + gateway.pause_reason
    assert status_of(dispute) == "needs_response"
