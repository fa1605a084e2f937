"""Money is given back in three clicks, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from payments.models import Payment
from tests.factories import make_gateway, make_order
from tests.payments.refunds import assert_books, calls_counted, paid, refunds_at_stripe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def payment(transactional_db: None) -> Payment:
    return paid(order=make_order(total=12_300), gateway=make_gateway(is_default=True, name="Northwind US"))


def order_of(live_server: Any, payment: Payment) -> str:
    return f"{live_server.url}/admin/orders/order/{payment.order_id}/change/"


def test_three_clicks_from_the_list_of_orders_give_the_money_back(
    operator: Page, live_server: Any, payment: Payment
) -> None:
    operator.goto(f"{live_server.url}/admin/orders/order/")
    operator.get_by_role("link", name=str(payment.order)).click()
    operator.get_by_role("link", name="Refund", exact=True).click()
    expect(operator.get_by_label("Amount to refund in USD")).to_have_value("123.00")
    operator.get_by_role("button", name="Refund", exact=True).click()
    expect(operator.get_by_text("123.00 USD refunded: ")).to_be_visible(timeout=20_000)
    expect(operator).to_have_url(order_of(live_server, payment))
    expect(operator.locator("#refunds")).to_contain_text("$123.00")
    expect(operator.get_by_role("link", name="Refund", exact=True)).to_have_count(0)
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [12_300]


def test_a_part_with_a_reason_and_then_the_rest(operator: Page, live_server: Any, payment: Payment) -> None:
    operator.goto(order_of(live_server, payment))
    operator.get_by_role("link", name="Refund", exact=True).click()
    operator.get_by_label("Amount to refund").fill("23.00")
    operator.get_by_label("Reason").select_option("duplicate")
    operator.get_by_label("Note").fill("Twice in the basket")
    operator.get_by_role("button", name="Refund", exact=True).click()
    expect(operator.locator("#refunds")).to_contain_text("Twice in the basket", timeout=20_000)
    operator.get_by_role("link", name="Refund", exact=True).click()
    expect(operator.get_by_label("Amount to refund")).to_have_value("100.00")
    operator.get_by_role("button", name="Refund", exact=True).click()
    expect(operator.get_by_text("100.00 USD refunded: ")).to_be_visible(timeout=20_000)
    assert_books(payment)


def test_a_double_click_and_the_back_button_give_back_once(operator: Page, live_server: Any, payment: Payment) -> None:
    operator.goto(order_of(live_server, payment))
    operator.get_by_role("link", name="Refund", exact=True).click()
    operator.get_by_label("Amount to refund").fill("20.00")
    with calls_counted() as calls:
        operator.get_by_role("button", name="Refund", exact=True).dblclick()
        expect(operator.locator("#refunds")).to_contain_text("$20.00", timeout=20_000)
        operator.go_back()
        expect(operator.get_by_label("Amount to refund")).to_have_value(re.compile(r"103\.00|20\.00|123\.00"))
    assert len(calls) == 1
    assert_books(payment)


def test_on_a_phone_nothing_scrolls_sideways(operator: Page, live_server: Any, payment: Payment) -> None:
    operator.set_viewport_size({"width": 390, "height": 844})
    operator.goto(order_of(live_server, payment))
    operator.get_by_role("link", name="Refund", exact=True).click()
    operator.get_by_label("Amount to refund").fill("20.00")
    operator.get_by_role("button", name="Refund", exact=True).click()
    expect(operator.get_by_text("20.00 USD refunded: ")).to_be_visible(timeout=20_000)
    refund = payment.refunds.get()
    for path in [
        f"/admin/orders/order/{payment.order_id}/change/",
        f"/admin/payments/payment/{payment.pk}/change/",
        f"/admin/payments/payment/{payment.pk}/refund/",
        "/admin/payments/refund/",
        f"/admin/payments/refund/{refund.pk}/change/",
    ]:
        operator.goto(live_server.url + path)
        assert operator.evaluate("document.documentElement.scrollWidth") <= 390, path
