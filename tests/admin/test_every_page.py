"""Every list, add and change page of the admin answers, holds no secret and nothing that the policy refuses."""

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import PaymentState
from payments.models import RefundStatus, Status
from tests.admin import rows
from tests.admin.pages import inline_code
from tests.factories import make_operator

pytestmark = pytest.mark.django_db

HOUSE = ("gateways", "orders", "payments", "auth")


@pytest.fixture
def shop() -> None:
    """One row of everything, and payments in every status."""
    gateway = rows.gateway(paused_at="2026-01-02T03:04Z", pause_reason="The key was revoked.")
    rows.use_cap(gateway, 97_000)
    for status, state in zip(Status, [*PaymentState, *PaymentState], strict=False):
        order = rows.order()
        order.payment_state = state
        order.save()
        rows.webhook_event(rows.payment(status, of=order, gateway=gateway))
    rows.catalog(gateway)
    rows.card(order.customer, gateway)
    rows.dispute_answer(rows.dispute(order.payments.get()))
    paid = rows.payment(gateway=gateway)
    for refund_status in RefundStatus:
        rows.refund(paid, refund_status)
    rows.ship_doc(order)
    rows.mail()


def registered() -> list[tuple[type[Model], str]]:
    models = [model for model in admin.site._registry if model._meta.app_label in HOUSE]
    return [(model, f"admin:{model._meta.app_label}_{model._meta.model_name}") for model in models]


def addresses() -> list[str]:
    found = [reverse("admin:index"), reverse("admin:password_change")]
    request = RequestFactory().get("/admin/")
    request.user = make_operator()
    for model, name in registered():
        found += [reverse(f"{name}_changelist"), f"{reverse(f'{name}_changelist')}?q=1001"]
        if admin.site._registry[model].has_add_permission(request):
            found.append(reverse(f"{name}_add"))
        found += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()]
        found += [reverse(f"{name}_history", args=[row.pk]) for row in model._default_manager.all()[:1]]
    return found


def test_every_page_answers_without_a_secret_and_without_inline_code(office: Client, shop: None) -> None:
    for address in addresses():
        response = office.get(address)
        body = response.content.decode()
        assert response.status_code == 200, address
        assert not [secret for secret in rows.HIDDEN if secret in body], address
        assert inline_code(body) == [], address


def test_pages_outside_the_frame_hold_no_inline_code(client: Client) -> None:
    for address, status in [("/admin/login/", 200), ("/admin/nothing-here/", 302), ("/nothing-here/", 404)]:
        response = client.get(address)
        assert response.status_code == status
        assert inline_code(response.content.decode()) == []


def test_a_visitor_is_sent_to_the_sign_in(client: Client) -> None:
    for _, name in registered():
        response = client.get(reverse(f"{name}_changelist"))
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]


@pytest.mark.parametrize(
    "name",
    [
        "gateways_gateway",
        "orders_campaign",
        "orders_offer",
        "orders_coupon",
        "orders_staff",
        "orders_customer",
        "orders_order",
        "orders_shipdoc",
        "payments_hold",
        "payments_payment",
        "payments_webhookevent",
        "payments_dispute",
        "payments_refund",
    ],
)
def test_a_list_of_fifty_costs_no_more_queries_than_one_of_five(office: Client, name: str) -> None:
    address = reverse(f"admin:{name}_changelist")
    for _ in range(5):
        rows.everything()
    few = queries_of(office, address)
    for _ in range(45):
        rows.everything()
    assert queries_of(office, address) == few


def test_the_home_page_costs_a_fixed_number_of_queries(office: Client) -> None:
    rows.payment()
    few = queries_of(office, "/admin/")
    for _ in range(20):
        rows.payment()
    assert queries_of(office, "/admin/") == few <= 20


def queries_of(office: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert office.get(address).status_code == 200
    return len(queries)
