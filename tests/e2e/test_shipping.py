"""From a sales order to goods that have left with their money, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gateways.models import Gateway
from orders.models import Order, ShipDoc
from orders.services.orders import create_order
from payments.models import Payment, Refund, Status
from tests.factories import make_campaign, make_customer, make_gateway, make_offer
from tests.payments.refunds import paid

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


@pytest.fixture
def gateway(transactional_db: None) -> Gateway:
    return make_gateway(is_default=True, name="Northwind US")


@pytest.fixture
def order(gateway: Gateway) -> Order:
    """Three of one thing, for $120.00."""
    campaign = make_campaign(name="Summer Glow")
    customer = make_customer(name="Amelia Hart")
    address = customer.addresses.create(line1="12 Maple Street", city="Portland", region="OR", country="US")
    offer = make_offer(campaign, 4_000, sku="GLOW-30", cancellation_fee=1_000)
    return create_order(customer, campaign, [(offer, 3)], address=address)


def open_order(page: Page, live_server: Any, order: Order) -> None:
    page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/change/")


def test_an_order_is_held_shipped_in_part_and_its_part_is_captured(
    operator: Page, live_server: Any, order: Order
) -> None:
    open_order(operator, live_server, order)
    operator.get_by_label("Authorize only").check()
    operator.get_by_role("button", name="Enter payment").click()
    expect(operator.locator("#payment")).to_contain_text("Authorized", timeout=20_000)

    operator.get_by_role("link", name="New ship doc").click()
    operator.get_by_label(re.compile("How many of")).fill("2")
    operator.get_by_label("Carrier").fill("DHL")
    operator.get_by_label("Tracking number").fill("JD0001")
    operator.get_by_role("button", name="Make ship doc").click()
    expect(operator.get_by_text("is being packed")).to_be_visible()

    operator.get_by_role("link", name="Packing slip").click()
    expect(operator.get_by_role("heading", name="Packing slip")).to_be_visible()
    expect(operator.get_by_text("12 Maple Street")).to_be_visible()
    expect(operator.get_by_text("$")).to_have_count(0)
    operator.go_back()

    operator.get_by_role("link", name="Ship", exact=True).click()
    expect(operator.get_by_text("$40.00 of this hold are released")).to_be_visible()
    operator.get_by_role("button", name="Ship", exact=True).dblclick()
    expect(operator.get_by_text("has left")).to_be_visible(timeout=20_000)
    payment = Payment.objects.get()
    assert (payment.status, payment.amount_captured) == (Status.CAPTURED, 8_000)
    assert ShipDoc.objects.get().status == "shipped"


def test_a_ship_doc_is_paid_on_its_own_page(operator: Page, live_server: Any, order: Order) -> None:
    operator.goto(f"{live_server.url}/admin/orders/shipdoc/add/")
    operator.get_by_label("Sales order's number").fill(order.number)
    operator.get_by_role("button", name="Continue").click()
    operator.get_by_label(re.compile("How many of")).fill("1")
    operator.get_by_role("button", name="Make ship doc").click()
    expect(operator.get_by_label("Amount in USD")).to_have_value("40.00")
    operator.get_by_role("button", name="Enter payment").click()
    expect(operator.locator("#payment")).to_contain_text("Captured", timeout=20_000)
    expect(operator.get_by_text("Nothing is due on this ship doc")).to_be_visible()
    operator.get_by_role("link", name="Ship", exact=True).click()
    operator.get_by_role("button", name="Ship", exact=True).click()
    expect(operator.get_by_text("has left")).to_be_visible()
    assert Payment.objects.get().ship_doc == ShipDoc.objects.get()


def test_an_order_is_cancelled_with_another_fee_after_a_second_look(
    operator: Page, live_server: Any, order: Order, gateway: Gateway, complaints: list[str]
) -> None:
    paid(order=order, gateway=gateway)
    open_order(operator, live_server, order)
    operator.get_by_role("link", name="Cancel order").click()
    expect(operator.get_by_text("$110.00")).to_be_visible()
    operator.get_by_label("Reason").fill("The customer fell ill")
    operator.get_by_label("Cancellation fee in USD").fill("5.00")
    operator.get_by_role("button", name="Cancel the order").click()
    expect(operator.get_by_text("This is what will happen now")).to_be_visible()
    expect(operator.get_by_text("$115.00")).to_be_visible()
    assert all("400 (Bad Request)" in one for one in complaints)
    complaints.clear()
    operator.get_by_role("button", name="Cancel the order").dblclick()
    expect(operator.get_by_text("115.00 USD go back to the customer")).to_be_visible(timeout=20_000)
    assert Refund.objects.get().amount == 11_500
