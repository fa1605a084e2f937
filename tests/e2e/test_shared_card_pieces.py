"""A page of another kind with the shared pieces: a card is kept without a payment, and its holder asked by the bank."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from orders.models import Card
from tests.e2e import card_pages
from tests.e2e.stripe_js import StripeJs
from tests.factories import make_customer, make_gateway

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _pages(settings: Any, transactional_db: None, complaints: list[str]) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.e2e.card_pages"
    make_gateway("keeper", public_key="pk_test_keeper_1")
    make_customer()
    card_pages.kept.clear()
    card_pages.radar.clear()
    yield
    assert complaints == []


def keep(page: Page, live_server: Any) -> None:
    page.goto(f"{live_server.url}/card/")
    expect(page.locator("[data-card-mount] iframe")).to_be_visible()
    page.get_by_role("button", name="Keep the card").click()


def test_a_card_is_kept_without_a_payment(page: Page, live_server: Any, stripe_js: StripeJs) -> None:
    keep(page, live_server)
    expect(page.get_by_text("saved")).to_be_visible()
    assert Card.objects.get().last4 == "4242"
    (asked,) = stripe_js.asked
    assert (asked["mode"], asked["amount"], asked["usage"], asked["captureMethod"]) == ("setup", "", "off_session", "")
    assert card_pages.radar == ["rse_stand_in"]


@pytest.mark.parametrize(("challenge", "words"), [("passed", "saved"), ("failed", "declined")])
def test_the_bank_asks_in_the_page_and_the_page_goes_on(
    page: Page, live_server: Any, stripe_js: StripeJs, challenge: Any, words: str
) -> None:
    stripe_js.next_card, stripe_js.challenge = "pm_card_threeDSecure2Required", challenge
    keep(page, live_server)
    expect(page.get_by_text(words)).to_be_visible(timeout=20_000)
    assert page.url == f"{live_server.url}/done/?again"
    assert Card.objects.count() == (1 if words == "saved" else 0)
    assert "_secret_" not in page.content()
