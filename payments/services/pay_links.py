"""Pay links: made for a reason, valid for some days, withdrawn at will; what one asks for is told by its order."""

from enum import StrEnum

from django.db import transaction
from django.db.models import Q, Sum

from gateways import clock, money
from orders.models import Order
from orders.services.mails import write_mail
from payments.actors import Actor
from payments.links import link_url, new_link, pay_link_for, valid_link
from payments.models import PayLink, Payment
from payments.routing import route_order
from payments.services.balances import Balance, balance_of, lock_order
from payments.services.reserve import PaymentRefused
from payments.states import OPEN, Status

__all__ = [
    "LinkState",
    "amount_of_link",
    "link_url",
    "mail_link",
    "make_link",
    "note_opening",
    "pay_link_for",
    "state_of_link",
    "withdraw_link",
]

USUAL_DAYS = 7
MOST_DAYS = 90


class LinkState(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    PAID = "paid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    """Nothing is due on the order, though nobody paid: it was cancelled, or refunded."""


@transaction.atomic
def make_link(order: Order, actor: Actor, *, days: int = USUAL_DAYS, amount: int | None = None) -> PayLink:
    """An operator's link, for `amount` (minor units) or all that is due. The same one, while it is valid.

    Raises PaymentRefused.
    """
    lock_order(order.pk)
    _check(order, days, amount)
    link = valid_link(order, PayLink.Reason.OPERATOR, amount)
    return link or new_link(order, PayLink.Reason.OPERATOR, amount, days, actor)


def _check(order: Order, days: int, amount: int | None) -> None:
    campaign = order.campaign
    if not campaign.pay_links_on:
        raise PaymentRefused("order", f"{campaign} takes no payment by link: switch it on in the campaign.")
    if not campaign.card_payments:
        raise PaymentRefused("order", f"{campaign} takes no cards: switch card payments on in the campaign.")
    if not 1 <= days <= MOST_DAYS:
        raise PaymentRefused("days", f"A link is valid for 1 to {MOST_DAYS} days.")
    due = balance_of(order).due
    if not due:
        raise PaymentRefused("order", "Nothing is due on this order: there is nothing to pay by a link.")
    if amount is not None and not 0 < amount <= due:
        raise PaymentRefused("amount", f"{money.plain(due, order.currency)} are due: enter that or less.")
    route = route_order(order, amount or due)
    if route.gateway is None:
        raise PaymentRefused("order", route.problem)


def withdraw_link(link: PayLink) -> bool:
    """Whoever has it can pay with it no longer. False: it was withdrawn before."""
    return bool(PayLink.objects.filter(pk=link.pk, withdrawn_at=None).update(withdrawn_at=clock.now()))


def note_opening(link: PayLink) -> None:
    PayLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=clock.now())


def amount_of_link(link: PayLink, balance: Balance | None = None) -> int:
    """What the link asks for now, in minor units: what is due, of its amount what was not paid by it yet."""
    due = (balance or balance_of(link.order)).due
    if link.amount is None:
        return due
    taken = Payment.objects.filter(pay_link=link).aggregate(
        captured=Sum("amount_captured", filter=Q(status=Status.CAPTURED)),
        waiting=Sum("amount", filter=Q(status__in=OPEN)),
    )
    return max(0, min(int(link.amount) - (taken["captured"] or 0) - (taken["waiting"] or 0), due))


def state_of_link(link: PayLink) -> LinkState:
    balance = balance_of(link.order)
    if balance.waiting:
        return LinkState.WAITING
    if not amount_of_link(link, balance):
        kept = balance.paid - balance.refunded + balance.held
        return LinkState.PAID if kept and not balance.cancelled else LinkState.CLOSED
    if link.withdrawn_at:
        return LinkState.WITHDRAWN
    return LinkState.EXPIRED if link.is_expired else LinkState.OPEN


def mail_link(link: PayLink, *, key: str = "") -> bool:
    """Write the customer a mail with the link. False: nobody sends mail here, or this was written under this key."""
    amount = amount_of_link(link)
    gateway = route_order(link.order, amount).gateway
    context = {
        "order": link.order,
        "link": link,
        "url": link_url(link),
        "amount": amount,
        "campaign": link.order.campaign,
    }
    return (
        write_mail("pay_link", key or f"pay-link-{link.pk}", link.order.customer, context, gateway=gateway) is not None
    )
