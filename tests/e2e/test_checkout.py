"""Customers buy in a real browser: with the local Stripe's test cards, and with Stripe's own form, which is played."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from orders.models import Campaign, Order, PaymentState
from payments.models import PayLink, Payment, Purpose, Status
from payments.services.pay_links import make_link, withdraw_link
from simulator.server import Server
from tests import local_stripe as local
from tests.e2e.stripe_js import StripeJs
from tests.factories import TESTER, make_gateway, make_offer, make_order
from tests.local_stripe import charges_of
from tests.payments.checkout.shopper import open_campaign, order_url, page_url

pytestmark = [pytest.mark.django_db(transaction=True)]

PHONE: ViewportSize = {"width": 390, "height": 844}
SOON = 20_000


@pytest.fixture(autouse=True)
def _addresses(settings: Any, live_server: Any) -> None:
    settings.PUBLIC_URL = live_server.url


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    campaign = open_campaign(name="Summer Glow", gateway=False, thank_you_title="Thanks a million")
    make_gateway(
        "northwind", public_key="pk_test_northwind_1", is_default=True, name="Northwind US", service_company="Northwind"
    )
    campaign.offers.update(name="Facial treatment")
    return campaign


@pytest.fixture
def customer(page: Page, complaints: list[str]) -> Iterator[Page]:
    """A phone in a customer's hand. The test fails on any complaint of the browser, and on a page that is too wide."""
    page.set_viewport_size(PHONE)
    yield page
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.fixture
def bank() -> Iterator[Server]:
    """The bank's own page, where customers are sent by the local Stripe."""
    before = local.stripe.base_url
    with Server(local.stripe, webhooks=False) as server:
        yield server
    local.stripe.base_url = before


def fill_in(page: Page, **changes: str) -> None:
    page.get_by_label("Name").fill(changes.get("name", "Ada Byron"))
    page.get_by_label("E-mail").fill(changes.get("email", "ada@mail.test"))


def pay(page: Page) -> None:
    page.locator("[data-pay]").click()


def alert(page: Page) -> Locator:
    return page.locator("[data-focus]")


def choose(page: Page, last4: str) -> None:
    page.get_by_label(re.compile(last4)).check()


# --- the local Stripe's test cards ----------------------------------------------------------------------------------


def test_a_plain_card_buys_what_was_chosen(customer: Page, live_server: Any, campaign: Campaign) -> None:
    make_offer(campaign, 2450, shippable=False)
    customer.goto(live_server.url + page_url(campaign))
    expect(customer.locator("[data-pay]")).to_have_text("Pay $49.00")
    customer.get_by_role("button", name="One more").nth(1).click()
    expect(customer.locator("[data-pay]")).to_have_text("Pay $73.50")
    fill_in(customer)
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    order = Order.objects.get()
    assert (order.total, order.payment_state) == (7350, PaymentState.PAID)
    assert len(charges_of(Payment.objects.get())) == 1


def test_what_has_to_be_shipped_brings_the_address_fields(
    customer: Page, live_server: Any, campaign: Campaign, complaints: list[str]
) -> None:
    make_offer(campaign, 2450)
    customer.goto(live_server.url + page_url(campaign))
    expect(customer.get_by_label("Street and number")).to_be_hidden()
    customer.get_by_role("button", name="One more").nth(1).click()
    expect(customer.get_by_label("Street and number")).to_be_visible()
    fill_in(customer)
    pay(customer)
    street = customer.get_by_label("Street and number")
    expect(street).to_have_attribute("aria-invalid", "true")
    expect(street).to_be_focused()
    expect(street).to_have_accessible_description("This field is required.")
    assert complaints.pop().startswith("Failed to load resource: the server responded with a status of 400")
    street.fill("12 St James's Square")
    customer.get_by_label("City").fill("London")
    customer.get_by_label("Country").select_option("GB")
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)


def test_a_declined_card_is_told_and_another_one_pays(customer: Page, live_server: Any, campaign: Campaign) -> None:
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    choose(customer, "9995")
    pay(customer)
    expect(alert(customer)).to_contain_text("There is not enough money on this card", timeout=SOON)
    expect(alert(customer)).to_be_focused()
    choose(customer, "4242")
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    assert [one.status for one in Payment.objects.order_by("pk")] == [Status.DECLINED, Status.CAPTURED]
    assert Order.objects.count() == 1


