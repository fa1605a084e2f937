"""Payments that wait for their cardholder's bank: pending until they are confirmed, or given up (S4-13)."""

from django.conf import settings

from gateways import clock
from payments.actors import BEAT
from payments.models import Payment
from payments.pacing import gives_up_at
from payments.services.holds import void
from payments.services.reserve import PaymentRefused
from payments.states import Status


def is_given_up(payment: Payment) -> bool:
    """Of a rebill dunning decides, as long as its subscription bills; after that nobody wants it confirmed."""
    if payment.status != Status.REQUIRES_ACTION:
        return False
    if payment.subscription and payment.off_session:
        return not payment.subscription.bills
    return clock.now() >= gives_up_at(payment)


def give_up(payment: Payment) -> Payment:
    """Cancel it at the processor, so that the order is open for another payment. Call it outside a transaction.

    Should the cardholder have confirmed in this very moment, the processor refuses, and it is looked at again.
    """
    try:
        return void(payment.pk, BEAT, why=_why(payment))
    except PaymentRefused:  # somebody else settled or voided it meanwhile
        payment.refresh_from_db()
        return payment


def _why(payment: Payment) -> str:
    if payment.subscription and payment.off_session:
        return f"{payment.subscription} is not billed any longer."
    return f"Nobody confirmed it within {settings.AUTHENTICATION_HOURS} hours."
