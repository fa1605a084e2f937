"""One attempt of a customer to pay: counted, charged while they wait, and where they go from there."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from gateways import stripe_js
from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from gateways.services import processor_for
from orders.models import Card
from payments.checkout import limits
from payments.checkout.doors import Door
from payments.checkout.plans import billing_words
from payments.checkout.visits import made, session_key
from payments.models import Payment
from payments.new_card import CardForm
from payments.services.one_click import upsells_for
from payments.services.online import Attempt, OnlineCard, OnlineRefused, Trouble, pay_online
from payments.services.reserve import PaymentRefused
from payments.states import IN_FLIGHT, OPEN, Status


def count(request: HttpRequest, gateway: Gateway | None, card: OnlineCard) -> None:
    """Raises TooMany."""
    limits.count_attempt(
        address=limits.address_of(request), session=session_key(request), card=_fingerprint(gateway, card)
    )


def _fingerprint(gateway: Gateway | None, card: OnlineCard) -> str:
    """What tells one card from another, before it is charged; empty where nobody says."""
    if card.kept:
        return str(card.kept.fingerprint)
    if gateway is None or not card.new.startswith("ctoken_"):
        return card.new
    try:
        return processor_for(gateway).fingerprint(card.new)
    except ProcessorError:
        return ""


def pay(door: Door, card: OnlineCard, form_token: uuid.UUID, shown: int) -> Payment:
    """Raises OnlineRefused and TooMany."""
    limits.check_order(door.order)
    attempt = Attempt(form_token=form_token, return_path=door.url, amount=shown, link=door.link)
    return pay_online(door.order, card, attempt)


def kept_card(door: Door) -> Card | None:
    """The card that a rebill is paid with: its subscription's, which the customer need not type again."""
    subscription = door.order.subscription
    card = subscription.card if subscription else None
    return card if card and card.blocked_at is None and door.link else None


def next_url(request: HttpRequest, door: Door) -> str:
    """Where a customer goes whose payment is over, or whose order is placed without one."""
    whole = Door("order", door.order.slug, door.order)
    if not is_settled(door) or not is_settled(whole):
        return door.url
    if made(request, door.order) and upsells_for(door.order):
        return door.upsell_url
    return door.thanks_url


def is_settled(door: Door) -> bool:
    """Nothing is to be paid now, and nothing is on its way (S4-12)."""
    waiting = door.order.payments.filter(status__in=OPEN - {Status.AUTHORIZED}).exists()
    return not waiting and not door.amount


def told(url: str, trouble: str) -> str:
    """The address of a page that says why nothing was charged."""
    return f"{url}?{urlencode({'told': trouble})}"


def open_payment(door: Door) -> Payment | None:
    """The payment that the customer waits for, or that waits for them."""
    waiting = door.order.payments.filter(status__in=IN_FLIGHT | {Status.REQUIRES_ACTION})
    return waiting.select_related("gateway").order_by("-pk").first()


def takes_cards(gateway: Gateway | None) -> bool:
    """Can a page show its card form? One without its publishable key cannot: the go-live check tells the merchant."""
    return gateway is not None and (stripe_js.uses_local_stripe() or stripe_js.works_for(gateway))


def card_form(gateway: Gateway | None, amount: int, currency: str, *, keeps: bool) -> CardForm | None:
    """None where there is nothing to show."""
    if gateway is None or not takes_cards(gateway):
        return None
    return CardForm(gateway, amount, currency, keeps=keeps, for_customers=True)


def refused(problem: OnlineRefused | PaymentRefused | limits.TooMany) -> str:
    """The name under which the page has words for it."""
    if isinstance(problem, OnlineRefused):
        return str(problem.trouble)
    return "too_many" if isinstance(problem, limits.TooMany) else str(Trouble.IN_PROGRESS)


def context_of(door: Door) -> dict[str, Any]:
    order = door.order
    lines = order.lines.select_related("staff", "offer__campaign")
    told = [(line, [] if order.subscription_id else billing_words(line.offer, line.quantity)) for line in lines]
    return {"door": door, "order": order, "lines": told, "keeps": any(plan for _line, plan in told)}
