from __future__ import annotations

import pytest
import stripe

from simulator.cards import CARDS, by_name, passes_luhn
from tests.simulator.shop import Shop

DECLINES = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
    ("pm_card_chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "try_again_later"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card", "do_not_try_again"),
    ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", "do_not_try_again"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded", "try_again_later"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card", "do_not_try_again"),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error", "try_again_later"),
    ("pm_card_chargeCustomerFail", "card_declined", "generic_decline", "try_again_later"),
    ("pm_card_radarBlock", "card_declined", "fraudulent", "do_not_try_again"),
]


def declined(shop: Shop, card: str) -> stripe.ErrorObject:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay(card)
    assert caught.value.error is not None
    return caught.value.error


@pytest.mark.parametrize(("card", "code", "decline_code", "advice"), DECLINES)
def test_a_declining_card_says_why(shop: Shop, card: str, code: str, decline_code: str, advice: str) -> None:
    error = declined(shop, card)
    assert (error.type, error.code, error.decline_code) == ("card_error", code, decline_code)
    assert error.advice_code == advice


def test_a_decline_leaves_an_intent_and_a_failed_charge(shop: Shop) -> None:
    error = declined(shop, "pm_card_visa_chargeDeclined")
    assert error.payment_intent is not None
    intent = shop.v1.payment_intents.retrieve(error.payment_intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.payment_method is not None
    charge = shop.charge_of(intent)
    assert (charge.id, charge.status, charge.paid) == (error.charge, "failed", False)
    assert charge.outcome is not None
    assert charge.outcome.type == "issuer_declined"
    assert shop.event_types() == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_the_same_intent_may_be_paid_with_another_card(shop: Shop) -> None:
    error = declined(shop, "pm_card_visa_chargeDeclined")
    assert error.payment_intent is not None
    intent = shop.v1.payment_intents.confirm(error.payment_intent.id, params={"payment_method": "pm_card_visa"})
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert len(shop.v1.charges.list(params={"payment_intent": intent.id}).data) == 2


def test_a_declining_card_is_declined_when_it_is_saved(shop: Shop) -> None:
    customer = shop.customer()
    with pytest.raises(stripe.CardError):
        shop.v1.payment_methods.attach("pm_card_visa_chargeDeclined", params={"customer": customer.id})
    method = shop.v1.payment_methods.attach("pm_card_chargeCustomerFail", params={"customer": customer.id})
    with pytest.raises(stripe.CardError):
        shop.pay(method.id, customer=customer.id, off_session=True)
    assert shop.v1.payment_methods.retrieve(method.id).customer == customer.id


def test_a_blocked_payment_never_reached_the_bank(shop: Shop) -> None:
    error = declined(shop, "pm_card_radarBlock")
    charge = shop.v1.charges.retrieve(str(error.charge))
    assert charge.outcome is not None
    assert (charge.outcome.type, charge.outcome.network_status) == ("blocked", "not_sent_to_network")


def test_every_test_card_is_a_card_number() -> None:
    assert all(passes_luhn(card.number) for card in CARDS)
    assert len({card.number for card in CARDS}) == len({card.name for card in CARDS}) == len(CARDS)
    assert by_name("nothing") is None
