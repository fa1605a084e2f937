"""Addresses that customers are sent by mail. Each is good for one thing, and for so long.

Links that pay an order are rows, made here and known to `payments.services.pay_links`; the one that takes another card
for a subscription is signed.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from gateways import clock
from orders.models import Order, Subscription
from payments.actors import BEAT, Actor
from payments.models import PayLink, Payment
from payments.services.balances import lock_order

CARD = "midway.card"
LIFETIME = timedelta(days=60)


def confirm_url(payment: Payment) -> str:
    """Where the customer of a rebill confirms it, as long as its retries last. Call it under the order's lock."""
    if payment.order is None:
        raise ValueError("a rebill pays an order")
    days = payment.order.campaign.retry_schedule[-1] + 1
    return link_url(pay_link_for(payment.order, days=days, reason=PayLink.Reason.AUTHENTICATION))


def card_url(subscription: Subscription) -> str:
    """Where the customer enters another card for a subscription."""
    token = signing.dumps(subscription.pk, salt=CARD)
    return str(settings.PUBLIC_URL) + reverse("checkout:card", args=[token])


def subscription_in(token: str) -> Subscription | None:
    """None: the link was not made by us, or is too old."""
    try:
        pk = signing.loads(token, salt=CARD, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    return Subscription.objects.filter(pk=pk).first()


def link_url(link: PayLink) -> str:
    return str(settings.PUBLIC_URL) + reverse("checkout:link", args=[link.slug])


@transaction.atomic
def pay_link_for(order: Order, *, days: int, reason: PayLink.Reason, actor: Actor = BEAT) -> PayLink:
    """The link that this order has for this reason: a valid one is prolonged to `days` from now, else one is made.

    For Midway's own reasons, whatever the campaign says of links by operators. Takes the order's lock.
    """
    lock_order(order.pk)
    link = valid_link(order, reason, None)
    until = clock.now() + timedelta(days=days)
    if link is None:
        return new_link(order, reason, None, days, actor)
    if link.expires_at < until:
        link.expires_at = until
        link.save(update_fields=["expires_at"])
    return link


def valid_link(order: Order, reason: PayLink.Reason, amount: int | None) -> PayLink | None:
    links = PayLink.objects.filter(order=order, reason=reason, amount=amount, withdrawn_at=None)
    return links.filter(expires_at__gt=clock.now()).order_by("-pk").first()


def new_link(order: Order, reason: PayLink.Reason, amount: int | None, days: int, actor: Actor) -> PayLink:
    now = clock.now()
    return PayLink.objects.create(
        order=order,
        reason=reason,
        amount=amount,
        created_at=now,
        expires_at=now + timedelta(days=days),
        actor=actor.name,
        user=actor.user,
    )
