"""Impossible disputes and reserves are refused by the database itself, whatever code is in front of it."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import Model, ProtectedError

from payments.models import Dispute, DisputeAnswer, ReserveTranche
from tests.admin import rows
from tests.gateways.refusals import database_refuses, names_of, update_is_refused

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, tzinfo=UTC)

DISPUTE: list[tuple[str, dict[str, Any]]] = [
    ("dispute_amount_is_positive", {"amount": 0}),
    ("dispute_movements_are_not_negative", {"amount_withdrawn": -1}),
    ("dispute_movements_are_not_negative", {"amount_withdrawn": 1, "amount_reinstated": -1}),
    ("dispute_gives_back_only_what_was_taken", {"amount_withdrawn": 0, "amount_reinstated": 1}),
    ("dispute_movements_have_a_currency", {"settled_currency": ""}),
    ("dispute_movements_have_a_currency", {"amount_withdrawn": 0, "fee_taken": 1, "settled_currency": ""}),
    ("dispute_fee_is_not_negative", {"fee": -1}),
    ("dispute_status_is_known", {"status": "half_won"}),
    ("dispute_is_over_since_a_time", {"status": "won"}),
    ("dispute_is_over_since_a_time", {"status": "under_review", "closed_at": NOW}),
    ("dispute_mode_is_test_or_live", {"mode": "demo"}),
    ("dispute_has_a_reference", {"reference": ""}),
]
ANSWER: list[tuple[str, dict[str, Any]]] = [
    ("dispute_answer_kind_is_known", {"kind": "shrug"}),
    ("dispute_answer_is_open_or_settled", {"status": "lost"}),
    ("dispute_answer_is_open_or_settled", {"status": "done"}),
    ("dispute_answer_is_open_or_settled", {"next_try_at": None}),
    ("dispute_answer_is_open_or_settled", {"status": "refused", "settled_at": NOW}),
]
TRANCHE: list[tuple[str, dict[str, Any]]] = [
    ("reserve_tranche_is_a_part_of_what_was_captured", {"amount": 0}),
    ("reserve_tranche_is_a_part_of_what_was_captured", {"amount": 10_001}),
    ("reserve_tranche_rate_is_a_share", {"rate": 0}),
    ("reserve_tranche_rate_is_a_share", {"rate": 10_001}),
    ("reserve_tranche_is_released_after_it_is_held", {"release_on": date(2020, 1, 1)}),
    ("reserve_tranche_mode_is_test_or_live", {"mode": "demo"}),
]


@pytest.mark.parametrize(("name", "fields"), DISPUTE)
def test_a_dispute_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(rows.dispute(), name, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "lost", "closed_at": NOW, "amount_reinstated": 5000},
        {"amount_withdrawn": 0, "fee": None, "fee_taken": 0, "settled_currency": ""},
        {"amount_reinstated": 9000},  # of another day's exchange rate
        {"evidence_due_at": None},
    ],
    ids=str,
)
def test_a_dispute_at_the_edge_of_what_can_be_is_taken(fields: dict[str, Any]) -> None:
    assert Dispute.objects.filter(pk=rows.dispute().pk).update(**fields) == 1


def test_a_dispute_is_one_in_its_account_and_mode() -> None:
    first, second = rows.dispute(), rows.dispute()
    same = {"account_id": first.account_id, "reference": first.reference}
    update_is_refused(second, "dispute_reference_is_unique_in_its_account", **same)
    assert Dispute.objects.filter(pk=second.pk).update(**same, mode="live") == 1


@pytest.mark.parametrize(("name", "fields"), ANSWER)
def test_an_answer_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(rows.dispute_answer(), name, **fields)


def test_a_dispute_has_one_open_answer_and_as_many_settled_ones_as_there_were() -> None:
    dispute = rows.dispute()
    for _ in range(2):
        rows.dispute_answer(dispute, status="refused", settled_at=NOW, next_try_at=None)
    rows.dispute_answer(dispute)
    database_refuses(
        DisputeAnswer, "dispute_answer_is_open_once_for_each_dispute", lambda: rows.dispute_answer(dispute)
    )


@pytest.mark.parametrize(("name", "fields"), TRANCHE)
def test_a_tranche_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(rows.tranche(), name, **fields)


def test_a_payment_has_one_tranche() -> None:
    first, second = rows.tranche(), rows.tranche()
    update_is_refused(second, "reserve_tranche_is_one_for_each_payment", payment=first.payment)


def test_the_whole_of_a_payment_can_be_held_back_and_freed_on_the_day() -> None:
    fields = {"amount": 10_000, "rate": 10_000, "release_on": rows.tranche().held_on}
    assert ReserveTranche.objects.update(**fields) == 1


def test_every_constraint_has_a_test() -> None:
    assert names_of(Dispute) == {name for name, _ in DISPUTE} | {"dispute_reference_is_unique_in_its_account"}
    assert names_of(DisputeAnswer) == {name for name, _ in ANSWER} | {"dispute_answer_is_open_once_for_each_dispute"}
    assert names_of(ReserveTranche) == {name for name, _ in TRANCHE} | {"reserve_tranche_is_one_for_each_payment"}


@pytest.mark.parametrize("what", ["payment", "gateway", "campaign", "dispute"])
def test_what_a_dispute_or_a_reserve_touches_is_not_deleted(what: str) -> None:
    dispute = rows.dispute()
    rows.tranche(dispute.payment)
    rows.dispute_answer(dispute, form_token=uuid.uuid4())
    touched: dict[str, Model | None] = {
        "payment": dispute.payment,
        "gateway": dispute.gateway,
        "campaign": dispute.campaign,
        "dispute": dispute,
    }
    row = touched[what]
    assert row is not None
    with pytest.raises(ProtectedError):
        row.delete()
