from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.simulator.shop import Shop

NUMBER: Any = {"number": "4242424242424242", "exp_month": 11, "exp_year": 2044, "cvc": "123"}


def test_a_token_is_charged_the_old_way(shop: Shop) -> None:
    charge = shop.v1.charges.create(params={"amount": 700, "currency": "usd", "source": "tok_visa"})
    assert (charge.paid, charge.captured, charge.payment_intent) == (True, True, None)
    assert str(charge.payment_method).startswith("card_")


def test_a_declined_charge_names_the_charge(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.v1.charges.create(params={"amount": 700, "currency": "usd", "source": "tok_chargeDeclined"})
    assert caught.value.error is not None
    assert shop.v1.charges.retrieve(str(caught.value.error.charge)).status == "failed"


def test_a_customer_is_charged_by_the_saved_source(shop: Shop) -> None:
    customer = shop.customer(source="tok_mastercard")
    charge = shop.v1.charges.create(params={"amount": 700, "currency": "usd", "customer": customer.id})
    assert charge.payment_method == customer.default_source
    with pytest.raises(stripe.InvalidRequestError, match="no active card"):
        shop.v1.charges.create(params={"amount": 700, "currency": "usd", "customer": shop.customer().id})


def test_a_charge_is_authorized_then_captured_or_expires(shop: Shop) -> None:
    held: Any = {"amount": 700, "currency": "usd", "source": "tok_visa", "capture": False}
    first, second = shop.v1.charges.create(params=held), shop.v1.charges.create(params=held)
    taken = shop.v1.charges.capture(first.id, params={"amount": 500})
    assert (taken.captured, taken.amount_captured, taken.amount_refunded) == (True, 500, 0)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.charges.capture(first.id)
    assert caught.value.code == "charge_already_captured"
    shop.core.clock.advance(8 * 86_400)
    expired = shop.v1.charges.retrieve(second.id)
    assert (expired.captured, expired.refunded, expired.amount_refunded) == (False, False, 0)


def test_a_token_of_a_number_is_made_only_where_it_is_allowed(shop: Shop) -> None:
    with pytest.raises(stripe.CardError, match="generally unsafe"):
        shop.v1.tokens.create(params={"card": NUMBER})
    shop.switch(raw_cards=True)
    token = shop.v1.tokens.create(params={"card": NUMBER})
    charge: Any = {"amount": 700, "currency": "usd", "source": token.id}
    assert shop.v1.charges.create(params=charge).paid
    with pytest.raises(stripe.InvalidRequestError, match="more than once"):
        shop.v1.charges.create(params=charge)


def test_an_old_client_may_still_send_the_number_itself(shop: Shop) -> None:
    shop.core.observers.clear()  # the description at hand no longer knows this form
    shop.switch(raw_cards=True)
    source = "source[object]=card&source[number]=4242424242424242&source[exp_month]=1&source[exp_year]=2044"
    headers = {"Authorization": "Bearer sk_test_northwind_1"}
    answer = shop.core.handle("POST", "/v1/charges", headers, f"amount=700&currency=usd&{source}".encode())
    assert answer.json()["paid"] is True


def test_a_charge_takes_notes(shop: Shop) -> None:
    intent = shop.pay()
    charge = shop.v1.charges.update(str(intent.latest_charge), params={"description": "Lamp", "metadata": {"a": "1"}})
    assert (charge.description, charge.metadata.to_dict()) == ("Lamp", {"a": "1"})
    assert shop.event_types()[-1] == "charge.updated"
