"""The inventory of pages that may load Stripe's script (PCI DSS 6.4.3): a new one is added here on purpose.

Every other page refuses that script, as it refuses all but Midway's own.
"""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from tests.admin import rows
from tests.admin.test_every_page import addresses, shop
from tests.factories import make_gateway, make_order

__all__ = ["shop"]

pytestmark = pytest.mark.django_db

VIEWS = {
    "payments/admin/entry.py PaymentEntry.change_view": "payment entry on a sales order or a ship doc",
}
PAGES = {"orders_order_change", "orders_shipdoc_change"}
HOUSES = ("config", "gateways", "orders", "payments")


@pytest.fixture
def stripes_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.stripe_js.uses_local_stripe", lambda: False)


def views_that_allow_it() -> set[str]:
    """By the source: each function under `allow_stripe_js`, with its class."""
    found = set()
    for house in HOUSES:
        for file in sorted((Path(settings.BASE_DIR) / house).rglob("*.py")):
            where = file.relative_to(settings.BASE_DIR)
            tree = ast.parse(file.read_text())
            homes = {
                id(part): f"{node.name}."
                for node in ast.walk(tree)
                if isinstance(node, ast.ClassDef)
                for part in node.body
            }
            for node in ast.walk(tree):
                decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", [])]
                if any("allow_stripe_js" in one for one in decorators):
                    found.add(f"{where} {homes.get(id(node), '')}{node.name}")  # type: ignore[attr-defined]
    return found


def allows_stripe(policy: str) -> bool:
    return "stripe.com" in policy


def test_the_views_that_may_load_it_are_these() -> None:
    assert views_that_allow_it() == set(VIEWS)


def test_no_other_page_of_the_admin_allows_it(office: Client, shop: None, stripes_own_form: None) -> None:
    found = set()
    for address in addresses():
        if allows_stripe(office.get(address)["Content-Security-Policy"]):
            found.add(resolve(address.partition("?")[0]).url_name)
    assert "orders_order_change" in found
    assert found <= PAGES


def test_nor_does_any_page_before_the_sign_in(client: Client, stripes_own_form: None) -> None:
    for address in ("/admin/login/", "/nothing-here/", "/healthz"):
        assert not allows_stripe(client.get(address).get("Content-Security-Policy", ""))


def test_the_policy_opens_for_stripe_and_for_nobody_else(office: Client, stripes_own_form: None) -> None:
    policy = office.get(f"/admin/orders/order/{rows.order().pk}/change/")["Content-Security-Policy"]
    told = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert told["script-src"] == "'self' https://js.stripe.com"
    assert told["frame-src"] == "https://js.stripe.com https://hooks.stripe.com"
    assert told["connect-src"] == "'self' https://api.stripe.com"
    assert told["default-src"] == "'none'"
    assert "unsafe" not in policy


def test_the_page_of_a_refused_form_keeps_its_policy(office: Client, stripes_own_form: None) -> None:
    gateway, order = make_gateway(public_key="pk_test_shop_1"), make_order()
    sent = {"gateway": gateway.pk, "method": "new", "amount": "50.00", "capture": "now"}
    answer = office.post(f"/admin/orders/order/{order.pk}/payment/", sent)
    assert answer.status_code == 400
    assert allows_stripe(answer["Content-Security-Policy"])


def test_with_the_local_stripe_no_page_allows_it(office: Client) -> None:
    answer = office.get(f"/admin/orders/order/{rows.order().pk}/change/")
    assert not allows_stripe(answer["Content-Security-Policy"])
