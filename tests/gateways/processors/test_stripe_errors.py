"""Each of Stripe's errors is one of our three, by a closed table that is held against the SDK and the local Stripe."""

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from gateways.processors import declines
from gateways.processors.base import GatewayMisconfigured, GatewayUnavailable, InvalidRequest, ProcessorError
from gateways.processors.stripe_client import stripe_client
from gateways.processors.stripe_errors import BY_CLASS, RAW_CARD_REFUSED, translate, translated
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.gateways.processors.conftest import Shop, switch

CREATE = "/v1/payment_intents"
NO_ANSWER = "Stripe did not answer, or asked us to wait. The outcome is being settled."

NEVER_MET = {
    "StripeErrorWithParamCode",  # abstract
    "SignatureVerificationError",  # raised by the webhook verifier alone, which turns it into BadSignature
    # The rest come from /v2 endpoints only, and Midway calls none of them.
    "AlreadyCanceledError",
    "BlockedByStripeError",
    "CannotProceedError",
    "CapabilityNotEnabledError",
    "ControlledByAlternateResourceError",
    "FeatureNotEnabledError",
    "FinancialAccountNotOpenError",
    "FxQuoteNeedsRefreshError",
    "InsufficientFundsError",
    "InvalidPaymentMethodError",
    "InvalidPayoutMethodError",
    "InvalidVaultedCredentialError",
    "NotCancelableError",
    "QuotaExceededError",
    "RecipientNotNotifiableError",
    "TemporarySessionExpiredError",
    "VerificationAttemptFailedError",
    "VerificationExpiredError",
    "VerificationNotInitiatedError",
}


def subclasses(of: type[stripe.StripeError]) -> Iterator[type[stripe.StripeError]]:
    for each in of.__subclasses__():
        if hasattr(stripe, each.__name__):
            yield each
        yield from subclasses(each)


def failure(call: Callable[[], object]) -> ProcessorError:
    with pytest.raises(ProcessorError) as caught:
        call()
    return caught.value


def charge(shop: Shop, key: str = "order-1-charge", **wish: Any) -> object:
    return shop.charge(shop.prepare(shop.wish(**{"our_key": key, **wish})), key=f"{shop.secret_key}-{key}")


def test_every_error_of_the_sdk_is_in_the_table_or_cannot_be_met() -> None:
    known = {each.__name__ for each in BY_CLASS}
    assert {each.__name__ for each in subclasses(stripe.StripeError)} == known | NEVER_MET
    assert not known & NEVER_MET


def test_a_new_error_of_the_sdk_is_raised_as_it_is() -> None:
    class Novel(stripe.StripeError):
        """Of a later SDK."""

    class Finer(stripe.InvalidRequestError):
        """A subclass of one that we know: its meaning may be another."""

    news: list[stripe.StripeError] = [Novel("what is this"), Finer("and this", "param")]  # type: ignore[no-untyped-call]
    for error in news:
        assert translate(error) is None
        with pytest.raises(stripe.StripeError) as caught, translated():
            raise error
        assert caught.value is error


def test_errors_that_are_not_stripes_pass() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


@pytest.mark.parametrize("key", ["sk_bogus", "sk_live_notHere1", "pk_test_shop_1", "rk_live_notHere1"])
def test_401_a_key_that_stripe_does_not_know(key: str) -> None:
    error = failure(Shop(secret_key=key).account)
    assert type(error) is GatewayMisconfigured
    assert error.message.startswith("Stripe refuses this gateway's key or account: ")
    assert error.request_id.startswith("req_")


def test_401_a_key_that_was_revoked(local_stripe: LocalStripe, shop: Shop) -> None:
    revoked = local_stripe.store.setting("revoked", [])
    local_stripe.store.keep_setting("revoked", [*revoked, shop.secret_key])
    error = failure(shop.account)
    assert (type(error), error.code) == (GatewayMisconfigured, "api_key_expired")


def test_403_a_connected_account_that_the_key_may_not_open(shop: Shop) -> None:
    error = failure(Shop(secret_key=shop.secret_key, stripe_account="acct_1").account)
    assert (type(error), error.code) == (GatewayMisconfigured, "account_invalid")


def test_400_what_is_asked_cannot_be(shop: Shop) -> None:
    error = failure(lambda: charge(shop, amount=49))
    assert (type(error), error.code, error.param) == (InvalidRequest, "amount_too_small", "amount")
    assert error.message == "Stripe refuses the request: Amount must be at least $0.50 usd"


def test_400_an_account_that_takes_no_money_is_no_fault_of_the_request(local_stripe: LocalStripe, shop: Shop) -> None:
    switch(local_stripe, shop, charges_enabled=False)
    error = failure(lambda: charge(shop))
    assert (type(error), error.code) == (GatewayMisconfigured, "testmode_charges_only")


def test_404_a_payment_that_stripe_does_not_have(shop: Shop) -> None:
    error = failure(lambda: shop.fetch("pi_nobodys"))
    assert (type(error), error.code) == (InvalidRequest, "resource_missing")


def test_400_a_key_that_was_used_for_another_request(shop: Shop) -> None:
    charge(shop)
    error = failure(lambda: charge(shop, amount=4999))
    assert type(error) is InvalidRequest
    assert "same parameters they were first used with" in error.message


