"""Addresses that customers are sent by mail. Each is signed for one thing, and is good for so long."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from orders.models import Subscription
from payments.models import Payment

CONFIRM, CARD = "midway.confirm", "midway.card"
LIFETIME = timedelta(days=60)


def confirm_url(payment: Payment) -> str:
    """Where the customer confirms a payment that their bank asks about."""
    return f"{settings.PUBLIC_URL}/pay/confirm/{signing.dumps(payment.pk, salt=CONFIRM)}/"


def card_url(subscription: Subscription) -> str:
    """Where the customer enters another card for a subscription."""
    return f"{settings.PUBLIC_URL}/pay/card/{signing.dumps(subscription.pk, salt=CARD)}/"


def payment_in(token: str) -> Payment | None:
    """None: the link was not made by us, or is too old."""
    return Payment.objects.filter(pk=_read(token, CONFIRM)).first()


def subscription_in(token: str) -> Subscription | None:
    """None: the link was not made by us, or is too old."""
    return Subscription.objects.filter(pk=_read(token, CARD)).first()


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=LIFETIME)
    except signing.BadSignature:
        return None
