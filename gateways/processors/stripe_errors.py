"""Which of our three errors each of Stripe's is: a closed table; an error that it lacks is raised as it is.

docs.stripe.com/error-low-level and docs.stripe.com/error-codes; how stripe-python 16 names them was run, not read.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from gateways.processors.base import (
    RAW_CARDS_REFUSED,
    Decline,
    GatewayMisconfigured,
    GatewayUnavailable,
    InvalidRequest,
    ProcessorError,
)
from gateways.processors.declines import decline
from gateways.processors.stripe_client import forget_silences, was_silent

ACCOUNT_CODES = frozenset(
    {
        "account_closed",
        "account_invalid",
        "api_key_expired",
        "livemode_mismatch",
        "platform_api_key_expired",
        "secret_key_required",
        "testmode_charges_only",
    }
)

BY_CLASS: dict[type[stripe.StripeError], type[ProcessorError]] = {
    stripe.AuthenticationError: GatewayMisconfigured,
    stripe.PermissionError: GatewayMisconfigured,
    stripe.InvalidRequestError: InvalidRequest,
    stripe.IdempotencyError: InvalidRequest,
    stripe.CardError: InvalidRequest,  # a raw card number refused: declines are told apart before the table is asked
    stripe.RateLimitError: GatewayUnavailable,
    stripe.APIConnectionError: GatewayUnavailable,
    stripe.APIError: GatewayUnavailable,  # 5xx, an answer that is no JSON, and a key that is still in flight
}

SILENT = "Stripe did not answer, or asked us to wait. The outcome is being settled."
RAW_CARD_REFUSED = "Sending credit card numbers directly to the Stripe API is generally unsafe"
RAW_CARDS_IN_WORDS = (
    f"Stripe refuses the request: {RAW_CARD_REFUSED}. This account has not switched on “Handle card information "
    "directly”. Nothing was charged: switch it on at Stripe, or use a Stripe V2 gateway, which needs no numbers."
)


def code_of(error: stripe.StripeError) -> str:
    """Some codes are only in the error's body (409, 401, 403 and 429)."""
    return getattr(error.error, "code", None) or error.code or ""


def decline_of(error: stripe.CardError) -> Decline | None:
    """The issuer's no; None when Stripe refused the request itself."""
    body = error.error
    if body is None or body.type != "card_error":
        return None
    code = getattr(body, "decline_code", None) or code_of(error) or "generic_decline"
    code = code_of(error) if code == "generic_decline" and code_of(error) not in {"", "card_declined"} else code
    return decline(code, advice=getattr(body, "advice_code", None) or "", message=error.user_message or "")


def translate(error: stripe.StripeError) -> ProcessorError | None:
    """Our error for Stripe's; None for a class that the table lacks."""
    ours = BY_CLASS.get(type(error))
    if ours is None:
        return None
    code = code_of(error)
    if ours is InvalidRequest and code in ACCOUNT_CODES:
        ours = GatewayMisconfigured
    if ours is InvalidRequest and is_raw_card_refusal(error):
        return InvalidRequest(RAW_CARDS_IN_WORDS, code=RAW_CARDS_REFUSED, request_id=error.request_id or "")
    message = _in_words(error, ours)
    return ours(message, code=code, param=getattr(error, "param", None) or "", request_id=error.request_id or "")


def is_raw_card_refusal(error: stripe.StripeError) -> bool:
    """Stripe gives it no code, only these words (S2-41); older ones lack the article."""
    said = (error.user_message or "").replace("the Stripe API", "Stripe API")
    return RAW_CARD_REFUSED.replace("the Stripe API", "Stripe API") in said


def _in_words(error: stripe.StripeError, ours: type[ProcessorError]) -> str:
    if ours is GatewayUnavailable:
        return SILENT
    said = error.user_message or "no reason given"
    if ours is GatewayMisconfigured:
        return f"Stripe refuses this gateway's key or account: {said}"
    return f"Stripe refuses the request: {said}"


@contextmanager
def translated() -> Iterator[None]:
    """Raise our error for each of Stripe's that the table knows.

    A refusal that comes after an attempt without an answer proves nothing about that attempt: it may have charged.
    """
    forget_silences()
    try:
        yield
    except stripe.StripeError as error:
        ours = translate(error)
        if ours is None:
            raise
        if was_silent() and not isinstance(ours, GatewayUnavailable):
            ours = GatewayUnavailable(SILENT, code=ours.code, request_id=ours.request_id)
        raise ours from error
