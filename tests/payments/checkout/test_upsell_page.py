"""One more thing after the sale: in the browser that bought, for one click, or not at all."""

import pytest
from django.test import Client

from gateways.models import Gateway
from orders.models import Campaign, Offer, Order
from payments.models import Payment, Purpose, Status
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_offer
from tests.local_stripe import charges_of, decline_from_now_on
from tests.payments.checkout.shopper import alert_of, buy, fields, open_campaign, order_url, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    campaign = open_campaign()
    Gateway.objects.update(send_upsell_token=True)
    return campaign


@pytest.fixture
def extra(campaign: Campaign) -> Offer:
    return make_offer(campaign, 900, shippable=False, is_upsell=True)


@pytest.fixture
def page(client: Client, campaign: Campaign, extra: Offer) -> str:
    """The address that the customer is led to after the sale."""
    address = buy(client, campaign)["Location"]
    assert address == f"{order_url(Order.objects.get())}more/"
    return str(address)


def test_one_click_adds_it_and_charges_the_card_that_was_just_used(client: Client, page: str, extra: Offer) -> None:
    shown = text_of(client.get(page))
    assert extra.name in shown
    assert "Add it and pay $9.00" in shown
    assert "One click charges Visa •••• 4242" in shown
    answer = client.post(page, fields(client.get(page).content.decode()))
    order = Order.objects.get()
    assert answer["Location"] == f"{order_url(order)}thanks/"
    assert Payment.objects.get(purpose=Purpose.UPSELL).status == Status.CAPTURED
    assert "$58.00" in text_of(client.get(answer["Location"]))


def test_declining_it_leads_on_and_it_is_not_offered_again(client: Client, page: str) -> None:
    answer = client.post(page, {"do": "decline"})
    assert answer["Location"].endswith("/thanks/")
    assert "Thank you" in text_of(client.get(answer["Location"]))
    assert client.get(page)["Location"].endswith("/thanks/")
    assert Payment.objects.count() == 1


def test_the_same_form_twice_charges_once(client: Client, page: str) -> None:
    form = fields(client.get(page).content.decode())
    for _ in range(2):
        assert client.post(page, form)["Location"].endswith("/thanks/")
    assert len(charges_of(Payment.objects.get(purpose=Purpose.UPSELL))) == 1


def test_another_browser_that_has_the_address_is_offered_nothing(page: str, extra: Offer) -> None:
    stranger = Client()
    assert stranger.get(page)["Location"].endswith("/thanks/")
    stranger.post(page, {"offer": extra.pk, "form_token": "2" * 32})
    assert Payment.objects.count() == 1


def test_a_declined_card_is_told_and_nothing_is_added(client: Client, page: str) -> None:
    card = Payment.objects.get().card
    assert card is not None
    decline_from_now_on(card)
    answer = client.post(page, fields(client.get(page).content.decode()))
    assert answer.status_code == 402
    assert "Your bank declined" in alert_of(answer)
    assert Order.objects.get().total == 4900
    assert "No, thank you" in text_of(answer)


def test_an_unheard_answer_waits_on_the_thank_you_page(client: Client, page: str, local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path="/v1/payment_intents"))
    answer = client.post(page, fields(client.get(page).content.decode()))
    assert "We are finding out" in text_of(client.get(answer["Location"]))


@pytest.mark.parametrize("changes", [{"offer": "999999"}, {"offer": ""}, {"form_token": "x"}])
def test_a_form_that_was_tampered_with_charges_nothing(client: Client, page: str, changes: dict[str, str]) -> None:
    client.post(page, {**fields(client.get(page).content.decode()), **changes})
    assert Payment.objects.count() == 1


def test_without_the_gateways_switch_nothing_is_offered(client: Client, campaign: Campaign, extra: Offer) -> None:
    Gateway.objects.update(send_upsell_token=False)
    assert buy(client, campaign)["Location"].endswith("/thanks/")
