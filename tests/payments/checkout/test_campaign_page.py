"""A campaign's checkout page: one form makes one order and one payment, whatever happens on the way."""

import re
from typing import Any

import pytest
from django.test import Client

from orders.models import Campaign, Customer, Order, PaymentState, Staff
from payments.models import Checkout, Payment, Purpose, Status
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.admin.pages import inline_code
from tests.factories import make_campaign, make_customer, make_gateway, make_offer, make_recurring_offer
from tests.faults.at_once import at_once
from tests.local_stripe import charges_of
from tests.payments.checkout.shopper import (
    CHALLENGED,
    DECLINED,
    PLACE,
    buy,
    fields,
    filled,
    offer_of,
    open_campaign,
    order_url,
    page_url,
    text_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    return open_campaign(name="Summer Glow")


# --- who may buy ----------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_on_sale_and_what_it_costs(client: Client, campaign: Campaign) -> None:
    page = client.get(page_url(campaign))
    words = text_of(page)
    assert page.status_code == 200
    assert offer_of(campaign).name in words
    assert "$49.00" in words
    assert "Pay $49.00" in words
    assert "No money moves on this page" in words
    assert inline_code(page.content.decode()) == []
    assert page["Cache-Control"] == "no-store, private"
    assert page["Referrer-Policy"] == "same-origin"


def test_looking_at_the_page_writes_nothing(client: Client, campaign: Campaign) -> None:
    client.get(page_url(campaign))
    assert not Order.objects.exists()
    assert not Checkout.objects.exists()
    assert client.session.session_key is None or not client.session.keys()


@pytest.mark.parametrize(
    "off",
    [
        {"checkout_on": False},
        {"card_payments": False},
        {"active": False},
        {"deleted_at": "2026-01-01T00:00:00Z"},
    ],
    ids=["checkout off", "no cards", "campaign off", "deleted"],
)
def test_a_campaign_that_is_closed_says_so_and_sells_nothing(
    client: Client, campaign: Campaign, off: dict[str, Any]
) -> None:
    form = filled(client, campaign)
    Campaign.objects.filter(pk=campaign.pk).update(**off)
    for response in (client.get(page_url(campaign)), client.post(page_url(campaign), form)):
        assert response.status_code == 404
        assert "This page is closed" in text_of(response)
        assert campaign.name not in text_of(response)
    assert client.post(f"{page_url(campaign)}quote/", form).status_code == 404
    assert not Order.objects.exists()


def test_an_address_that_nobody_gave_out_is_closed_as_well(client: Client) -> None:
    assert client.get("/pay/c/nothing-here/").status_code == 404
    assert client.get("/pay/o/nothing-here/").status_code == 404
    assert client.get("/pay/l/nothing-here/").status_code == 404


def test_addresses_cannot_be_guessed(campaign: Campaign) -> None:
    assert re.fullmatch(r"[\w-]{22}", campaign.slug)


def test_without_a_gateway_nobody_is_asked_for_a_card(client: Client) -> None:
    campaign = open_campaign(gateway=False)
    page = client.get(page_url(campaign))
    assert "Cards cannot be taken just now" in text_of(page)
    assert b"test_card" not in page.content


# --- one sale -------------------------------------------------------------------------------------------------------


def test_a_sale_goes_from_the_form_to_thank_you(client: Client, campaign: Campaign) -> None:
    answer = buy(client, campaign, phone="")
    order = Order.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"{order_url(order)}thanks/"
    assert (order.source, order.payment_state, order.total) == (Order.Source.CHECKOUT, PaymentState.PAID, 4900)
    assert (order.customer.name, order.customer.email) == ("Ada Byron", "ada@mail.test")
    payment = Payment.objects.get()
    assert (payment.status, payment.purpose, payment.actor) == (Status.CAPTURED, Purpose.SALE, "Customer")
    assert payment.route[0]["verdict"] == "chosen"
    assert len(charges_of(payment)) == 1
    thanks = text_of(client.get(answer["Location"]))
    assert "Thank you" in thanks
    assert order.number in thanks
    assert "a•••@mail.test" in thanks
    assert "ada@mail.test" not in thanks


def test_what_has_to_be_shipped_asks_for_an_address(client: Client, campaign: Campaign) -> None:
    goods = make_offer(campaign, 1500)
    chosen = {f"quantity_{offer_of(campaign).pk}": "0", f"quantity_{goods.pk}": "2", "shown": "3000"}
    refused = buy(client, campaign, **chosen)
    assert refused.status_code == 400
    assert not Order.objects.exists()
    sold = buy(client, campaign, **chosen, **PLACE)
    assert sold.status_code == 302
    order = Order.objects.get()
    assert order.address is not None
    assert (order.address.line1, order.address.country, order.total) == (PLACE["line1"], "GB", 3000)


def test_the_customer_chooses_with_whom(client: Client, campaign: Campaign) -> None:
    anna, gone = Staff.objects.create(name="Anna"), Staff.objects.create(name="Gone", active=False)
    offer = offer_of(campaign)
    offer.staff.add(anna, gone)
    page = text_of(client.get(page_url(campaign)))
    assert "Anna" in page
    assert "Gone" not in page
    buy(client, campaign, **{f"staff_{offer.pk}": str(anna.pk)})
    assert Order.objects.get().lines.get().staff == anna


def test_a_coupon_counts_once_and_a_wrong_one_is_said_at_its_field(client: Client, campaign: Campaign) -> None:
    coupon = campaign.coupons.create(code="SUN", rate=1000)
    refused = buy(client, campaign, coupon_code="MOON")
    assert refused.status_code == 400
    assert "This code does not count here" in text_of(refused)
    unseen = buy(client, campaign, coupon_code="sun")
    assert unseen.status_code == 400, "the customer has not seen the new amount yet"
    assert "Pay $44.10" in text_of(unseen)
    sold = client.post(page_url(campaign), {**fields(unseen.content.decode(), "checkout"), "test_card": "pm_card_visa"})
    assert sold.status_code == 302
    coupon.refresh_from_db()
    assert (Order.objects.get().total, coupon.uses) == (4410, 1)


def test_a_deposit_is_taken_now_and_the_rest_stays_due(client: Client) -> None:
    campaign = open_campaign(price=10_000)
    campaign.offers.update(terms="deposit", deposit_rate=2000)
    page = text_of(client.get(page_url(campaign)))
    assert "Pay $20.00" in page
    assert "Later $80.00" in page
    answer = buy(client, campaign)
    payment = Payment.objects.get()
    assert (payment.amount, payment.purpose) == (2000, Purpose.DEPOSIT)
    assert answer["Location"].endswith("/thanks/")
    assert "Later $80.00" in text_of(client.get(answer["Location"]))


def test_what_is_paid_later_needs_no_card(client: Client) -> None:
    campaign = open_campaign()
    campaign.offers.update(terms="later")
    page = client.get(page_url(campaign))
    assert "Place the order" in text_of(page)
    assert b"test_card" not in page.content
    answer = buy(client, campaign, "")
    assert answer["Location"].endswith("/thanks/")
    assert "Thank you" in text_of(client.get(answer["Location"]))
    assert not Payment.objects.exists()


def test_a_subscription_says_what_is_billed_when_and_keeps_the_card(client: Client) -> None:
    campaign = make_campaign(checkout_on=True)
    make_gateway(is_default=True)
    make_recurring_offer(campaign, 1000, (1500, 1900))
    page = text_of(client.get(page_url(campaign)))
    assert "then $15.00 after 1 month" in page
    assert "then $19.00 every month, until you cancel" in page
    assert "keeps this card and charges it with the amounts above until you cancel" in page
    buy(client, campaign)
    payment = Payment.objects.get()
    assert payment.card is not None
    assert payment.card.customer.email == "ada@mail.test"


def test_whoever_knows_an_address_of_mail_changes_nothing_of_its_owner(client: Client, campaign: Campaign) -> None:
    owner = make_customer(email="ada@mail.test", name="Augusta Ada King", phone="1")
    buy(client, campaign, email="ADA@mail.test", name="Mallory")
    owner.refresh_from_db()
    assert (owner.name, owner.phone) == ("Augusta Ada King", "1")
    assert Order.objects.get().customer == owner
    assert Customer.objects.count() == 1


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Ada\nBcc: all@mail.test"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"phone": "<script>"}, "phone"),
        ({"test_card": "pm_card_nothing"}, "test_card"),
        ({"test_card": ""}, "test_card"),
    ],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_written(
    client: Client, campaign: Campaign, changes: dict[str, str], field: str
) -> None:
    answer = buy(client, campaign, **changes)
    page = answer.content.decode()
    assert answer.status_code == 400
    place = page[page.index(f'data-errors="{field}"') :]
    assert 'class="errorlist"' in place[: place.index("</div>")]
    assert not Order.objects.exists()


