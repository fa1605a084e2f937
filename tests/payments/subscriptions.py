"""Subscriptions with a card, and what beat and the workers do with them, one step after the other."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import Q

from gateways import clock
from gateways.models import Gateway
from gateways.services import processor_for
from orders.models import Card, Order, Subscription
from orders.services.vault import finish_keeping, keep_new_card
from payments.models import Payment, Status
from payments.services.rebills import bill, bill_due
from payments.services.reconcile import reconcile, stuck_payments
from payments.services.submit import submit
from tests.factories import make_campaign, make_gateway, make_recurring_offer, make_subscription
from tests.local_stripe import confirm_in_page, confirmation_token

GOOD, DECLINED = "pm_card_visa", "pm_card_chargeCustomerFail"
CONFIRMED = "pm_card_authenticationRequired"


def make_due(card: str = GOOD, *, gateway: Gateway | None = None, **fields: Any) -> Subscription:
    """Due a minute ago, on a saved card: cycle 2, at 15.00."""
    gateway = gateway or make_gateway()
    campaign = fields.pop("campaign", None) or make_campaign(currency=gateway.currency)
    offer = fields.pop("offer", None) or make_recurring_offer(campaign)
    due = clock.now() - timedelta(minutes=1)
    defaults = {"started_at": due - timedelta(days=30), "due_at": due, "try_at": due, "anchor_day": due.day}
    subscription = make_subscription(offer, gateway=gateway, **{**defaults, **fields})
    subscription.card = keep_card(subscription, card)
    subscription.save()
    return subscription


def keep_card(subscription: Subscription, card: str = GOOD, gateway: Gateway | None = None) -> Card:
    """Saved for its customer, who answers the bank where it asks."""
    gateway, customer = gateway or subscription.gateway, subscription.customer
    token = confirmation_token(gateway.secret_key, card)
    kept = keep_new_card(customer, gateway, token, key=f"test-{uuid.uuid4()}")
    if kept.card is None:
        secret = processor_for(gateway).client_secret(kept.result.reference)
        confirm_in_page(gateway.secret_key, secret, passed=True)
        kept = finish_keeping(customer, gateway, kept.result.reference)
    assert kept.card is not None
    return kept.card


def run(subscription: Subscription) -> Payment | None:
    """What beat and a worker do with it now: the payment that was charged, if any."""
    payment = bill(subscription.pk)
    if payment:
        submit(payment.pk)
        payment.refresh_from_db()
    subscription.refresh_from_db()
    return payment


def run_everything() -> int:
    """Beat and the workers until nothing is due any longer; how many payments that made."""
    made = 0
    while payments := bill_due().payments:
        for payment_id in payments:
            submit(payment_id)
        made += len(payments)
    return made


def find_out(payment: Payment) -> Payment:
    """What reconciliation does once the payment's turn has come."""
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now() - timedelta(seconds=1))
    assert payment.pk in stuck_payments()
    reconcile(payment.pk)
    payment.refresh_from_db()
    return payment


def payments_of(subscription: Subscription) -> list[tuple[int | None, str]]:
    """Cycle and status of each, oldest first."""
    rows = Payment.objects.filter(subscription=subscription).order_by("pk")
    return [(row.cycle, Status(row.status).value) for row in rows]


def told(subscription: Subscription) -> list[str]:
    return list(subscription.events.values_list("kind", flat=True))


def order_of(subscription: Subscription, cycle: int = 2) -> Order:
    return Order.objects.get(Q(subscription=subscription, cycle=cycle))
