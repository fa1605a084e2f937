"""Cards that were typed into Stripe's own form: paid with by a token, kept, and asked about in the page."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import stripe

from gateways.processors.base import GatewayUnavailable, InvalidRequest, Outcome, Recipient, Saving
from gateways.processors.stripe_client import stripe_client
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.gateways.processors.conftest import Sent, Shop
from tests.local_stripe import confirm_in_page, confirmation_token

CHALLENGED = "pm_card_threeDSecure2Required"


@pytest.fixture
def customer(shop: Shop) -> str:
    return shop.create_customer(Recipient("Ada", "ada@mail.test"), label="7", key=f"{shop.secret_key}-customer")


def token(shop: Shop, card: str = "pm_card_visa") -> str:
    return confirmation_token(shop.secret_key, card)


def pay(shop: Shop, card: str = "pm_card_visa", **wish: Any) -> Any:
    asked = {"payment_method": "", "confirmation_token": token(shop, card), "in_page": True, **wish}
    request = shop.wish(**asked)
    return shop.charge(shop.prepare(request), key=request.our_key)


def kept(shop: Shop, customer: str) -> list[str]:
    return [one.id for one in stripe_client(shop.secret_key).v1.customers.payment_methods.list(customer).data]


# --- paying -----------------------------------------------------------------------------------------------------


def test_a_token_pays_and_nothing_else_is_sent_of_the_card(shop: Shop, sent: Sent) -> None:
    asked = token(shop)
    result = pay(shop, confirmation_token=asked)
    assert (result.outcome, result.card_last4, result.saved_card) == (Outcome.CAPTURED, "4242", None)
    assert sent.params()["confirmation_token"] == asked
    assert "payment_method" not in sent.params()
    assert "setup_future_usage" not in sent.params()


def test_a_declined_token_is_an_answer_like_any_other(shop: Shop) -> None:
    result = pay(shop, "pm_card_visa_chargeDeclinedInsufficientFunds")
    assert result.outcome is Outcome.DECLINED
    assert result.decline.code == "insufficient_funds"


def test_a_token_that_was_used_or_is_anothers_is_refused(shop: Shop) -> None:
    used = token(shop)
    pay(shop, confirmation_token=used)
    for one in (used, confirmation_token(f"sk_test_{uuid4().hex}_key", "pm_card_visa"), "ctoken_nobody"):
        with pytest.raises(InvalidRequest):
            pay(shop, confirmation_token=one)


def test_a_replay_after_a_lost_answer_uses_the_token_once(shop: Shop, local_stripe: LocalStripe) -> None:
    request = shop.wish(payment_method="", confirmation_token=token(shop), in_page=True)
    draft = shop.prepare(request)
    local_stripe.faults.add(Fault("reset", path="/v1/payment_intents", when="after"))
    with pytest.raises(GatewayUnavailable):
        shop.charge(draft, key=request.our_key)
    assert shop.charge(draft, key=request.our_key).outcome is Outcome.CAPTURED
    assert len(stripe_client(shop.secret_key).v1.payment_intents.list({}).data) == 1


def test_the_card_comes_back_where_it_was_to_be_kept(shop: Shop, customer: str, sent: Sent) -> None:
    result = pay(shop, customer_reference=customer, save_card=True)
    assert sent.params()["setup_future_usage"] == "off_session"
    assert result.saved_card.customer_reference == customer
    assert (result.saved_card.brand, result.saved_card.last4) == ("visa", "4242")
    assert kept(shop, customer) == [result.saved_card.reference]
    assert shop.fetch(result.reference).saved_card == result.saved_card
    again = shop.wish(payment_method=result.saved_card.reference, customer_reference=customer, off_session=True)
    assert shop.charge(shop.prepare(again), key=again.our_key).outcome is Outcome.CAPTURED


def test_a_declined_card_is_not_kept(shop: Shop, customer: str) -> None:
    result = pay(shop, "pm_card_visa_chargeDeclined", customer_reference=customer, save_card=True)
    assert (result.saved_card, kept(shop, customer)) == (None, [])


def test_a_held_payments_card_is_kept_as_well(shop: Shop, customer: str) -> None:
    request = shop.wish(
        payment_method="", confirmation_token=token(shop), customer_reference=customer, save_card=True, capture=False
    )
    result = shop.authorize(shop.prepare(request), key=request.our_key)
    assert result.outcome is Outcome.AUTHORIZED
    assert result.saved_card is not None


# --- the bank's question ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("passed", [True, False])
def test_the_question_is_asked_in_the_page_by_a_secret_that_is_fetched(
    shop: Shop, local_stripe: LocalStripe, passed: bool
) -> None:
    waiting = pay(shop, CHALLENGED, return_url="https://midway.test/back")
    assert (waiting.outcome, waiting.action_url) == (Outcome.REQUIRES_ACTION, "")
    confirm_in_page(shop.secret_key, shop.client_secret(waiting.reference), passed=passed)
    after = shop.fetch(waiting.reference)
    assert after.outcome is (Outcome.CAPTURED if passed else Outcome.REQUIRES_ACTION)
    assert (after.decline is None) == passed


@pytest.mark.parametrize("in_page", [True, False])
def test_who_did_not_confirm_is_asked_again_about_the_same_card_and_pays_once(shop: Shop, in_page: bool) -> None:
    waiting = pay(shop, CHALLENGED, return_url="https://midway.test/back")
    confirm_in_page(shop.secret_key, shop.client_secret(waiting.reference), passed=False)
    again = shop.ask_again(waiting.reference, key="ask-2", in_page=in_page, return_url="https://midway.test/back")
    assert (again.outcome, again.decline, bool(again.action_url)) == (Outcome.REQUIRES_ACTION, None, not in_page)
    assert shop.ask_again(waiting.reference, key="ask-3", in_page=in_page).reference == waiting.reference
    confirm_in_page(shop.secret_key, shop.client_secret(waiting.reference), passed=True)
    assert shop.fetch(waiting.reference).outcome is Outcome.CAPTURED
    assert shop.ask_again(waiting.reference, key="ask-4", in_page=in_page).outcome is Outcome.CAPTURED
    assert len(stripe_client(shop.secret_key).v1.charges.list({}).data) == 1


def test_where_the_page_cannot_ask_the_customer_is_sent_to_the_bank(shop: Shop) -> None:
    waiting = pay(shop, CHALLENGED, in_page=False, return_url="https://midway.test/back")
    assert waiting.action_url.startswith("http")
    assert "_secret_" not in waiting.action_url.replace("src_client_secret_", "")


def test_a_saved_cards_question_is_asked_in_the_page_too(shop: Shop, customer: str) -> None:
    card = stripe_client(shop.secret_key).v1.payment_methods.attach(CHALLENGED, {"customer": customer}).id
    wish = shop.wish(payment_method=card, customer_reference=customer, in_page=True, return_url="https://midway.test/")
    assert shop.charge(shop.prepare(wish), key=wish.our_key).action_url == ""


def test_a_client_secret_of_nobody_is_refused(shop: Shop) -> None:
    for reference in ("pi_nobody", "seti_nobody"):
        with pytest.raises(InvalidRequest):
            shop.client_secret(reference)


@pytest.fixture
def talkative() -> Iterator[None]:
    logger = logging.getLogger("stripe")
    before, logger.level = logger.level, logging.DEBUG
    yield
    logger.setLevel(before)


def test_a_client_secret_is_in_no_log_even_at_debug_level(
    shop: Shop, talkative: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    waiting = pay(shop, CHALLENGED)
    secret = shop.client_secret(waiting.reference)
    assert secret.startswith(f"{waiting.reference}_secret_")
    assert secret not in caplog.text
    assert secret not in repr(waiting)


# --- keeping a card without a payment ---------------------------------------------------------------------------


def test_a_card_is_kept_without_a_charge(shop: Shop, customer: str, sent: Sent) -> None:
    asked = token(shop)
    result = shop.save_from_token(asked, customer, key="keep")
    assert sent.params() == {
        "confirmation_token": asked,
        "customer": customer,
        "confirm": "true",
        "usage": "off_session",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "expand[0]": "payment_method",
        "use_stripe_sdk": "true",
    }
    assert (result.outcome, result.customer_reference, result.livemode) == (Saving.SAVED, customer, False)
    assert result.card is not None
    assert kept(shop, customer) == [result.card.reference]
    assert shop.fetch_saving(result.reference) == result
    assert stripe_client(shop.secret_key).v1.charges.list({}).data == []


@pytest.mark.parametrize("passed", [True, False])
def test_a_card_whose_holder_must_confirm_is_kept_once_they_did(
    shop: Shop, customer: str, local_stripe: LocalStripe, passed: bool
) -> None:
    waiting = shop.save_from_token(token(shop, CHALLENGED), customer, key="keep-3ds", return_url="https://midway.test/")
    assert (waiting.outcome, waiting.card, waiting.action_url) == (Saving.REQUIRES_ACTION, None, "")
    confirm_in_page(shop.secret_key, shop.client_secret(waiting.reference), passed=passed)
    after = shop.fetch_saving(waiting.reference)
    if passed:
        assert after.outcome is Saving.SAVED
        assert after.card is not None
    else:
        assert after.decline is not None
        assert (after.outcome, after.decline.code) == (Saving.DECLINED, "setup_intent_authentication_failure")
        assert "did not confirm" in after.decline.message
    assert len(kept(shop, customer)) == int(passed)


def test_a_card_that_is_refused_says_why_and_is_not_kept(shop: Shop, customer: str) -> None:
    result = shop.save_from_token(token(shop, "pm_card_chargeDeclinedExpiredCard"), customer, key="keep-expired")
    assert result.outcome is Saving.DECLINED
    assert result.decline is not None
    assert (result.decline.code, result.decline.hard) == ("expired_card", True)
    assert kept(shop, customer) == []


def test_a_card_is_kept_once_however_often_the_form_is_sent(
    shop: Shop, customer: str, local_stripe: LocalStripe
) -> None:
    asked = token(shop)
    local_stripe.faults.add(Fault("reset", path="/v1/setup_intents", when="after"))
    with pytest.raises(GatewayUnavailable):
        shop.save_from_token(asked, customer, key="keep-once")
    first, second = (shop.save_from_token(asked, customer, key="keep-once") for _ in range(2))
    assert first == second
    assert len(kept(shop, customer)) == 1


def test_a_used_token_keeps_nothing(shop: Shop, customer: str) -> None:
    used = token(shop)
    pay(shop, confirmation_token=used)
    with pytest.raises(InvalidRequest, match="already been used"):
        shop.save_from_token(used, customer, key="keep-used")


def test_a_raw_error_of_stripe_never_reaches_the_caller(shop: Shop) -> None:
    with pytest.raises(InvalidRequest) as caught:
        shop.save_from_token(token(shop), "cus_nobody", key="keep-nobody")
    assert isinstance(caught.value.__cause__, stripe.InvalidRequestError)
