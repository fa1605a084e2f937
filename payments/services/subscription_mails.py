"""What customers are told of their subscriptions: each piece of news once, in the transaction that makes it true."""

from typing import Any
from zoneinfo import ZoneInfo

from gateways import clock, money
from orders.models import Subscription
from orders.services.mails import write_mail
from payments import links
from payments.models import Payment


def tell_to_confirm(subscription: Subscription, payment: Payment) -> None:
    """The bank wants the cardholder: with the link on which they confirm this very payment. Once a day at most."""
    today = clock.now().astimezone(ZoneInfo(subscription.time_zone)).date()
    _write("authentication", f"authentication-{payment.pk}-{today:%Y%m%d}", subscription, payment=payment)


def tell_declined(subscription: Subscription, payment: Payment) -> None:
    """The card was declined and will be tried again."""
    _write("rebill_declined", f"rebill-declined-{payment.pk}", subscription, payment=payment)


def tell_card_needed(subscription: Subscription, reason: str = "") -> None:
    """Without another card nothing is charged any longer. Once for each card and cycle."""
    key = f"card-needed-{subscription.pk}-{subscription.cycle + 1}-{subscription.card_id or 0}"
    _write("card_needed", key, subscription, reason=reason)


def tell_cancelled(subscription: Subscription) -> None:
    _write("subscription_cancelled", f"subscription-cancelled-{subscription.pk}", subscription)


def tell_card_expires(subscription: Subscription) -> bool:
    """The card ends within a month. Once for each card and end; False when it was told before, or mail is off."""
    card = subscription.card
    end = f"{card.exp_year}-{card.exp_month:02}" if card else ""
    return _write("card_expires", f"card-expires-{subscription.pk}-{subscription.card_id}-{end}", subscription)


def _write(kind: str, key: str, subscription: Subscription, payment: Payment | None = None, **more: Any) -> bool:
    gateway = payment.gateway if payment else subscription.gateway
    context = {
        "subscription": subscription,
        "offer": subscription.offer.name,
        "card": subscription.card,
        "campaign": subscription.offer.campaign.name,
        "card_link": links.card_url(subscription),
        **more,
    }
    if payment:
        context["amount"] = money.pretty(payment.amount, payment.currency)
        context["confirm_link"] = links.confirm_url(payment)
    return write_mail(kind, key, subscription.customer, context, gateway=gateway) is not None
