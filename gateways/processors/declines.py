"""Why a card was declined, in words for the operator, and whether the same card can ever be tried again.

Codes: docs.stripe.com/declines/codes. A code that is not here is soft and is told in Stripe's own words.
"""

from gateways.processors.base import Decline

OTHER_CARD = "Ask the customer for another card."
CALL_BANK = "Ask the customer to call their bank, or to use another card."

AUTHENTICATION_FAILED = "payment_intent_authentication_failure"
"""No issuer said no: the cardholder did not confirm, and may try again (S4-13)."""

AUTHENTICATION_REQUIRED = "authentication_required"
"""The issuer wants the cardholder, who was away. The same payment can be confirmed once they are there."""

UNCONFIRMED = frozenset({AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED})

HARD = {
    "card_not_supported": f"The card does not support this kind of purchase. {OTHER_CARD}",
    "currency_not_supported": f"The card cannot be charged in this currency. {OTHER_CARD}",
    "expired_card": f"The card has expired. {OTHER_CARD}",
    "fraudulent": f"Stripe suspects fraud. {OTHER_CARD}",
    "incorrect_number": f"The card number is wrong. {OTHER_CARD}",
    "invalid_account": f"The card's account is not valid. {CALL_BANK}",
    "invalid_number": f"The card number is wrong. {OTHER_CARD}",
    "lost_card": f"The card was reported lost. {OTHER_CARD}",
    "merchant_blacklist": f"The card is on your Stripe block list. {OTHER_CARD}",
    "new_account_information_available": f"The card was replaced by its bank. {OTHER_CARD}",
    "pickup_card": f"The bank wants this card back. {OTHER_CARD}",
    "restricted_card": f"The bank has restricted this card. {OTHER_CARD}",
    "revocation_of_all_authorizations": f"The cardholder has stopped all charges. {OTHER_CARD}",
    "revocation_of_authorization": f"The cardholder has stopped these charges. {OTHER_CARD}",
    "security_violation": f"The bank refused the card for security reasons. {CALL_BANK}",
    "service_not_allowed": f"The bank does not allow this card here. {CALL_BANK}",
    "stolen_card": f"The card was reported stolen. {OTHER_CARD}",
    "stop_payment_order": f"The cardholder has stopped these charges. {OTHER_CARD}",
    "transaction_not_allowed": f"The bank does not allow this kind of charge. {CALL_BANK}",
}

SOFT = {
    "approve_with_id": f"The bank could not authorize the payment. Try again once, else: {CALL_BANK}",
    AUTHENTICATION_REQUIRED: "The bank wants the cardholder to confirm. Send the customer a link to pay.",
    "call_issuer": f"The bank declined without a reason. {CALL_BANK}",
    "card_velocity_exceeded": f"The card is over its limit for now. {CALL_BANK}",
    "do_not_honor": f"The bank declined without a reason. {CALL_BANK}",
    "generic_decline": f"The bank declined without a reason. {CALL_BANK}",
    "incorrect_cvc": "The security code is wrong. Ask the customer to read it again.",
    "incorrect_zip": "The postal code does not match the card. Ask the customer to check it.",
    "insufficient_funds": "There is not enough money on the card. Try another card, a smaller amount or a later day.",
    "issuer_not_available": "The bank could not be reached. Try again in some minutes.",
    AUTHENTICATION_FAILED: "The cardholder did not confirm the payment with their bank. They can still try again.",
    "processing_error": "The card could not be processed just now. Try again in some minutes.",
    "reenter_transaction": "The bank could not process the payment. Try again.",
    "setup_intent_authentication_failure": "The cardholder did not confirm the card with their bank. Try again.",
    "try_again_later": "The bank declined for now. Try again later.",
    "withdrawal_count_limit_exceeded": f"The card is over its limit for now. {CALL_BANK}",
}


def decline(code: str, *, advice: str = "", message: str = "") -> Decline:
    """`code` is the decline code, or the error code where the issuer gave none; `message` is Stripe's own text."""
    text = HARD.get(code) or SOFT.get(code) or message or f"The bank declined the card. {CALL_BANK}"
    return Decline(code=code, hard=code in HARD or advice == "do_not_try_again", message=text, advice=advice)