@pytest.mark.parametrize("passed", [True, False], ids=["passed", "failed"])
def test_the_banks_page_and_back(
    customer: Page, live_server: Any, campaign: Campaign, bank: Server, passed: bool
) -> None:
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    choose(customer, "3220")
    pay(customer)
    customer.get_by_role("link", name="Continue to your bank").click()
    customer.wait_for_url(re.compile(re.escape(bank.url)))
    customer.get_by_role("button", name="Complete" if passed else "Fail").click()
    customer.wait_for_url(re.compile(re.escape(live_server.url)))
    assert "client_secret" not in customer.url
    if passed:
        expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
        return
    expect(alert(customer)).to_contain_text("Your bank could not confirm that it is you", timeout=SOON)
    assert Payment.objects.get().status == Status.REQUIRES_ACTION
    choose(customer, "4242")
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    assert [one.status for one in Payment.objects.order_by("pk")] == [Status.VOIDED, Status.CAPTURED]


def test_reload_and_back_charge_once(customer: Page, live_server: Any, campaign: Campaign) -> None:
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    customer.locator("[data-pay]").dblclick()
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    customer.reload()
    customer.go_back()
    expect(customer.get_by_text(f"You have placed order {Order.objects.get().number}")).to_be_visible()
    customer.go_forward()
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible()
    assert Order.objects.count() == Payment.objects.count() == 1


