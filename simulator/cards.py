"""Stripe's test cards and what each does (docs.stripe.com/testing)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Challenge = Literal["never", "unless_set_up", "always", "on_session"]


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str
    advice: str
    network_code: str
    blocked: bool = False


@dataclass(frozen=True)
class TestCard:
    """`name` is the end of `pm_card_<name>` and of `tok_<name>`."""

    __test__ = False  # no test class, whatever a test runner makes of the name

    name: str
    number: str
    about: str
    brand: str = "visa"
    funding: str = "credit"
    decline: Decline | None = None
    attachable: bool = True
    challenge: Challenge = "never"
    dispute: str | None = None
    refund: Literal["succeeds", "pending", "fails"] = "succeeds"

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def country(self) -> str:
        return "IE" if self.challenge == "unless_set_up" else "US"


_DECLINED = "Your card was declined."
GENERIC = Decline("card_declined", "generic_decline", _DECLINED, "try_again_later", "01")
FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.", "try_again_later", "51")
LOST = Decline("card_declined", "lost_card", _DECLINED, "do_not_try_again", "41")
STOLEN = Decline("card_declined", "stolen_card", _DECLINED, "do_not_try_again", "43")
VELOCITY_WORDS = "Your card was declined for making repeated attempts too frequently or exceeding its amount limit."
VELOCITY = Decline("card_declined", "card_velocity_exceeded", VELOCITY_WORDS, "try_again_later", "61")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.", "do_not_try_again", "54")
CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "confirm_card_data", "N7")
PROCESSING_WORDS = "An error occurred while processing your card. Try again in a little bit."
PROCESSING = Decline("processing_error", "processing_error", PROCESSING_WORDS, "try_again_later", "96")
BLOCKED = Decline("card_declined", "fraudulent", _DECLINED, "do_not_try_again", "", blocked=True)
AUTH_WORDS = "Your card was declined. This transaction requires authentication."
AUTHENTICATION = Decline("authentication_required", "authentication_required", AUTH_WORDS, "try_again_later", "65")


def _declining(name: str, number: str, about: str, decline: Decline) -> TestCard:
    return TestCard(name, number, about, decline=decline, attachable=False)


CARDS = (
    TestCard("visa", "4242424242424242", "Visa: succeeds"),
    TestCard("visa_debit", "4000056655665556", "Visa debit: succeeds", funding="debit"),
    TestCard("mastercard", "5555555555554444", "Mastercard: succeeds", "mastercard"),
    TestCard("amex", "378282246310005", "American Express: succeeds", "amex"),
    TestCard("discover", "6011111111111117", "Discover: succeeds", "discover"),
    _declining("visa_chargeDeclined", "4000000000000002", "Declined", GENERIC),
    _declining("visa_chargeDeclinedInsufficientFunds", "4000000000009995", "Declined: insufficient funds", FUNDS),
    _declining("visa_chargeDeclinedLostCard", "4000000000009987", "Declined: lost card", LOST),
    _declining("visa_chargeDeclinedStolenCard", "4000000000009979", "Declined: stolen card", STOLEN),
    _declining("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", "Declined: too often", VELOCITY),
    _declining("chargeDeclinedExpiredCard", "4000000000000069", "Declined: expired card", EXPIRED),
    _declining("chargeDeclinedIncorrectCvc", "4000000000000127", "Declined: wrong security code", CVC),
    _declining("chargeDeclinedProcessingError", "4000000000000119", "Declined: processing error", PROCESSING),
    TestCard("chargeCustomerFail", "4000000000000341", "Can be saved, then every charge is declined", decline=GENERIC),
    _declining("radarBlock", "4100000000000019", "Blocked as too risky", BLOCKED),
    TestCard(
        "authenticationRequiredOnSetup",
        "4000002500003155",
        "3-D Secure, unless set up before and off-session",
        challenge="unless_set_up",
    ),
    TestCard("authenticationRequired", "4000002760003184", "3-D Secure, always", challenge="always"),
    TestCard(
        "authenticationRequiredSetupForOffSession",
        "4000003800000446",
        "3-D Secure on-session; off-session as if set up before",
        challenge="on_session",
    ),
    TestCard(
        "threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        "3-D Secure, then declined",
        decline=GENERIC,
        challenge="always",
    ),
    TestCard("threeDSecure2Required", "4000000000003220", "3-D Secure 2, always", challenge="always"),
    TestCard("createDispute", "4000000000000259", "Succeeds, then is disputed as fraudulent", dispute="fraudulent"),
    TestCard(
        "createDisputeProductNotReceived",
        "4000000000002685",
        "Succeeds, then is disputed: product not received",
        dispute="product_not_received",
    ),
    TestCard("createDisputeInquiry", "4000000000001976", "Succeeds, then an inquiry is opened", dispute="inquiry"),
    TestCard("pendingRefund", "4000000000007726", "Its refunds are pending, then succeed", refund="pending"),
    TestCard("refundFail", "4000000000005126", "Its refunds succeed, then fail", refund="fails"),
)
ALIASES = {
    "chargeDeclined": "visa_chargeDeclined",
    "chargeDeclinedInsufficientFunds": "visa_chargeDeclinedInsufficientFunds",
    "us": "visa",
}
_BY_NAME = {card.name: card for card in CARDS}
_BY_NUMBER = {card.number: card for card in CARDS}


def by_name(name: str) -> TestCard | None:
    return _BY_NAME.get(ALIASES.get(name, name))


def by_number(number: str) -> TestCard | None:
    return _BY_NUMBER.get(number)


def passes_luhn(number: str) -> bool:
    if not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
