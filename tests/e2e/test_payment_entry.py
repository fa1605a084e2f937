"""An operator enters payments in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gateways.models import Gateway
from orders.models import Order
from payments.models import Payment, Status
from tests.factories import make_card, make_customer, make_gateway, make_order
from tests.local_stripe import charges_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


@pytest.fixture
def gateway(transactional_db: None) -> Gateway:
    return make_gateway(is_default=True, name="Northwind US")


def open_order(page: Page, live_server: Any, order: Order) -> None:
    page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/change/")


def press(page: Page) -> None:
    page.get_by_role("button", name="Enter payment").click()


def answer(page: Page) -> Any:
    return page.locator("#payment")


def test_a_charge_goes_from_the_form_to_captured(operator: Page, live_server: Any, gateway: Gateway) -> None:
    order = make_order(total=12_300)
    open_order(operator, live_server, order)
    expect(operator.get_by_label("Amount in USD")).to_have_value("123.00")
    operator.get_by_label(re.compile("Mastercard")).check()
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=20_000)
    expect(answer(operator)).to_contain_text("$123.00")
    expect(operator.get_by_text("Nothing is due on this order")).to_be_visible()
    payment = Payment.objects.get()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1


def test_a_double_click_a_reload_and_the_back_button_charge_once(
    operator: Page, live_server: Any, gateway: Gateway
) -> None:
    order = make_order(total=10_000)
    open_order(operator, live_server, order)
    operator.get_by_label("Amount in USD").fill("40.00")
    operator.get_by_role("button", name="Enter payment").dblclick()
    expect(answer(operator)).to_contain_text("Captured", timeout=20_000)
    operator.reload()
    expect(answer(operator)).to_contain_text("Captured")
    operator.go_back()
    payment = Payment.objects.get()
    expect(operator.locator("input[name=form_token]")).not_to_have_value(str(payment.form_token))
    expect(operator.get_by_label("Amount in USD")).to_have_value("60.00")
    assert len(charges_of(payment)) == 1


def test_the_same_form_from_a_second_tab_is_told_and_charges_nothing(
    operator: Page, live_server: Any, gateway: Gateway
) -> None:
    order = make_order(total=10_000)
    open_order(operator, live_server, order)
    operator.get_by_label("Amount in USD").fill("40.00")
    token = operator.locator("input[name=form_token]").input_value()
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=20_000)
    operator.locator("input[name=form_token]").evaluate("(field, token) => { field.value = token }", token)
    operator.get_by_label("Amount in USD").fill("40.00")
    press(operator)
    expect(operator.get_by_text("was not charged again")).to_be_visible()
    assert Payment.objects.count() == 1


def test_a_decline_is_told_in_plain_words_and_another_card_may_be_tried(
    operator: Page, live_server: Any, gateway: Gateway
) -> None:
    open_order(operator, live_server, make_order())
    operator.get_by_label(re.compile("has not enough money")).check()
    press(operator)
    expect(answer(operator)).to_contain_text("Declined", timeout=20_000)
    expect(answer(operator)).to_contain_text("There is not enough money on the card")
    operator.get_by_label(re.compile("4242")).check()
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=20_000)


def test_authorize_then_capture_a_part(operator: Page, live_server: Any, gateway: Gateway) -> None:
    open_order(operator, live_server, make_order(total=8_000))
    operator.get_by_label("Authorize only").check()
    press(operator)
    expect(answer(operator)).to_contain_text("Authorized", timeout=20_000)
    operator.get_by_role("link", name=re.compile(r"SO-\d+-P1")).first.click()
    operator.get_by_role("link", name="Capture").click()
    operator.get_by_label("Amount to capture").fill("50.00")
    operator.get_by_role("button", name="Capture").click()
    expect(operator.get_by_text("50.00 USD captured")).to_be_visible(timeout=20_000)
    assert Payment.objects.get().amount_captured == 5_000


def test_cards_of_another_account_are_greyed_when_the_gateway_changes(
    operator: Page, live_server: Any, gateway: Gateway
) -> None:
    other = make_gateway(name="Brightleaf US")
    customer = make_customer()
    card = make_card(customer, gateway)
    open_order(operator, live_server, make_order(customer=customer))
    radio = operator.locator(f"input[value='card:{card.pk}']")
    expect(radio).to_be_enabled()
    operator.get_by_label("Gateway", exact=True).select_option(str(other.pk))
    expect(radio).to_be_disabled()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_scrolls_sideways(operator: Page, live_server: Any, gateway: Gateway, width: int) -> None:
    operator.set_viewport_size({"width": width, "height": 844})
    order = make_order()
    for path in [
        "/admin/",
        "/admin/orders/order/",
        f"/admin/orders/order/{order.pk}/change/",
        "/admin/orders/order/add/",
        "/admin/payments/payment/",
        "/admin/gateways/gateway/",
        f"/admin/gateways/gateway/{gateway.pk}/change/",
        "/admin/orders/customer/",
    ]:
        operator.goto(live_server.url + path)
        assert operator.evaluate("document.documentElement.scrollWidth") <= width, path
