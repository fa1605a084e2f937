"""Who tests stolen cards tries many: attempts are counted by address, session and card, and declines by order."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory

from orders.models import Order
from payments.checkout.limits import TooMany, address_of, count_attempt
from payments.models import Payment
from tests.local_stripe import all_intents
from tests.payments.checkout.shopper import (
    DECLINED,
    alert_of,
    buy,
    fields,
    open_campaign,
    order_url,
    page_url,
    pay_again,
    text_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "There were too many attempts. Nothing was charged."


@pytest.fixture(autouse=True)
def _few(settings: Any) -> None:
    settings.CHECKOUT_TRIES_PER_ADDRESS = 3
    settings.CHECKOUT_TRIES_PER_SESSION = 100
    settings.CHECKOUT_TRIES_PER_CARD = 100
    settings.CHECKOUT_DECLINES_PER_ORDER = 100


def intents() -> int:
    return len(all_intents())


def test_an_address_that_tries_too_often_is_stopped_before_anybody_is_asked() -> None:
    campaign = open_campaign()
    for _ in range(3):
        buy(Client(), campaign, DECLINED)
    before, orders = intents(), Order.objects.count()
    answer = buy(Client(), campaign, DECLINED)
    assert answer.status_code == 429
    assert WORDS in text_of(answer)
    assert (intents(), Order.objects.count()) == (before, orders)


def test_a_new_try_on_an_order_counts_as_well(client: Client) -> None:
    buy(client, open_campaign(), DECLINED)
    order = Order.objects.get()
    for _ in range(2):
        pay_again(client, order_url(order), DECLINED)
    answer = pay_again(client, order_url(order))
    assert answer["Location"] == f"{order_url(order)}?told=too_many"
    assert WORDS in alert_of(client.get(answer["Location"]))
    assert Payment.objects.count() == 3


def test_a_browser_session_is_counted_wherever_it_comes_from(client: Client, settings: Any) -> None:
    settings.CHECKOUT_TRIES_PER_ADDRESS, settings.CHECKOUT_TRIES_PER_SESSION = 100, 2
    buy(client, open_campaign(), DECLINED)
    order = Order.objects.get()
    for number in range(3):
        form = fields(client.get(order_url(order)).content.decode(), "pay-form") | {"test_card": DECLINED}
        answer = client.post(order_url(order), form, REMOTE_ADDR=f"203.0.113.{number}")
    assert answer["Location"].endswith("?told=too_many")


def test_one_card_is_counted_whoever_uses_it(settings: Any) -> None:
    settings.CHECKOUT_TRIES_PER_ADDRESS, settings.CHECKOUT_TRIES_PER_CARD = 100, 2
    campaign = open_campaign()
    answers = [buy(Client(), campaign, DECLINED).status_code for _ in range(3)]
    assert answers == [302, 302, 429]
    assert buy(Client(), campaign).status_code == 302, "another card is another matter"


def test_an_order_is_tried_so_often_even_if_the_cache_forgets(client: Client, settings: Any) -> None:
    settings.CHECKOUT_DECLINES_PER_ORDER = 2
    buy(client, open_campaign(), DECLINED)
    order = Order.objects.get()
    pay_again(client, order_url(order), DECLINED)
    cache.clear()
    assert pay_again(client, order_url(order))["Location"].endswith("?told=too_many")
    assert Payment.objects.count() == 2


def test_fifty_declines_end_in_a_block(settings: Any) -> None:
    settings.CHECKOUT_TRIES_PER_ADDRESS = 30
    campaign = open_campaign()
    answers = [buy(Client(), campaign, DECLINED).status_code for _ in range(50)]
    assert answers == [302] * 30 + [429] * 20
    assert Payment.objects.count() == 30


def test_looking_and_mistakes_are_not_counted(client: Client) -> None:
    campaign = open_campaign()
    for _ in range(5):
        client.get(page_url(campaign))
        buy(client, campaign, name="")
    assert buy(client, campaign).status_code == 302


def test_a_cache_that_is_away_lets_people_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_kwargs: object) -> None:
        raise ConnectionError("no cache")

    monkeypatch.setattr(cache, "add", away)
    for _ in range(5):
        count_attempt(address="203.0.113.1")


def test_what_is_counted_is_no_address_in_the_cache() -> None:
    for _ in range(3):
        count_attempt(address="203.0.113.1")
    with pytest.raises(TooMany):
        count_attempt(address="203.0.113.1")
    count_attempt(address="203.0.113.2")
    assert "203.0.113.1" not in str(getattr(cache, "_cache", {}).keys())


@pytest.mark.parametrize(
    ("behind_proxy", "remote", "forwarded", "address"),
    [
        (False, "198.51.100.7", "10.0.0.1", "198.51.100.7"),
        (True, "127.0.0.1", "10.0.0.1, 198.51.100.7", "198.51.100.7"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (True, "127.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (True, "127.0.0.1", "not an address", "not an address"),
    ],
)
def test_a_visitor_is_counted_by_what_a_trusted_proxy_says(
    settings: Any, behind_proxy: bool, remote: str, forwarded: str, address: str
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)) == address