def test_409_a_key_that_is_still_in_flight(local_stripe: LocalStripe, shop: Shop) -> None:
    account = shop.account().reference
    with local_stripe._idempotency.claim(account, f"{shop.secret_key}-order-1-charge"):
        error = failure(lambda: charge(shop))
    assert (type(error), error.code, error.message) == (GatewayUnavailable, "idempotency_key_in_use", NO_ANSWER)


def test_402_a_raw_card_number_is_a_refused_request_and_no_decline(shop: Shop) -> None:
    def send_a_number() -> None:
        card: Any = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2031, "cvc": "123"}
        with translated():
            stripe_client(shop.secret_key).v1.tokens.create({"card": card})

    error = failure(send_a_number)
    assert type(error) is InvalidRequest
    assert type(error.__cause__) is stripe.CardError
    assert str(error.__cause__.user_message).startswith(RAW_CARD_REFUSED)
    assert "4242" not in error.message


@pytest.mark.parametrize("code", ["rate_limit", "lock_timeout"])
def test_429_means_come_back_later(local_stripe: LocalStripe, shop: Shop, code: str) -> None:
    local_stripe.faults.add(Fault("rate_limit", path=CREATE, code=code))
    error = failure(lambda: charge(shop))
    assert (type(error), error.code, error.message) == (GatewayUnavailable, code, NO_ANSWER)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error"},
        {"kind": "reset"},
        {"kind": "timeout"},
        {"kind": "malformed"},
        {"kind": "malformed", "status": 503},
        {"kind": "malformed", "status": 200},
        {"kind": "malformed", "status": 200, "body": ""},
        {"kind": "malformed", "status": 200, "body": '{"id": "pi_1"'},
    ],
    ids=str,
)
def test_silence_is_unknown_and_the_same_key_charges_once(
    local_stripe: LocalStripe, shop: Shop, fault: dict[str, Any], when: Any
) -> None:
    local_stripe.faults.add(Fault(**fault, when=when, path=CREATE))
    error = failure(lambda: charge(shop))
    assert (type(error), error.message) == (GatewayUnavailable, NO_ANSWER)
    charge(shop)
    listed = stripe_client(shop.secret_key).v1.payment_intents.list()
    assert [intent.status for intent in listed.data] == ["succeeded"]


def test_no_error_tells_the_key(local_stripe: LocalStripe, shop: Shop) -> None:
    secret = shop.secret_key
    for number, kind in enumerate(("error", "reset", "timeout", "rate_limit", "malformed"), start=1):
        local_stripe.faults.add(Fault(kind=kind, path=CREATE, nth=number))  # type: ignore[arg-type]
    errors = [failure(lambda: charge(shop)) for _ in range(5)]
    errors += [failure(Shop(secret_key=secret.replace("test", "live")).account), failure(lambda: shop.fetch("pi_0"))]
    for error in errors:
        told = [str(error), repr(error), str(error.args), str(vars(error)), *traceback.format_exception(error)]
        assert not any(secret in text or secret.replace("test", "live") in text for text in told)


@pytest.mark.parametrize(
    ("card", "code", "hard", "advice"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline", False, "try_again_later"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds", False, "try_again_later"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card", True, "do_not_try_again"),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card", True, "do_not_try_again"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded", False, "try_again_later"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", True, "do_not_try_again"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", False, "confirm_card_data"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", False, "try_again_later"),
        ("pm_card_radarBlock", "fraudulent", True, "do_not_try_again"),
    ],
)
def test_a_declined_card_is_a_value_with_the_issuers_code(
    shop: Shop, card: str, code: str, hard: bool, advice: str
) -> None:
    result = shop.charge(shop.prepare(shop.wish(payment_method=card)), key=f"{shop.secret_key}-{card}")
    told = result.decline
    assert told is not None
    assert (result.outcome, told.code, told.hard, told.advice) == ("declined", code, hard, advice)
    assert told.message == (declines.HARD | declines.SOFT)[code]
    assert shop.fetch(result.reference).decline == told


@pytest.mark.parametrize("code", sorted(declines.HARD | declines.SOFT))
def test_every_code_is_told_in_words_with_a_remedy(code: str) -> None:
    told = declines.decline(code, message="Stripe's own words")
    reason, _, remedy = told.message.partition(". ")
    assert reason[0].isupper()
    assert remedy.startswith(("Ask ", "Try ", "Send ", "They can "))
    assert remedy.endswith(".")
    assert "_" not in told.message
    assert told.hard == (code in declines.HARD)


def test_no_code_is_both_hard_and_soft() -> None:
    assert not declines.HARD.keys() & declines.SOFT.keys()


def test_a_code_of_tomorrow_is_soft_and_told_in_stripes_words() -> None:
    told = declines.decline("moon_phase", message="Your card was declined at full moon.")
    assert (told.hard, told.message) == (False, "Your card was declined at full moon.")
    assert declines.decline("moon_phase").message == f"The bank declined the card. {declines.CALL_BANK}"


@pytest.mark.parametrize("code", ["generic_decline", "insufficient_funds", "moon_phase"])
def test_the_networks_advice_never_to_try_again_makes_any_decline_hard(code: str) -> None:
    assert declines.decline(code, advice="do_not_try_again").hard
    assert not declines.decline(code, advice="try_again_later").hard
