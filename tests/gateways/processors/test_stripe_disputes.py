"""The verbs about disputes through the real SDK: what is sent, and what is made of the answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import stripe
from django.db import transaction

from gateways.processors.base import GatewayUnavailable, InvalidRequest
from gateways.processors.disputes import DisputeResult
from gateways.processors.offline import Offline
from gateways.processors.stripe_client import TransactionOpenError
from gateways.processors.stripe_disputes import dispute_result
from gateways.processors.stripe_v1 import StripeV1
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.gateways.processors.conftest import Sent, Shop

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def disputed(shop: Shop, card: str = "pm_card_createDispute") -> DisputeResult:
    wish = shop.wish(payment_method=card)
    reference = shop.charge(shop.prepare(wish), key=wish.our_key).reference
    return next(one for one in shop.list_disputes(since=LONG_AGO) if one.payment_reference == reference)


def test_a_dispute_tells_what_it_is_about_what_was_taken_and_until_when_to_answer(shop: Shop) -> None:
    dispute = disputed(shop)
    assert shop.fetch_dispute(dispute.reference) == dispute
    assert (dispute.status, dispute.reason, dispute.network_reason) == ("needs_response", "fraudulent", "10.4")
    assert (dispute.amount, dispute.currency, dispute.livemode) == (5000, "USD", False)
    assert (dispute.withdrawn, dispute.reinstated, dispute.fee_taken) == (5000, 0, 1500)
    assert (dispute.settled_currency, dispute.movements, dispute.submissions) == ("USD", 1, 0)
    assert dispute.charge_reference.startswith("ch_")
    assert dispute.evidence_due_at is not None
    assert dispute.evidence_due_at - dispute.opened_at == timedelta(days=9)


def test_an_inquiry_moved_no_money(shop: Shop) -> None:
    dispute = disputed(shop, "pm_card_createDisputeInquiry")
    assert (dispute.status, dispute.movements, dispute.settled_currency) == ("warning_needs_response", 0, "")
    assert (dispute.withdrawn, dispute.reinstated, dispute.fee_taken) == (0, 0, 0)


def test_the_evidence_is_submitted_under_its_key(shop: Shop, sent: Sent) -> None:
    dispute = disputed(shop)
    won = shop.answer_dispute(dispute.reference, {"uncategorized_text": "winning_evidence"}, key="one-evidence")
    assert sent.params() == {"evidence[uncategorized_text]": "winning_evidence", "submit": "true"}
    assert sent.keys()[-1] == "one-evidence"
    assert (won.status, won.submissions, won.movements) == ("won", 1, 2)
    assert (won.withdrawn, won.reinstated, won.fee_taken) == (5000, 5000, 1500)


def test_an_accepted_dispute_is_lost_and_accepting_it_twice_under_one_key_is_one(shop: Shop, sent: Sent) -> None:
    dispute = disputed(shop)
    lost = shop.accept_dispute(dispute.reference, key="one-accept")
    assert shop.accept_dispute(dispute.reference, key="one-accept") == lost
    assert (lost.status, lost.reinstated) == ("lost", 0)
    assert sent[-1].path == f"/v1/disputes/{dispute.reference}/close"
    with pytest.raises(InvalidRequest, match="already closed"):
        shop.accept_dispute(dispute.reference, key="another-accept")


def test_silence_is_an_outcome_that_is_not_known(shop: Shop, local_stripe: LocalStripe) -> None:
    dispute = disputed(shop)
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path="*/close"))
    with pytest.raises(GatewayUnavailable):
        shop.accept_dispute(dispute.reference, key="silent-accept")
    assert shop.fetch_dispute(dispute.reference).status == "lost"


def test_the_list_holds_what_was_opened_since(shop: Shop) -> None:
    dispute = disputed(shop)
    assert [one.reference for one in shop.list_disputes(since=dispute.opened_at)] == [dispute.reference]
    assert shop.list_disputes(since=dispute.opened_at + timedelta(seconds=1)) == []


@pytest.mark.django_db(transaction=True)
def test_no_dispute_is_asked_for_while_a_transaction_is_open(shop: Shop) -> None:
    dispute = disputed(shop)
    with pytest.raises(TransactionOpenError), transaction.atomic():
        shop.fetch_dispute(dispute.reference)


def test_a_legacy_gateway_speaks_of_disputes_as_well(shop: Shop) -> None:
    dispute = disputed(shop)
    assert StripeV1(shop.secret_key).fetch_dispute(dispute.reference) == dispute


def test_there_are_no_disputes_without_a_processor() -> None:
    book = Offline("offline-1")
    assert book.list_disputes(since=LONG_AGO) == []
    asks: list[Callable[[], object]] = [
        lambda: book.fetch_dispute("du_1"),
        lambda: book.answer_dispute("du_1", {}, key="k"),
        lambda: book.accept_dispute("du_1", key="k"),
    ]
    for ask in asks:
        with pytest.raises(InvalidRequest, match="without a processor"):
            ask()


def move(amount: int, fee: int = 0) -> SimpleNamespace:
    return SimpleNamespace(amount=amount, fee=fee, currency="usd")


def raw(moves: list[SimpleNamespace], due_by: int | None) -> stripe.Dispute:
    return cast(
        "stripe.Dispute",
        SimpleNamespace(
            id="du_1",
            payment_intent=SimpleNamespace(id="pi_1"),
            charge="ch_1",
            amount=4400,
            currency="eur",
            livemode=True,
            status="lost",
            reason="general",
            created=1_800_000_000,
            evidence_details=SimpleNamespace(due_by=due_by, submission_count=1),
            payment_method_details=None,
            balance_transactions=moves,
            last_response=None,
        ),
    )


@pytest.mark.parametrize("due_by", [0, None])
def test_a_bank_that_takes_no_answer_sets_no_date(due_by: int | None) -> None:
    assert dispute_result(raw([], due_by)).evidence_due_at is None


def test_money_that_moved_is_told_in_the_currency_of_the_balance() -> None:
    found: Any = dispute_result(raw([move(-5000, 1500), move(5000, -1500), move(-5000, 1500)], 1_800_000_900))
    assert (found.amount, found.currency, found.settled_currency) == (4400, "EUR", "USD")
    assert (found.withdrawn, found.reinstated, found.fee_taken, found.movements) == (10_000, 5000, 1500, 3)
    assert (found.payment_reference, found.network_reason, found.livemode) == ("pi_1", "", True)
