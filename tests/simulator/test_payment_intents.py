from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.simulator.shop import NO_REDIRECTS, Shop

DAY = 86_400


def test_a_payment_takes_the_money_and_books_the_fee(shop: Shop) -> None:
    intent = shop.pay(amount=1999, statement_descriptor_suffix="ORDER 7", expand=["latest_charge.balance_transaction"])
    assert (intent.status, intent.amount_received) == ("succeeded", 1999)
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.calculated_statement_descriptor == "NORTHWIND* ORDER 7"
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (88, 1911)  # 57.971 rounded, and 30
    assert shop.event_types() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_an_intent_goes_through_its_states_by_hand(shop: Shop) -> None:
    intent = shop.v1.payment_intents.create(params={"amount": 500, "currency": "eur"})
    assert intent.status == "requires_payment_method"
    intent = shop.v1.payment_intents.update(intent.id, params={"payment_method": "pm_card_visa", "amount": 700})
    assert (intent.status, intent.amount) == ("requires_confirmation", 700)
    intent = shop.v1.payment_intents.confirm(intent.id, params={"return_url": "https://shop.example/done"})
    assert (intent.status, intent.amount_received) == ("succeeded", 700)
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as caught:
        shop.v1.payment_intents.confirm(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_without_a_payment_method_there_is_nothing_to_confirm(shop: Shop) -> None:
    intent = shop.v1.payment_intents.create(params={"amount": 500, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        shop.v1.payment_intents.confirm(intent.id)


def test_held_funds_are_captured_in_part_and_the_rest_released(shop: Shop) -> None:
    intent = shop.pay(amount=1000, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1000)
    held = shop.charge_of(intent)
    assert (held.captured, held.balance_transaction) == (False, None)
    assert held.payment_method_details is not None
    assert held.payment_method_details.card is not None
    assert held.payment_method_details.card.capture_before == held.created + 7 * DAY
    intent = shop.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 600})
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 600, 0)
    taken = shop.charge_of(intent)
    assert (taken.captured, taken.amount_captured, taken.amount_refunded, taken.refunded) == (True, 600, 0, False)


def test_more_than_was_held_cannot_be_captured(shop: Shop) -> None:
    intent = shop.pay(amount=1000, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 1001})
    assert caught.value.code == "amount_too_large"


