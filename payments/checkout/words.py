"""What customers read of a payment: what is wrong, and what they can do. Gateways and risk are not their business."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from payments.models import Payment
from payments.services.online import Trouble
from payments.states import IN_FLIGHT, Status

OTHER_CARD = gettext_noop("Your bank declined this card. Nothing was charged. Please use another card.")
CALL_BANK = gettext_noop("Your bank declined the payment. Nothing was charged. Call your bank, or use another card.")
LATER = gettext_noop("Your bank could not be reached. Nothing was charged. Please try again in some minutes.")

DECLINES = {
    "insufficient_funds": gettext_noop(
        "There is not enough money on this card. Nothing was charged. Please use another card."
    ),
    "expired_card": gettext_noop("This card has expired. Nothing was charged. Please use another card."),
    "incorrect_cvc": gettext_noop("The security code is wrong. Nothing was charged. Please check it and try again."),
    "incorrect_number": gettext_noop("The card number is wrong. Nothing was charged. Please check it and try again."),
    "invalid_number": gettext_noop("The card number is wrong. Nothing was charged. Please check it and try again."),
    "incorrect_zip": gettext_noop(
        "The postal code does not match the card. Nothing was charged. Please check it and try again."
    ),
    "card_not_supported": gettext_noop(
        "This card does not support this purchase. Nothing was charged. Please use another card."
    ),
    "currency_not_supported": gettext_noop(
        "This card cannot be charged in this currency. Nothing was charged. Please use another card."
    ),
    "card_velocity_exceeded": gettext_noop(
        "This card is over its limit. Nothing was charged. Call your bank, or use another card."
    ),
    "withdrawal_count_limit_exceeded": gettext_noop(
        "This card is over its limit. Nothing was charged. Call your bank, or use another card."
    ),
    "authentication_required": gettext_noop(
        "Your bank wants you to confirm this payment. Nothing was charged. Please try again."
    ),
    "approve_with_id": LATER,
    "issuer_not_available": LATER,
    "processing_error": LATER,
    "reenter_transaction": LATER,
    "try_again_later": LATER,
    "call_issuer": CALL_BANK,
    "do_not_honor": CALL_BANK,
    "transaction_not_allowed": CALL_BANK,
    "service_not_allowed": CALL_BANK,
}
"""Of a stolen card or a suspicion of fraud nobody is told: that is for the merchant alone."""

UNCONFIRMED = gettext_noop("Your bank could not confirm that it is you. Nothing was charged. Please try again.")
NOT_SENT = gettext_noop("The payment could not be made. Nothing was charged. Please try again.")

TROUBLES = {
    Trouble.NOTHING_DUE: gettext_noop("There is nothing to pay now."),
    Trouble.IN_PROGRESS: gettext_noop("A payment is on its way already. Please wait for its answer."),
    Trouble.AMOUNT_CHANGED: gettext_noop(
        "The amount has changed. Please look at it again before you pay. Nothing was charged."
    ),
    Trouble.TOO_LITTLE: gettext_noop("This amount is too small for a card. Nothing was charged."),
    Trouble.NO_GATEWAY: gettext_noop(
        "Cards cannot be taken just now. Nothing was charged. Please try again later, or write to us."
    ),
    Trouble.OTHER_GATEWAY: gettext_noop("Please enter your card once more. Nothing was charged."),
    Trouble.UNHEARD: gettext_noop("Your bank could not be reached. Nothing was charged. Please try again in a moment."),
    Trouble.CARD: gettext_noop("This card cannot be used here. Nothing was charged. Please use another card."),
}
TOO_MANY = gettext_noop("There were too many attempts. Nothing was charged. Please wait an hour, or write to us.")


def told_of(payment: Payment) -> str:
    """Why the payment did not go through; empty when it did, or may still."""
    if payment.authentication_failed:
        return _(UNCONFIRMED)
    if payment.status == Status.DECLINED:
        return _(DECLINES.get(payment.decline_code, OTHER_CARD))
    return _(NOT_SENT) if payment.status == Status.FAILED else ""


def trouble_words(name: str) -> str:
    """For a trouble's name from an address: empty where it is none."""
    return _(TROUBLES[Trouble(name)]) if name in TROUBLES else _(TOO_MANY) if name == "too_many" else ""


def waiting_words(payment: Payment) -> tuple[str, str]:
    """Headline and explanation of a payment whose answer is still to come."""
    if payment.status not in IN_FLIGHT:
        return "", ""
    if payment.status == Status.UNKNOWN:
        return (
            _("We are finding out"),
            _(
                "The connection to the bank was lost. We find out by ourselves whether your card was charged: "
                "please do not pay again. You can leave this page open, or close it and come back."
            ),
        )
    return _("Your payment is being made"), _("This takes some seconds. Please do not pay again.")
