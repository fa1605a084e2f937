from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.simulator.shop import Shop


def set_up(shop: Shop, card: str, **params: Any) -> stripe.SetupIntent:
    asked: Any = {"payment_method": card, "confirm": True, **params}
    return shop.v1.setup_intents.create(params=asked)


def test_a_card_is_saved_for_later(shop: Shop) -> None:
    customer = shop.customer()
    intent = set_up(shop, "pm_card_visa", customer=customer.id)
    assert intent.status == "succeeded"
    assert shop.pay(str(intent.payment_method), customer=customer.id, off_session=True).status == "succeeded"
    assert "setup_intent.succeeded" in shop.event_types()


def test_a_declining_card_is_not_saved(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        set_up(shop, "pm_card_visa_chargeDeclined")
    assert caught.value.error is not None
    assert caught.value.error.setup_intent is not None
    assert caught.value.error.setup_intent.status == "requires_payment_method"
    assert shop.event_types()[-1] == "setup_intent.setup_failed"


def test_an_intent_is_confirmed_or_canceled_by_hand(shop: Shop) -> None:
    intent = shop.v1.setup_intents.create()
    assert intent.status == "requires_payment_method"
    done = shop.v1.setup_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    other = shop.v1.setup_intents.cancel(shop.v1.setup_intents.create().id)
    assert other.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.setup_intents.confirm(other.id, params={"payment_method": "pm_card_visa"})
    assert len(shop.v1.setup_intents.list().data) == 2