def test_what_was_captured_is_not_captured_again(shop: Shop) -> None:
    intent = shop.pay()
    with pytest.raises(stripe.InvalidRequestError, match="could not be captured") as caught:
        shop.v1.payment_intents.capture(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_canceling_gives_held_funds_back(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual")
    intent = shop.v1.payment_intents.cancel(intent.id, params={"cancellation_reason": "requested_by_customer"})
    assert (intent.status, intent.cancellation_reason) == ("canceled", "requested_by_customer")
    charge = shop.charge_of(intent)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (0, 0, False)
    assert shop.v1.balance_transactions.list().data == []
    assert shop.v1.refunds.list().data == []
    assert shop.event_types()[-1] == "payment_intent.canceled"


def test_what_has_succeeded_cannot_be_canceled(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="You cannot cancel this PaymentIntent"):
        shop.v1.payment_intents.cancel(shop.pay().id)


def test_a_hold_expires_after_seven_days(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual")
    shop.core.clock.advance(7 * DAY - 5)
    assert shop.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    shop.core.clock.advance(6)
    expired = shop.v1.payment_intents.retrieve(intent.id)
    assert (expired.status, expired.cancellation_reason) == ("canceled", "expired")
    assert "charge.expired" in shop.event_types()
    assert not shop.charge_of(intent).refunded


def test_a_confirmation_token_pays_once(shop: Shop) -> None:
    token = shop.v1.test_helpers.confirmation_tokens.create(
        params={"payment_method": "pm_card_mastercard", "return_url": "https://shop.example/done"}
    )
    asked = {"amount": 900, "currency": "usd", "confirm": True, "confirmation_token": token.id}
    intent = shop.v1.payment_intents.create(params=asked)  # type: ignore[arg-type]
    assert intent.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="already been used"):
        shop.v1.payment_intents.create(params=asked)  # type: ignore[arg-type]


def test_a_new_card_serves_once_unless_it_is_saved(shop: Shop) -> None:
    intent = shop.pay()
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        shop.pay(str(intent.payment_method))
    customer = shop.customer()
    saved = shop.pay(customer=customer.id, setup_future_usage="off_session")
    again = shop.pay(str(saved.payment_method), customer=customer.id, off_session=True)
    assert again.status == "succeeded"
    assert [one.id for one in shop.v1.customers.payment_methods.list(customer.id).data] == [saved.payment_method]


def test_a_card_serves_its_own_customer_alone(shop: Shop) -> None:
    owner, other = shop.customer(), shop.customer()
    method = shop.v1.payment_methods.attach("pm_card_visa", params={"customer": owner.id})
    with pytest.raises(stripe.InvalidRequestError, match="Please include the Customer"):
        shop.pay(method.id)
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a different Customer"):
        shop.pay(method.id, customer=other.id)


def test_all_that_was_said_of_the_payment_is_kept(shop: Shop) -> None:
    said: dict[str, Any] = {
        "description": "Two lamps",
        "receipt_email": "ada@example.com",
        "metadata": {"order": "7"},
        "shipping": {"name": "Ada", "address": {"line1": "1 High Street", "country": "GB"}},
        "radar_options": {"session": "rse_1"},
    }
    charge = shop.charge_of(shop.pay(**said))
    assert (charge.description, charge.receipt_email) == ("Two lamps", "ada@example.com")
    assert charge.metadata.to_dict() == {"order": "7"}
    assert charge.shipping is not None
    assert charge.shipping.name == "Ada"
    assert charge.radar_options is not None
    assert charge.radar_options.session == "rse_1"


def test_allowed_types_take_the_place_of_automatic_ones(shop: Shop) -> None:
    intent = shop.v1.payment_intents.create(
        params={
            "amount": 500,
            "currency": "usd",
            "allowed_payment_method_types": ["card"],
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )
    assert (intent.status, intent.automatic_payment_methods) == ("succeeded", None)


def test_the_balance_may_be_booked_later(shop: Shop) -> None:
    shop.switch(late_balance=True)
    intent = shop.pay()
    assert shop.charge_of(intent).balance_transaction is None
    shop.core.clock.advance(6)
    assert shop.charge_of(intent).balance_transaction is not None
    assert shop.event_types()[-1] == "charge.updated"


def test_the_secret_must_fit_its_intent(shop: Shop) -> None:
    intent = shop.pay(automatic_payment_methods=NO_REDIRECTS)
    with pytest.raises(stripe.InvalidRequestError, match="client_secret"):
        shop.v1.payment_intents.retrieve(intent.id, params={"client_secret": "pi_x_secret_y"})


def test_what_has_succeeded_changes_in_its_notes_only(shop: Shop) -> None:
    intent = shop.pay()
    assert shop.v1.payment_intents.update(intent.id, params={"description": "Lamp"}).description == "Lamp"
    with pytest.raises(stripe.InvalidRequestError, match="could not be updated"):
        shop.v1.payment_intents.update(intent.id, params={"amount": 900})


def test_an_intent_keeps_its_customer(shop: Shop) -> None:
    intent = shop.v1.payment_intents.create(params={"amount": 500, "currency": "usd", "customer": shop.customer().id})
    with pytest.raises(stripe.InvalidRequestError, match="You cannot modify `customer`"):
        shop.v1.payment_intents.update(intent.id, params={"customer": shop.customer().id})


def test_a_canceled_intent_is_not_confirmed(shop: Shop) -> None:
    intent = shop.v1.payment_intents.create(params={"amount": 500, "currency": "usd"})
    shop.v1.payment_intents.cancel(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        shop.v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"})


def test_the_amount_to_confirm_must_be_the_amount(shop: Shop) -> None:
    intent = shop.v1.payment_intents.create(params={"amount": 500, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="amount_to_confirm"):
        shop.v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa", "amount_to_confirm": 501})


def test_the_suffix_may_be_given_at_capture(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual", statement_descriptor_suffix="ORDER 1")
    shop.v1.payment_intents.capture(intent.id, params={"statement_descriptor_suffix": "PARCEL 2"})
    assert shop.charge_of(intent).calculated_statement_descriptor == "NORTHWIND* PARCEL 2"
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.payment_intents.capture(intent.id, params={"statement_descriptor": "SHOP"})


def test_a_confirmation_token_carries_the_wish_to_save_and_expires(shop: Shop) -> None:
    data: Any = {"type": "card", "card": {"token": "tok_visa"}}
    tokens = [
        shop.v1.test_helpers.confirmation_tokens.create(
            params={
                "payment_method_data": data,
                "setup_future_usage": "off_session",
                "return_url": "https://s.example/",
            }
        )
        for _ in range(2)
    ]
    customer = shop.customer()
    asked: Any = {"amount": 900, "currency": "usd", "confirm": True, "customer": customer.id}
    intent = shop.v1.payment_intents.create(params=asked | {"confirmation_token": tokens[0].id})
    assert [one.id for one in shop.v1.customers.payment_methods.list(customer.id).data] == [intent.payment_method]
    shop.core.clock.advance(13 * 3600)
    with pytest.raises(stripe.InvalidRequestError, match="has expired"):
        shop.v1.payment_intents.create(params=asked | {"confirmation_token": tokens[1].id})
