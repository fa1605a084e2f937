"""Payments and webhook events are looked at; nobody types or deletes them."""

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import Payment, Status
from tests.admin import rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["payments_payment", "payments_webhookevent"])
def test_a_page_of_money_takes_no_form(office: Client, name: str) -> None:
    event = rows.webhook_event()
    row = event.payment if name == "payments_payment" else event
    assert row is not None
    for address in (
        reverse(f"admin:{name}_change", args=[row.pk]),
        reverse(f"admin:{name}_delete", args=[row.pk]),
        reverse(f"admin:{name}_add"),
    ):
        assert office.post(address, {"status": "captured", "post": "yes"}).status_code == 403


@pytest.mark.parametrize("of", ["number", "order", "reference", "key"])
def test_a_payment_is_found_by(office: Client, of: str) -> None:
    rows.payment()
    wanted = rows.payment()
    terms = {"number": wanted.number, "order": str(wanted.order), "reference": wanted.reference, "key": str(wanted.key)}
    found = office.get("/admin/payments/payment/", {"q": terms[of]}).context["cl"].result_list
    assert list(found) == [wanted]


def test_payments_that_need_a_person_can_be_listed(office: Client) -> None:
    rows.payment()
    unknown = rows.payment(Status.UNKNOWN)
    odd = rows.payment(review_reason="The amounts differ.")
    assert _listed(office, attention="open") == [unknown]
    assert _listed(office, attention="review") == [odd]


def _listed(office: Client, **filters: str) -> list[Payment]:
    return list(office.get("/admin/payments/payment/", filters).context["cl"].result_list)


def test_test_money_is_marked(office: Client) -> None:
    payment = rows.payment()
    for address in ("/admin/payments/payment/", reverse("admin:payments_payment_change", args=[payment.pk])):
        assert "Test mode" in office.get(address).content.decode()


def test_a_webhook_body_is_escaped_and_its_secrets_masked(office: Client) -> None:
    event = rows.webhook_event()
    body = office.get(reverse("admin:payments_webhookevent_change", args=[event.pk])).content.decode()
    assert "pi_3abc_[redacted]" in body
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert" in body


def test_a_payments_page_tells_why_it_went_through_its_gateway(office: Client) -> None:
    row = {"gateway": "Northwind US", "verdict": "dropped", "reason": "It is switched off."}
    payment = rows.payment(route=[row])
    body = office.get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()
    assert "Why this gateway?" in body
    assert "It is switched off." in body
    plain = rows.payment()
    assert "Why this" not in office.get(reverse("admin:payments_payment_change", args=[plain.pk])).content.decode()
