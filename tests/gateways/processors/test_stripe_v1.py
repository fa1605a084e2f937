"""Stripe V1: a number becomes a reference at Stripe, and from there on all is as with V2."""

import traceback
from uuid import uuid4

import pytest
import stripe

from gateways.models import Gateway
from gateways.processors.base import (
    RAW_CARDS_REFUSED,
    ChargeRequest,
    GatewayMisconfigured,
    GatewayUnavailable,
    InvalidRequest,
    Outcome,
    ProcessorError,
    Switches,
)
from gateways.processors.raw_cards import RawCard
from gateways.processors.stripe_errors import RAW_CARD_REFUSED
from gateways.processors.stripe_v1 import StripeV1
from gateways.services import tokenize
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway
from tests.gateways.processors.conftest import Sent
from tests.legacy import VISA, make_v1_gateway

pytestmark = pytest.mark.django_db

METHODS = "/v1/payment_methods"


def card(number: str = VISA) -> RawCard:
    return RawCard(number, 4, 2039, "737")


@pytest.fixture
def gateway() -> Gateway:
    return make_v1_gateway()


@pytest.fixture
def processor(gateway: Gateway) -> StripeV1:
    return StripeV1(gateway.secret_key)


def wish(method: str, *, capture: bool = True) -> ChargeRequest:
    return ChargeRequest(
        str(uuid4()), 5000, "USD", method, capture, "Shop, SO-1", return_url="https://shop.test/", moto=True
    )


def refusal(processor: StripeV1, number: str = VISA) -> ProcessorError:
    with pytest.raises(ProcessorError) as caught:
        processor.tokenize(card(number))
    return caught.value


def test_a_number_becomes_a_reference_and_only_that_is_charged(processor: StripeV1, sent: Sent) -> None:
    reference = processor.tokenize(card())
    assert reference.startswith("pm_")
    draft = processor.prepare(wish(reference))
    result = processor.charge(draft, key="once-charge")
    assert (result.outcome, result.amount_captured, result.card_last4) == (Outcome.CAPTURED, 5000, "4242")
    with_number = [request.path for request in sent if VISA.encode() in request.body]
    assert with_number == [METHODS]
    assert VISA not in str(draft)


def test_making_a_reference_charges_nothing(processor: StripeV1, sent: Sent) -> None:
    processor.tokenize(card())
    assert [request.path for request in sent] == [METHODS]


def test_the_same_draft_and_key_charge_once(processor: StripeV1) -> None:
    draft = processor.prepare(wish(processor.tokenize(card())))
    assert processor.charge(draft, key="k1").reference == processor.charge(draft, key="k1").reference


def test_authorize_capture_refund_fetch_and_find_are_those_of_stripe(processor: StripeV1) -> None:
    request = wish(processor.tokenize(card()), capture=False)
    held = processor.authorize(processor.prepare(request), key="h1")
    assert held.outcome is Outcome.AUTHORIZED
    taken = processor.capture(held.reference, 4000, key="h1-capture")
    assert taken.amount_captured == 4000
    assert processor.refund(held.reference, 1000, key="h1-refund").status == "succeeded"
    assert processor.fetch(held.reference).amount_refunded == 1000


def test_a_hold_is_released(processor: StripeV1) -> None:
    held = processor.authorize(processor.prepare(wish(processor.tokenize(card()), capture=False)), key="v1")
    assert processor.void(held.reference, key="v1-void").outcome is Outcome.VOIDED


def test_v1_promises_no_authentication_so_that_a_card_which_wants_it_is_declined(processor: StripeV1) -> None:
    draft = processor.prepare(wish(processor.tokenize(card("4000000000003220"))))
    assert "return_url" not in draft
    assert draft["error_on_requires_action"] is True
    result = processor.charge(draft, key="3ds")
    assert result.outcome is Outcome.DECLINED
    assert result.decline is not None
    assert result.decline.code == "authentication_required"


def test_a_declined_card_is_a_decline(processor: StripeV1) -> None:
    result = processor.charge(processor.prepare(wish(processor.tokenize(card("4000000000009995")))), key="d")
    assert result.decline is not None
    assert result.decline.code == "insufficient_funds"


def test_its_switches_change_the_request() -> None:
    switches = Switches(send_product_name=True)
    request = ChargeRequest("k", 5000, "USD", "pm_1", capture=True, description="Shop", products=("Glow Serum",))
    assert StripeV1("sk_test_x_1", switches=switches).prepare(request)["description"] == "Shop: Glow Serum"


def test_an_account_that_may_not_send_numbers_is_told_what_it_lacks() -> None:
    error = refusal(StripeV1(make_v1_gateway(numbers=False).secret_key))
    assert type(error) is InvalidRequest
    assert error.code == RAW_CARDS_REFUSED
    assert RAW_CARD_REFUSED in error.message
    assert "Handle card information directly" in error.message


def test_a_wrong_number_is_told_in_words_with_its_field(processor: StripeV1) -> None:
    error = refusal(processor, "4242424242424241")
    assert (type(error), error.code, error.param) == (InvalidRequest, "incorrect_number", "number")
    assert error.message.startswith("The card number is wrong.")


@pytest.mark.parametrize("kind", ["error", "reset", "timeout", "rate_limit", "malformed"])
def test_silence_is_no_answer(processor: StripeV1, local_stripe: LocalStripe, kind: str) -> None:
    local_stripe.faults.add(Fault(kind=kind, path=METHODS))  # type: ignore[arg-type]
    assert type(refusal(processor)) is GatewayUnavailable


def test_a_refused_key_is_a_misconfigured_gateway() -> None:
    assert type(refusal(StripeV1("sk_live_nobody_1"))) is GatewayMisconfigured


@pytest.mark.parametrize("break_it", ["stripe", "code"])
def test_no_trace_of_an_error_leads_to_the_number(
    processor: StripeV1, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch, break_it: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    if break_it == "code":
        monkeypatch.setattr("simulator.adapter.LocalStripeAdapter.send", broken)
    else:
        local_stripe.faults.add(Fault(kind="timeout", path=METHODS))
    typed = card()
    with pytest.raises(ProcessorError) as caught:
        processor.tokenize(typed)
    error = caught.value
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert not any(word in "".join(told.format()) for word in (VISA, "737"))


def test_a_talkative_sdk_is_not_given_a_number(
    processor: StripeV1, monkeypatch: pytest.MonkeyPatch, sent: Sent
) -> None:
    monkeypatch.setattr(stripe, "log", "debug")
    assert "unset it" in refusal(processor).message
    assert sent == []


def test_its_secrets_are_in_no_repr() -> None:
    assert "hidden" not in repr(StripeV1("sk_test_hidden_1", ("whsec_hidden",)))


def test_a_v2_gateway_takes_no_numbers() -> None:
    with pytest.raises(InvalidRequest, match="takes no card numbers"):
        tokenize(make_gateway(), card())
