"""Confirmation tokens: docs.stripe.com/api/confirmation_tokens."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.simulator.shop import NO_REDIRECTS, Shop

RETURN = "https://shop.example/done"


def token(shop: Shop, card: str = "pm_card_visa", **params: Any) -> stripe.ConfirmationToken:
    asked: Any = {"payment_method": card, **params}
    return shop.v1.test_helpers.confirmation_tokens.create(params=asked)


def pay(shop: Shop, made: stripe.ConfirmationToken, **params: Any) -> stripe.PaymentIntent:
    asked: Any = {
        "amount": 900,
        "currency": "usd",
        "confirm": True,
        "confirmation_token": made.id,
        "automatic_payment_methods": NO_REDIRECTS,
        **params,
    }
    return shop.v1.payment_intents.create(params=asked)


def test_a_token_says_afterwards_which_payment_it_confirmed(shop: Shop) -> None:
    made = token(shop)
    assert (made.payment_intent, made.setup_intent, made.use_stripe_sdk) == (None, None, True)
    intent = pay(shop, made)
    assert shop.v1.confirmation_tokens.retrieve(made.id).payment_intent == intent.id


def test_a_token_says_afterwards_which_card_it_saved(shop: Shop) -> None:
    made, customer = token(shop), shop.customer()
    asked: Any = {"confirm": True, "confirmation_token": made.id, "customer": customer.id}
    intent = shop.v1.setup_intents.create(params=asked)
    assert intent.status == "succeeded"
    assert shop.v1.confirmation_tokens.retrieve(made.id).setup_intent == intent.id
    assert len(shop.v1.customers.payment_methods.list(customer.id).data) == 1


def test_a_tokens_challenge_is_for_the_script_although_there_is_an_address_to_come_back_to(shop: Shop) -> None:
    intent = pay(shop, token(shop, "pm_card_threeDSecure2Required"), return_url=RETURN)
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


def test_the_request_decides_where_it_and_the_token_differ(shop: Shop) -> None:
    made = token(shop, "pm_card_threeDSecure2Required", return_url="https://token.example/")
    intent = pay(shop, made, return_url=RETURN, use_stripe_sdk=False)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == RETURN


def test_a_saved_cards_challenge_is_for_the_script_where_that_is_asked(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired", return_url=RETURN, use_stripe_sdk=True)
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


def test_a_token_needs_a_request_that_confirms(shop: Shop) -> None:
    made = token(shop)
    with pytest.raises(stripe.InvalidRequestError, match="confirm"):
        pay(shop, made, confirm=False)
    assert pay(shop, made).status == "succeeded"


def test_a_declined_token_is_used_and_one_that_was_refused_is_not(shop: Shop) -> None:
    made = token(shop, "pm_card_visa_chargeDeclined")
    with pytest.raises(stripe.InvalidRequestError):
        pay(shop, made, amount=1)
    with pytest.raises(stripe.CardError):
        pay(shop, made)
    with pytest.raises(stripe.InvalidRequestError, match="already been used"):
        pay(shop, made)


def test_the_challenges_page_has_a_secret_of_its_own(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired", return_url=RETURN)
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert str(intent.client_secret) not in str(intent.next_action.redirect_to_url.url)
    page = f"/_local/3ds/{intent.id}?client_secret={intent.client_secret}"
    assert shop.core.handle("POST", page, {}, b"outcome=complete").status == 404