def test_two_tabs_charge_once(customer: Page, live_server: Any, campaign: Campaign) -> None:
    other = customer.context.new_page()
    for tab in (customer, other):
        tab.goto(live_server.url + page_url(campaign))
        fill_in(tab)
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    pay(other)
    expect(other.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    assert Order.objects.count() == Payment.objects.count() == 1
    assert len(charges_of(Payment.objects.get())) == 1


def test_a_connection_that_breaks_after_the_button_charges_once(
    customer: Page, live_server: Any, campaign: Campaign, complaints: list[str]
) -> None:
    """The server did its work, and its answer never reached the phone."""
    address = live_server.url + page_url(campaign)
    customer.goto(address)
    fill_in(customer)

    def lose_the_answer(route: Any) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    customer.route(address, lose_the_answer)
    pay(customer)
    customer.wait_for_timeout(1500)
    customer.unroute(address)
    complaints.clear()
    customer.goto(address)
    expect(customer.get_by_text(f"You have placed order {Order.objects.get().number}")).to_be_visible()
    assert Payment.objects.get().status == Status.CAPTURED


def test_one_click_after_the_sale(customer: Page, live_server: Any, campaign: Campaign) -> None:
    make_offer(campaign, 900, shippable=False, is_upsell=True)
    campaign.refresh_from_db()
    gateway = make_gateway("northwind", is_default=True, name="Keeps cards", send_upsell_token=True)
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    pay(customer)
    customer.get_by_role("button", name="Add it and pay $9.00").click(timeout=SOON)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    upsell = Payment.objects.get(purpose=Purpose.UPSELL)
    assert (upsell.status, upsell.amount, upsell.gateway) == (Status.CAPTURED, 900, gateway)


# --- pay links ------------------------------------------------------------------------------------------------------


@pytest.fixture
def link(campaign: Campaign) -> PayLink:
    return make_link(make_order(total=10_000, campaign=campaign), TESTER)


def test_a_pay_link_is_opened_paid_and_says_so(customer: Page, live_server: Any, link: PayLink) -> None:
    address = f"{live_server.url}/pay/l/{link.slug}/"
    with customer.expect_response(re.compile("/opened/")):
        customer.goto(address)
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    customer.goto(address)
    expect(customer.get_by_role("heading", name="This is paid")).to_be_visible()
    expect(customer.locator("[data-pay]")).to_have_count(0)
    link.refresh_from_db()
    assert link.opened_at is not None


def test_a_withdrawn_link_takes_nothing_from_a_page_that_is_still_open(
    customer: Page, live_server: Any, link: PayLink
) -> None:
    customer.goto(f"{live_server.url}/pay/l/{link.slug}/")
    withdraw_link(link)
    pay(customer)
    expect(customer.get_by_role("heading", name="This link was withdrawn")).to_be_visible(timeout=SOON)
    assert not Payment.objects.exists()


# --- Stripe's own form ----------------------------------------------------------------------------------------------


def test_a_card_typed_into_stripes_form_buys_without_touching_midway(
    customer: Page, live_server: Any, campaign: Campaign, stripe_js: StripeJs
) -> None:
    customer.goto(live_server.url + page_url(campaign))
    expect(customer.locator("[data-card-mount] iframe")).to_be_visible()
    assert customer.locator("input[name*=card_number], input[autocomplete^=cc-]").count() == 0
    customer.get_by_role("button", name="One more").click()
    expect(customer.locator("[data-pay]")).to_have_text("Pay $98.00")
    fill_in(customer)
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    assert Payment.objects.get().draft["confirmation_token"] == stripe_js.tokens[0]
    assert stripe_js.asked[0]["amount"] == "9800"


def test_a_mistake_in_a_field_does_not_take_the_typed_card_away(
    customer: Page, live_server: Any, campaign: Campaign, stripe_js: StripeJs, complaints: list[str]
) -> None:
    customer.goto(live_server.url + page_url(campaign))
    frame = customer.locator("[data-card-mount] iframe")
    expect(frame).to_be_visible()
    frame.evaluate("frame => { frame.dataset.same = 'yes' }")
    customer.get_by_label("Name").fill("Ada Byron")
    pay(customer)
    expect(customer.get_by_label("E-mail")).to_be_focused(timeout=SOON)
    expect(customer.get_by_label("E-mail")).to_have_accessible_description("This field is required.")
    expect(customer.locator("[data-card-mount] iframe[data-same=yes]")).to_have_count(1)
    complaints.clear()  # the refused form
    customer.get_by_label("E-mail").fill("ada@mail.test")
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    assert len(set(stripe_js.tokens)) == 2


def test_the_banks_question_is_asked_in_the_page(
    customer: Page, live_server: Any, campaign: Campaign, stripe_js: StripeJs
) -> None:
    stripe_js.next_card = "pm_card_threeDSecure2Required"
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    pay(customer)
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    payment = Payment.objects.get()
    assert (payment.status, payment.action_url) == (Status.CAPTURED, "")


def test_a_question_that_was_not_passed_is_asked_again_about_the_same_card(
    customer: Page, live_server: Any, campaign: Campaign, stripe_js: StripeJs
) -> None:
    stripe_js.next_card, stripe_js.challenge = "pm_card_threeDSecure2Required", "failed"
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    pay(customer)
    expect(alert(customer)).to_contain_text("Your bank could not confirm that it is you", timeout=SOON)
    assert Payment.objects.get().status == Status.REQUIRES_ACTION
    stripe_js.challenge = "passed"
    customer.get_by_role("button", name="Confirm with the bank").click()
    expect(customer.get_by_role("heading", name="Thanks a million")).to_be_visible(timeout=SOON)
    assert Payment.objects.get().status == Status.CAPTURED
    assert len(charges_of(Payment.objects.get())) == 1


def test_the_page_tells_customers_nothing_of_the_office(
    customer: Page, live_server: Any, campaign: Campaign, stripe_js: StripeJs
) -> None:
    customer.goto(live_server.url + page_url(campaign))
    html = customer.content()
    assert "/admin/" not in html
    assert "Northwind US" not in html


def test_the_order_page_of_a_closed_campaign_takes_no_money(
    customer: Page, live_server: Any, campaign: Campaign
) -> None:
    customer.goto(live_server.url + page_url(campaign))
    fill_in(customer)
    choose(customer, "0002")
    pay(customer)
    expect(alert(customer)).to_be_visible(timeout=SOON)
    Campaign.objects.update(card_payments=False)
    customer.goto(live_server.url + order_url(Order.objects.get()))
    expect(customer.locator("[data-pay]")).to_have_count(0)
    expect(customer.get_by_text("This order cannot be paid on this page")).to_be_visible()
