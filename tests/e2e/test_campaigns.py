"""An operator sets up campaigns and offers in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from orders.models import Campaign, Offer
from tests.factories import make_campaign, make_gateway, make_offer

pytestmark = pytest.mark.django_db(transaction=True)


def open_page(page: Page, live_server: Any, row: Campaign | Offer) -> None:
    page.goto(f"{live_server.url}/admin/orders/{row._meta.model_name}/{row.pk}/change/")


def test_switches_save_themselves_and_say_so(operator: Page, live_server: Any) -> None:
    campaign = make_campaign()
    open_page(operator, live_server, campaign)
    switch = operator.get_by_role("switch", name="Payment in the online form")
    expect(switch).to_have_attribute("aria-checked", "false")
    operator.locator("#id_name").fill("Typed, and not lost")
    switch.click()
    expect(operator.get_by_role("status").filter(has_text="Payment in the online form is on. Saved.")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(switch).to_be_focused()
    expect(operator.locator("#id_name")).to_have_value("Typed, and not lost")
    campaign.refresh_from_db()
    assert (campaign.checkout_on, campaign.pay_links_on) == (True, False)
    operator.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    campaign.refresh_from_db()
    assert not campaign.checkout_on


def test_a_switch_that_is_refused_says_why_and_stays_off(operator: Page, live_server: Any) -> None:
    campaign = make_campaign(card_payments=False)
    open_page(operator, live_server, campaign)
    operator.get_by_role("switch", name="Payment by link").click()
    expect(operator.get_by_role("alert")).to_contain_text("takes no cards: switch card payments on and save")
    expect(operator.get_by_role("switch", name="Payment by link")).to_have_attribute("aria-checked", "false")


def test_a_gateway_is_made_in_place_and_card_payments_go_on(operator: Page, live_server: Any) -> None:
    campaign = make_campaign(card_payments=False)
    open_page(operator, live_server, campaign)
    operator.locator("#id_card_payments").check()
    operator.get_by_role("button", name="Save and continue").click()
    expect(operator.get_by_text("Card payments need an active gateway")).to_be_visible()
    operator.get_by_role("link", name="make one now").click()
    operator.get_by_label("Name", exact=True).fill("Made in place")
    operator.get_by_label("Secret key", exact=True).fill("sk_test_inplace_1")
    operator.get_by_role("button", name="Save").click()
    expect(operator.get_by_text(f"Made in place is assigned to {campaign}")).to_be_visible()
    operator.locator("#id_card_payments").check()
    operator.get_by_role("button", name="Save and continue").click()
    expect(operator.get_by_role("status").filter(has_text="was changed successfully")).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.card_payments


def test_a_gateway_is_made_in_a_window_beside_the_row(operator: Page, live_server: Any) -> None:
    campaign = make_campaign(card_payments=False)
    open_page(operator, live_server, campaign)
    operator.get_by_role("button", name="Add another gateway").click()
    with operator.expect_popup() as opened:
        operator.locator("#add_id_assignments-0-gateway").click()
    window = opened.value
    window.get_by_label("Name", exact=True).fill("From the window")
    window.get_by_label("Secret key", exact=True).fill("sk_test_window_1")
    window.get_by_label("Currency", exact=True).fill("USD")
    window.get_by_role("button", name="Save").click()
    chosen = operator.locator("#id_assignments-0-gateway option:checked")
    expect(chosen).to_contain_text("From the window")
    operator.locator("#id_card_payments").check()
    operator.get_by_role("button", name="Save and continue").click()
    expect(operator.get_by_role("status").filter(has_text="was changed successfully")).to_be_visible()
    assert campaign.assignments.get().gateway.name == "From the window"


def test_the_offer_form_shows_what_its_kind_and_terms_need(operator: Page, live_server: Any) -> None:
    make_gateway(is_default=True, name="Northwind US")
    offer = make_offer(price=1000)
    open_page(operator, live_server, offer)
    cycles, deposit = operator.locator("#cycles-group"), operator.locator("#id_deposit_amount")
    expect(cycles).to_be_hidden()
    expect(deposit).to_be_hidden()
    operator.locator("#id_terms").select_option("deposit")
    deposit.fill("2")
    operator.locator("#id_kind").select_option("recurring")
    for place, price in enumerate(["12.00", "13.00"]):
        operator.get_by_role("button", name="Add another billing cycle").click()
        row = operator.locator(f"#cycles-{place}")
        expect(row.locator("input[name$=number]")).to_have_value(str(place + 2))
        row.locator("input[name$=price]").fill(price)
    operator.get_by_role("button", name="Save and continue").click()
    expect(operator.get_by_role("status").filter(has_text="was changed successfully")).to_be_visible()
    expect(operator.get_by_text("The sale itself, at the offer’s price")).to_be_visible()
    expect(operator.get_by_role("region", name="Routing now")).to_contain_text("Northwind US")
    offer.refresh_from_db()
    assert (offer.deposit_amount, [cycle.price for cycle in offer.cycles.all()]) == (200, [1200, 1300])


def test_a_campaign_is_deleted_and_restored(operator: Page, live_server: Any) -> None:
    campaign = make_campaign(name="Winter Club")
    open_page(operator, live_server, campaign)
    operator.get_by_role("link", name="Delete").click()
    expect(operator.get_by_text("Nothing: no subscription is billed")).to_be_visible()
    operator.get_by_role("button", name="Delete Winter Club").click()
    expect(operator.get_by_text("Winter Club is deleted")).to_be_visible()
    operator.goto(f"{live_server.url}/admin/orders/campaign/?state=deleted")
    operator.get_by_role("link", name="Winter Club").click()
    operator.get_by_role("button", name="Restore Winter Club").click()
    expect(operator.get_by_text(re.compile("Winter Club is back"))).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways(operator: Page, live_server: Any, width: int) -> None:
    operator.set_viewport_size({"width": width, "height": 844})
    offer = make_offer()
    offer.campaign.coupons.create(code="WELCOME", rate=1000)
    for path in (
        *("campaign/", f"campaign/{offer.campaign_id}/change/", f"campaign/{offer.campaign_id}/delete/", "coupon/"),
        *("offer/", f"offer/{offer.pk}/change/", "offer/add/", "coupon/add/", "staff/", "staff/add/"),
    ):
        operator.goto(f"{live_server.url}/admin/orders/{path}")
        assert operator.evaluate("document.documentElement.scrollWidth") <= width, path
