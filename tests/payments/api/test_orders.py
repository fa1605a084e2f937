"""A checkout of somebody's own makes an order and pays it: once, whatever breaks, and nothing is half-written."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from orders.models import Customer, Order
from payments.models import ApiCall, Payment, Status
from payments.services.api.keys import make_key
from simulator.faults import Fault
from tests import local_stripe
from tests.factories import make_campaign, make_gateway, make_recurring_offer
from tests.faults.at_once import at_once
from tests.payments.api.conftest import CARD, RETURN_URL, Checkout


def test_an_order_is_made_and_paid_in_one_step(checkout: Checkout) -> None:
    answer = checkout.post("orders", checkout.basket(shipping=500, tax=250, payment=CARD))
    body = answer.json()
    assert (answer.status_code, body["outcome"], body["paid"], body["due"]) == (201, "paid", 5750, 0)
    order = Order.objects.get()
    assert (body["order"], order.source, order.total) == (order.number, "api", 5750)
    assert order.address is not None
    assert order.address.city == "Rome"
    payment = order.payments.get()
    assert (payment.status, payment.purpose, payment.actor) == (Status.CAPTURED, "sale", "API key Shop")
    assert payment.route[0]["verdict"] == "chosen"
    assert len(local_stripe.charges_of(payment)) == 1
    assert answer["Cache-Control"] == "no-store"


def test_in_two_steps_the_answer_says_which_key_collects_the_card(checkout: Checkout) -> None:
    first = checkout.post("orders", checkout.basket()).json()
    assert (first["outcome"], first["due"], first["payment"]) == ("unpaid", 5000, None)
    assert first["pay_with"] == {
        "gateway": checkout.gateway.name,
        "publishable_key": "pk_test_shop",
        "stripe_account": "",
    }
    second = checkout.post(f"orders/{first['order']}/payments", {**CARD, "publishable_key": "pk_test_shop"}).json()
    assert (second["outcome"], second["pay_with"]) == ("paid", None)
    assert checkout.get(f"orders/{first['order']}").json()["outcome"] == "paid"


def test_money_that_is_held_only_is_authorized(checkout: Checkout) -> None:
    body = checkout.post("orders", checkout.basket(payment={**CARD, "capture": False})).json()
    assert (body["outcome"], body["paid"], body["due"]) == ("authorized", 0, 0)


def test_a_declined_card_leaves_the_order_open_for_another(checkout: Checkout) -> None:
    lost = {**CARD, "payment_method": "pm_card_visa_chargeDeclined"}
    body = checkout.post("orders", checkout.basket(payment=lost)).json()
    assert (body["outcome"], body["due"]) == ("declined", 5000)
    assert body["payment"]["decline_code"] == "generic_decline"
    assert checkout.post(f"orders/{body['order']}/payments", CARD).json()["outcome"] == "paid"


def test_a_bank_that_asks_makes_a_merchant_redirect_and_the_customer_comes_back(checkout: Checkout) -> None:
    challenged = {**CARD, "payment_method": "pm_card_threeDSecure2Required"}
    body = checkout.post("orders", checkout.basket(payment=challenged)).json()
    assert (body["outcome"], body["redirect"]["return_url"]) == ("redirect", RETURN_URL)
    page = urlsplit(body["redirect"]["url"])
    local_stripe.stripe.handle("POST", f"{page.path}?{page.query}", {}, b"outcome=complete")
    order = Order.objects.get()
    back = Client().get(f"/api/v1/return/{order.slug}/")
    assert back["Location"] == f"{RETURN_URL}&midway_order={order.number}"
    assert checkout.get(f"orders/{order.number}").json()["outcome"] == "paid"


def test_a_confirmation_token_pays_as_well(checkout: Checkout) -> None:
    token = local_stripe.confirmation_token(checkout.gateway.secret_key, "pm_card_mastercard")
    body = checkout.post("orders", checkout.basket(payment={"confirmation_token": token, "return_url": RETURN_URL}))
    assert body.json()["outcome"] == "paid"
    assert Payment.objects.get().card_brand == "mastercard"


def test_a_recurring_offer_keeps_the_card(checkout: Checkout) -> None:
    offer = make_recurring_offer(checkout.campaign, sku="SUB")
    body = checkout.post("orders", checkout.basket(lines=[{"offer": "SUB"}], payment=CARD)).json()
    assert body["outcome"] == "paid"
    payment = Payment.objects.get()
    assert payment.card is not None
    assert payment.card.customer == Customer.objects.get(email="ada@mail.test")
    assert payment.amount == offer.price


# --- once -------------------------------------------------------------------------------------------------------


def test_the_same_request_again_is_answered_the_same_and_charges_nothing(checkout: Checkout) -> None:
    first, second = (checkout.post("orders", checkout.basket(payment=CARD), "token-0001") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second["Idempotent-Replayed"] == "true"
    assert (Order.objects.count(), len(local_stripe.charges_of(Payment.objects.get()))) == (1, 1)


def test_the_same_key_with_another_request_is_refused(checkout: Checkout) -> None:
    checkout.post("orders", checkout.basket(payment=CARD), "token-0002")
    other = checkout.post("orders", checkout.basket(payment=CARD, tax=1), "token-0002")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_eight_at_once_charge_once(checkout: Checkout) -> None:
    answers = at_once(8, lambda _: checkout.post("orders", checkout.basket(payment=CARD), "token-0003").status_code)
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert (Order.objects.count(), Payment.objects.count()) == (1, 1)
    assert len(local_stripe.charges_of(Payment.objects.get())) == 1


def test_a_call_that_a_crash_left_behind_is_taken_up(checkout: Checkout) -> None:
    checkout.post("orders", checkout.basket(payment=CARD), "token-0004")
    ApiCall.objects.update(answer=None, status=None)
    assert checkout.post("orders", checkout.basket(payment=CARD), "token-0004").status_code == 409
    ApiCall.objects.update(started_at="2026-01-01T00:00Z")
    again = checkout.post("orders", checkout.basket(payment=CARD), "token-0004")
    assert (again.status_code, again.json().get("outcome")) == (201, "paid"), again.content
    assert len(local_stripe.charges_of(Payment.objects.get())) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_gateway_that_falls_silent_is_pending_and_never_declined(checkout: Checkout, when: Any) -> None:
    local_stripe.stripe.faults.add(Fault("timeout", when, "POST", "/v1/payment_intents"))
    body = checkout.post("orders", checkout.basket(payment=CARD)).json()
    assert (body["outcome"], body["due"]) == ("pending", 0)
    other = checkout.post(f"orders/{body['order']}/payments", CARD)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "nothing_due")


# --- refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"offer": "NONE"}]}, "lines.0.offer"),
        ({"lines": [{"offer": "SKU-1", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"offer": "SKU-1", "quantity": 1.5}]}, "lines.0.quantity"),
        ({"lines": [{"offer": "SKU-1", "price": 1}]}, "lines.0"),
        ({"customer": {"name": "Ada"}}, "customer.email"),
        ({"customer": {"name": "Ada", "email": "nobody"}}, "customer.email"),
        ({"customer": {"name": "A\x00da", "email": "a@b.test"}}, "customer.name"),
        ({"tax": -1}, "tax"),
        ({"payment": {"return_url": RETURN_URL}}, "payment"),
        ({"payment": {**CARD, "confirmation_token": "ctoken_1"}}, "payment"),
        ({"payment": {**CARD, "payment_method": "4242"}}, "payment.payment_method"),
        ({"payment": {**CARD, "return_url": "javascript:alert(1)"}}, "payment.return_url"),
        ({"payment": {**CARD, "publishable_key": "pk_test_other"}}, "payment.publishable_key"),
        ({"amount": 1}, ""),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(checkout: Checkout, change: dict[str, Any], field: str) -> None:
    answer = checkout.post("orders", checkout.basket(**change), "token-0005")
    assert (answer.status_code, answer.json()["error"].get("field", "")) == (422, field)
    assert (Order.objects.count(), Payment.objects.count(), ApiCall.objects.count()) == (0, 0, 0)
    assert checkout.post("orders", checkout.basket(), "token-0005").status_code == 201


def test_a_refused_payment_leaves_no_order_behind(checkout: Checkout) -> None:
    checkout.gateway.maximum_amount = 100
    checkout.gateway.save()
    answer = checkout.post("orders", checkout.basket(payment=CARD))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_gateway")
    assert not Order.objects.exists()


def test_a_card_number_is_refused_and_not_repeated(checkout: Checkout) -> None:
    named = {"name": "4242 4242 4242 4242", "email": "ada@mail.test"}
    answer = checkout.post("orders", checkout.basket(customer=named))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "card_number")
    assert "4242" not in answer.content.decode()
    assert not Customer.objects.filter(email="ada@mail.test").exists()


@pytest.mark.parametrize("raw", ["{", "[1]", '{"a": NaN}', b"\xff", '"text"', "[" * 9000])
def test_what_is_no_json_object_is_told(checkout: Checkout, raw: Any) -> None:
    assert checkout.post("orders", raw).status_code in {400, 422}


def test_a_request_without_its_key_or_idempotency_key_is_refused(checkout: Checkout) -> None:
    assert checkout.post("orders", checkout.basket(), **{"Idempotency-Key": ""}).status_code == 400
    stranger = checkout.post("orders", checkout.basket(), Authorization="Bearer mk_test_wrong")
    assert (stranger.status_code, stranger["WWW-Authenticate"]) == (401, "Bearer")
    assert not Order.objects.exists()


def test_a_key_opens_its_own_campaign_only(checkout: Checkout) -> None:
    number = checkout.post("orders", checkout.basket()).json()["order"]
    _, key = make_key(make_campaign(), "Another shop", None)
    checkout.key = key
    assert checkout.get(f"orders/{number}").status_code == 404
    assert checkout.post(f"orders/{number}/payments", CARD).status_code == 404


def test_a_live_campaign_is_never_paid_through_a_test_gateway(checkout: Checkout) -> None:
    checkout.campaign.mode = "live"
    checkout.campaign.save()
    answer = checkout.post("orders", checkout.basket(payment=CARD))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_gateway")


def test_a_campaign_that_is_off_takes_no_orders(checkout: Checkout) -> None:
    checkout.campaign.active = False
    checkout.campaign.save()
    assert checkout.post("orders", checkout.basket()).json()["error"]["code"] == "campaign_closed"


def test_nobody_is_sent_back_to_an_address_that_no_checkout_gave(checkout: Checkout) -> None:
    checkout.post("orders", checkout.basket())
    assert Client().get(f"/api/v1/return/{Order.objects.get().slug}/").status_code == 404


@pytest.mark.parametrize(("currency", "amount"), [("USD", 1999), ("JPY", 500), ("KWD", 12_340), ("ISK", 10_000)])
def test_amounts_are_minor_units_in_every_currency(transactional_db: None, currency: str, amount: int) -> None:
    campaign = make_campaign(currency=currency)
    gateway = make_gateway(currency=currency, is_default=True)
    offer = campaign.offers.create(name="One", price=amount)
    _, key = make_key(campaign, "Shop", None)
    shop = Checkout(campaign, offer, gateway, key, Client())
    body = shop.post("orders", {**shop.basket(payment=CARD), "lines": [{"offer": str(offer.pk)}]}).json()
    assert (body["outcome"], body["total"], body["paid"], body["currency"]) == ("paid", amount, amount, currency)
    (intent,) = [one for one in local_stripe.all_intents() if one["metadata"].get("order") == body["order"]]
    assert (intent["amount"], intent["currency"]) == (amount, currency.lower())
