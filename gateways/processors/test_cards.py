"""Stripe's own test cards, by the names that test mode knows them by: docs.stripe.com/testing."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class TestCard:
    __test__ = False  # pytest would collect it

    reference: str
    label: str
    hint: str


TEST_CARDS = [
    TestCard("pm_card_visa", "Visa •••• 4242", "is charged"),
    TestCard("pm_card_mastercard", "Mastercard •••• 4444", "is charged"),
    TestCard("pm_card_amex", "American Express •••• 0005", "is charged"),
    TestCard("pm_card_threeDSecure2Required", "Visa •••• 3220", "asks for authentication"),
    TestCard("pm_card_visa_chargeDeclined", "Visa •••• 0002", "is declined"),
    TestCard("pm_card_visa_chargeDeclinedInsufficientFunds", "Visa •••• 9995", "has not enough money"),
    TestCard("pm_card_visa_chargeDeclinedLostCard", "Visa •••• 9987", "was reported lost"),
    TestCard("pm_card_chargeDeclinedExpiredCard", "Visa •••• 0069", "has expired"),
    TestCard("pm_card_chargeDeclinedProcessingError", "Visa •••• 0119", "meets a processing error"),
    TestCard("pm_card_createDispute", "Visa •••• 0259", "is charged, then disputed"),
    TestCard("pm_card_createDisputeInquiry", "Visa •••• 1976", "is charged, then the bank asks about it"),
]
BY_REFERENCE = {card.reference: card for card in TEST_CARDS}

_NAME = re.compile(r"pm_card_[A-Za-z0-9_]{1,60}")


def is_test_card(reference: str) -> bool:
    """Stripe has more of them than we offer; all are named alike."""
    return _NAME.fullmatch(reference) is not None
