"""An impossible refund is refused by the database itself, whatever code is in front of it."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from payments.models import Refund
from tests.admin import rows
from tests.factories import make_operator
from tests.gateways.refusals import names_of, update_is_refused

pytestmark = pytest.mark.django_db

CHECKS: list[tuple[str, dict[str, Any]]] = [
    ("refund_amount_is_positive", {"amount": 0}),
    ("refund_amount_is_positive", {"amount": -1}),
    ("refund_status_is_known", {"status": "paid"}),
    ("refund_source_is_known", {"source": "nowhere"}),
    ("refund_reason_is_known", {"reason": "because"}),
    ("refund_mode_is_test_or_live", {"mode": "demo"}),
    ("refund_that_was_accepted_has_reference", {"status": "succeeded", "reference": ""}),
    ("refund_that_was_accepted_has_reference", {"status": "processing", "reference": ""}),
    ("refund_that_was_accepted_has_reference", {"status": "cancelled", "reference": ""}),
    ("refund_from_elsewhere_has_reference", {"source": "elsewhere", "status": "failed", "reference": ""}),
]
UNIQUE = {"refund_reference_is_unique_in_its_account", "refund_ordinal_is_unique_in_its_payment"}


@pytest.mark.parametrize(("name", "fields"), CHECKS)
def test_a_refund_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(rows.refund(), name, **fields)


@pytest.mark.parametrize("status", ["pending", "submitted", "unknown", "failed"])
def test_a_refund_that_nobody_has_heard_of_has_no_reference(status: str) -> None:
    assert Refund.objects.filter(pk=rows.refund().pk).update(status=status, reference="") == 1


def test_a_refund_of_the_processor_is_written_once() -> None:
    first = rows.refund()
    second = rows.refund(first.payment)
    update_is_refused(second, "refund_reference_is_unique_in_its_account", reference=first.reference)
    update_is_refused(second, "refund_ordinal_is_unique_in_its_payment", ordinal=first.ordinal)
    assert Refund.objects.filter(pk=second.pk).update(reference=first.reference, mode="live") == 1


@pytest.mark.parametrize("field", ["key", "form_token"])
def test_two_refunds_share_neither_key_nor_form(field: str) -> None:
    first, second = rows.refund(form_token=uuid.uuid4()), rows.refund(form_token=uuid.uuid4())
    with pytest.raises(IntegrityError, match=field), transaction.atomic():
        Refund.objects.filter(pk=second.pk).update(**{field: getattr(first, field)})


@pytest.mark.parametrize("what", ["payment", "gateway", "user"])
def test_what_a_refund_touches_is_not_deleted(what: str) -> None:
    refund = rows.refund(user=make_operator())
    with pytest.raises(ProtectedError):
        getattr(refund, what).delete()


def test_every_constraint_has_a_test() -> None:
    assert names_of(Refund) == {name for name, _ in CHECKS} | UNIQUE