def test_an_amount_from_the_browser_is_never_charged(client: Client, campaign: Campaign) -> None:
    answer = buy(client, campaign, shown="1", amount="1", total="1", price="1")
    assert answer.status_code == 400
    assert "The amount has changed" in text_of(answer)
    assert not Order.objects.exists()


def test_a_price_that_changed_meanwhile_is_shown_before_anybody_pays_it(client: Client, campaign: Campaign) -> None:
    form = filled(client, campaign)
    campaign.offers.update(price=5900)
    answer = client.post(page_url(campaign), form)
    assert answer.status_code == 400
    assert "Pay $59.00" in text_of(answer)
    assert not Payment.objects.exists()


def test_nothing_chosen_is_no_order(client: Client, campaign: Campaign) -> None:
    answer = buy(client, campaign, **{f"quantity_{offer_of(campaign).pk}": "0"})
    assert answer.status_code == 400
    assert "Choose at least one offer" in text_of(answer)


def test_another_campaigns_offer_cannot_be_slipped_in(client: Client, campaign: Campaign) -> None:
    stranger = make_offer(price=100)
    buy(client, campaign, **{f"quantity_{stranger.pk}": "1"})
    assert [line.offer for line in Order.objects.get().lines.all()] == [offer_of(campaign)]


def test_upsells_are_not_on_the_page(client: Client, campaign: Campaign) -> None:
    extra = make_offer(campaign, 900, is_upsell=True)
    assert extra.name not in text_of(client.get(page_url(campaign)))


