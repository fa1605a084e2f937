"""A customer at the checkout, without a browser: reads a page, fills its form in, sends it."""

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from orders.models import Campaign, Offer, Order
from tests.factories import make_campaign, make_gateway, make_offer

DETAILS = {"name": "Ada Byron", "email": "ada@mail.test", "phone": "+44 20 7946 0018"}
PLACE = {"line1": "12 St James's Square", "city": "London", "postal_code": "SW1Y 4JH", "country": "GB"}
GOOD, DECLINED, CHALLENGED = "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required"


class _Fields(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.values = form, False, {}
        self.select = ""

    values: dict[str, str]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = said.get("id", "") == self.form or not self.form
        if not self.inside:
            return
        if tag == "select":
            self.select = said["name"]
        if tag == "option" and "selected" in said:
            self.values[self.select] = said["value"]
        if tag == "input" and (said.get("type") not in {"radio", "checkbox"} or "checked" in said):
            self.values[said["name"]] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def fields(html: str, form: str = "") -> dict[str, str]:
    """What a browser would send of a form that nobody touched."""
    reader = _Fields(form)
    reader.feed(html)
    return {name: value for name, value in reader.values.items() if name != "csrfmiddlewaretoken"}


def text_of(response: Any) -> str:
    """A page's words, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).strip()


def open_campaign(currency: str = "USD", *, price: int = 4900, gateway: bool = True, **fields: Any) -> Campaign:
    """A campaign whose checkout page is open, with an offer that nothing has to be shipped for."""
    campaign = make_campaign(currency=currency, checkout_on=True, pay_links_on=True, **fields)
    make_offer(campaign, price, shippable=False)
    if gateway:
        make_gateway(currency=currency, is_default=True)
    return campaign


def offer_of(campaign: Campaign) -> Offer:
    return campaign.offers.earliest("pk")


def page_url(campaign: Campaign) -> str:
    return f"/pay/c/{campaign.slug}/"


def order_url(order: Order) -> str:
    return f"/pay/o/{order.slug}/"


def filled(client: Client, campaign: Campaign, card: str = GOOD, **changes: Any) -> dict[str, Any]:
    """The checkout form as this browser got it, filled in."""
    form = fields(client.get(page_url(campaign)).content.decode(), "checkout")
    form.pop("do", None)
    return {**form, **DETAILS, "test_card": card, **changes}


def buy(client: Client, campaign: Campaign, card: str = GOOD, **changes: Any) -> Any:
    return client.post(page_url(campaign), filled(client, campaign, card, **changes))


def pay_again(client: Client, url: str, test_card: str = GOOD, **changes: Any) -> Any:
    """Pay on an order's page, or on a pay link's."""
    form = fields(client.get(url).content.decode(), "pay-form")
    return client.post(url, {**form, "test_card": test_card, **changes})


def alert_of(response: Any) -> str:
    """What the page says went wrong."""
    found = re.search(r'<p class="alert" role="alert"[^>]*>(.*?)</p>', response.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1])).strip() if found else ""
