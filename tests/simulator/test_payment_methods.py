from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import stripe

from tests.simulator.shop import Shop

NUMBER: Any = {"number": "4242424242424242", "exp_month": 11, "exp_year": 2044, "cvc": "123"}


def create(shop: Shop, card: Any) -> stripe.PaymentMethod:
    return shop.v1.payment_methods.create(params={"type": "card", "card": card})


def test_each_use_of_a_test_card_is_a_new_method_of_the_same_card(shop: Shop) -> None:
    customer = shop.customer()
    methods = [shop.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id}) for _ in range(2)]
    first, second = (method.card for method in methods)
    assert first is not None
    assert second is not None
    assert methods[0].id != methods[1].id
    assert first.fingerprint == second.fingerprint
    assert (first.brand, first.last4, first.exp_year > dt.datetime.now(dt.UTC).year) == ("visa", "4242", True)


def test_a_detached_card_is_spent(shop: Shop) -> None:
    customer = shop.customer()
    method = shop.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    assert shop.v1.payment_methods.detach(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.v1.payment_methods.attach(method.id, params={"customer": customer.id})
    assert shop.event_types()[-2:] == ["payment_method.attached", "payment_method.detached"]


def test_a_raw_number_is_refused_in_the_words_of_stripe(shop: Shop) -> None:
    with pytest.raises(stripe.CardError, match="generally unsafe") as caught:
        create(shop, NUMBER)
    assert caught.value.error is not None
    assert (caught.value.http_status, caught.value.error.type) == (402, "invalid_request_error")
    assert caught.value.code is None


def test_an_account_may_be_allowed_raw_numbers(shop: Shop) -> None:
    shop.switch(raw_cards=True)
    method = create(shop, NUMBER)
    assert method.card is not None
    assert (method.card.last4, method.card.exp_month, method.card.exp_year) == ("4242", 11, 2044)
    declined = create(shop, {**NUMBER, "number": "4000000000000002"})
    with pytest.raises(stripe.CardError):
        shop.pay(declined.id)


@pytest.mark.parametrize(
    ("number", "code"), [("4242424242424241", "incorrect_number"), ("4111111111111111", "card_declined")]
)
def test_a_number_that_is_no_test_card_is_refused(shop: Shop, number: str, code: str) -> None:
    shop.switch(raw_cards=True)
    with pytest.raises(stripe.CardError) as caught:
        create(shop, {**NUMBER, "number": number})
    assert caught.value.code == code


def test_billing_details_are_kept_and_updated(shop: Shop) -> None:
    method = shop.v1.payment_methods.create(
        params={"type": "card", "card": {"token": "tok_visa"}, "billing_details": {"name": "Ada"}}
    )
    method = shop.v1.payment_methods.update(
        method.id, params={"billing_details": {"email": "ada@example.com"}, "card": {"exp_year": 2050}}
    )
    assert (method.billing_details.name, method.billing_details.email) == ("Ada", "ada@example.com")
    assert method.card is not None
    assert method.card.exp_year == 2050


def test_a_customer_is_made_found_changed_and_deleted(shop: Shop) -> None:
    customer = shop.customer(email="ada@example.com", name="Ada", payment_method="pm_card_visa")
    assert [one.id for one in shop.v1.customers.list(params={"email": "ada@example.com"}).data] == [customer.id]
    methods = shop.v1.payment_methods.list(params={"customer": customer.id, "type": "card"}).data
    found = shop.v1.customers.payment_methods.retrieve(customer.id, methods[0].id)
    shop.v1.customers.update(customer.id, params={"invoice_settings": {"default_payment_method": found.id}})
    assert shop.v1.customers.delete(customer.id).deleted
    assert shop.v1.customers.retrieve(customer.id).deleted
    assert shop.v1.customers.list().data == []
    assert shop.event_types()[-2:] == ["payment_method.detached", "customer.deleted"]


def test_a_card_is_attached_once(shop: Shop) -> None:
    customer = shop.customer()
    method = shop.v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        shop.v1.payment_methods.attach(method.id, params={"customer": customer.id})
    shop.v1.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError, match="detachment is impossible"):
        shop.v1.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.customers.payment_methods.retrieve(customer.id, method.id)


@pytest.mark.parametrize("card", [None, {"token": "tok_nothing"}])
def test_a_method_needs_a_card(shop: Shop, card: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.payment_methods.create(params={"type": "card", **({"card": card} if card else {})})


def test_the_source_of_a_customer_is_chosen(shop: Shop) -> None:
    customer = shop.customer(source="tok_visa")
    other = shop.v1.payment_methods.attach("pm_card_mastercard", params={"customer": customer.id})
    changed = shop.v1.customers.update(customer.id, params={"default_source": other.id})
    assert changed.default_source == other.id