# --- once -----------------------------------------------------------------------------------------------------------


def test_the_same_form_sent_again_leads_to_the_same_order_and_payment(client: Client, campaign: Campaign) -> None:
    form = filled(client, campaign)
    first, second = client.post(page_url(campaign), form), client.post(page_url(campaign), form)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == Payment.objects.count() == 1
    assert len(charges_of(Payment.objects.get())) == 1


def test_two_tabs_of_one_browser_are_one_order(client: Client, campaign: Campaign) -> None:
    one, other = filled(client, campaign), filled(client, campaign)
    assert one["token"] == other["token"]
    assert one["form_token"] != other["form_token"]
    client.post(page_url(campaign), one)
    answer = client.post(page_url(campaign), other)
    assert answer["Location"].endswith("/thanks/")
    assert Order.objects.count() == Payment.objects.count() == 1


def test_a_second_purchase_after_the_first_is_a_new_order(client: Client, campaign: Campaign) -> None:
    buy(client, campaign)
    again = client.get(page_url(campaign))
    assert f"You have placed order {Order.objects.get().number}" in text_of(again)
    buy(client, campaign)
    assert Order.objects.count() == 2


def test_ten_presses_at_once_charge_once(campaign: Campaign) -> None:
    browser = Client()
    form = filled(browser, campaign)

    def press(_: int) -> int:
        return int(Client().post(page_url(campaign), form).status_code)

    assert set(at_once(10, press)) == {302}
    assert Order.objects.count() == Payment.objects.count() == 1
    assert len(charges_of(Payment.objects.get())) == 1


def test_whoever_comes_back_to_an_unpaid_order_goes_on_with_it(client: Client, campaign: Campaign) -> None:
    declined = buy(client, campaign, DECLINED)
    order = Order.objects.get()
    assert declined["Location"] == order_url(order)
    assert client.get(page_url(campaign))["Location"] == order_url(order)
    assert client.get(f"{page_url(campaign)}?new=1").status_code == 200


def test_a_lost_connection_leaves_an_order_that_is_paid_once(
    client: Client, campaign: Campaign, local_stripe: LocalStripe
) -> None:
    """Stripe charged, and neither we nor the browser heard of it."""
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path="/v1/payment_intents"))
    form = filled(client, campaign)
    answer = client.post(page_url(campaign), form)
    order = Order.objects.get()
    assert answer["Location"] == order_url(order)
    page = text_of(client.get(order_url(order)))
    assert "We are finding out" in page
    assert "please do not pay again" in page
    assert "failed" not in page.lower()
    assert "Pay $" not in page
    assert client.post(page_url(campaign), form)["Location"] == order_url(order)
    payment = Payment.objects.get()
    assert payment.status == Status.UNKNOWN
    assert len(charges_of(payment)) == 1


def test_a_challenge_leads_to_the_orders_page(client: Client, campaign: Campaign) -> None:
    answer = buy(client, campaign, CHALLENGED)
    assert answer["Location"] == order_url(Order.objects.get())
    assert "Continue to your bank" in text_of(client.get(answer["Location"]))


# --- the quote ------------------------------------------------------------------------------------------------------


def test_the_quote_follows_the_choice_and_writes_nothing(client: Client, campaign: Campaign) -> None:
    form = filled(client, campaign, **{f"quantity_{offer_of(campaign).pk}": "3"})
    told = client.post(f"{page_url(campaign)}quote/", form).json()
    assert (told["shown"], told["button"], told["pays"], told["buyable"]) == (14_700, "Pay $147.00", True, True)
    assert "$147.00" in told["summary"]
    assert told["card"]["amount"] == "14700"
    assert not Order.objects.exists()


def test_the_quote_says_that_a_coupon_does_not_count(client: Client, campaign: Campaign) -> None:
    told = client.post(f"{page_url(campaign)}quote/", filled(client, campaign, coupon_code="MOON")).json()
    assert told["coupon"] == ["This code does not count here. Check it, or leave it empty."]
    assert told["shown"] == 4900


def test_without_a_script_the_update_button_does_the_same(client: Client, campaign: Campaign) -> None:
    form = filled(client, campaign, **{f"quantity_{offer_of(campaign).pk}": "2"}, do="update", name="")
    page = client.post(page_url(campaign), form)
    assert page.status_code == 200
    assert "Pay $98.00" in text_of(page)
    assert "errorlist" not in page.content.decode()
    assert not Order.objects.exists()
