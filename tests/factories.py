"""Rows that tests start from: each has a sensible default for everything that the test does not care about."""

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User

from gateways import clock
from gateways.models import Gateway
from gateways.services import connect, register_webhook, store_gateway
from orders.models import Campaign, Card, Customer, Offer, Order, Subscription
from orders.services.orders import create_order
from orders.services.vault import save_card
from payments.actors import Actor
from payments.models import Payment
from payments.services.reserve import Wish, reserve

_count = itertools.count(1)


def make_operator() -> User:
    """Without a password, because hashing one costs more than most tests: they sign in by `force_login`."""
    name = f"operator{next(_count)}"
    return User.objects.create(username=name, is_staff=True, is_superuser=True, password="!")


def make_gateway(account: str = "", **fields: Any) -> Gateway:
    number = next(_count)
    key = f"sk_test_{account or f'shop{number}'}_{number}"
    webhook = fields.pop("webhook", False)
    gateway = Gateway(**{"name": f"Gateway {number}", "currency": "USD", **fields})
    store_gateway(gateway, secret_key=key, connection=connect("stripe_v2", key))
    return register_webhook(gateway, "http://testserver") if webhook else gateway


def make_campaign(**fields: Any) -> Campaign:
    defaults = {"name": f"Campaign {next(_count)}", "currency": "USD", "mode": "test", "card_payments": True}
    return Campaign.objects.create(**{**defaults, **fields})


def make_offer(campaign: Campaign | None = None, price: int = 5000, **fields: Any) -> Offer:
    return Offer.objects.create(
        campaign=campaign or make_campaign(), name=f"Offer {next(_count)}", price=price, **fields
    )


def make_customer(**fields: Any) -> Customer:
    number = next(_count)
    return Customer.objects.create(**{"name": f"Customer {number}", "email": f"customer{number}@mail.test", **fields})


def make_order(total: int = 5000, currency: str = "USD", **fields: Any) -> Order:
    campaign = fields.pop("campaign", None) or make_campaign(currency=currency)
    offer = make_offer(campaign, price=total)
    return create_order(fields.pop("customer", None) or make_customer(), campaign, [(offer, 1)], **fields)


def make_card(customer: Customer, gateway: Gateway, method: str = "pm_card_visa") -> Card:
    return save_card(customer, gateway, method)


def make_recurring_offer(
    campaign: Campaign | None = None, price: int = 1000, cycles: Iterable[int] = (1500,), **fields: Any
) -> Offer:
    """Each of `cycles` is the price of a rebill, a month after the one before; the last one repeats."""
    offer = make_offer(campaign, price, kind=Offer.Kind.RECURRING, shippable=False, **fields)
    for number, cycle_price in enumerate(cycles, start=2):
        offer.cycles.create(number=number, price=cycle_price)
    return offer


def make_subscription(offer: Offer | None = None, **fields: Any) -> Subscription:
    """Written straight to the database, due in a month; its first sale was never charged."""
    offer = offer or make_recurring_offer()
    order = create_order(make_customer(), offer.campaign, [(offer, 1)])
    now = clock.now()
    defaults = {
        "order_line": order.lines.get(),
        "customer": order.customer,
        "offer": offer,
        "anchor_day": now.day,
        "time_zone": "UTC",
        "started_at": now,
        "due_at": now + timedelta(days=30),
        "try_at": now + timedelta(days=30),
    }
    gateway = fields.pop("gateway", None) or make_gateway(currency=order.currency)
    return Subscription.objects.create(**{**defaults, "gateway": gateway, **fields})


def make_rebill(subscription: Subscription, cycle: int = 2) -> Order:
    """The order of a cycle, without a payment."""
    order = create_order(subscription.customer, subscription.offer.campaign, [(subscription.offer, 1)])
    Order.objects.filter(pk=order.pk).update(subscription=subscription, cycle=cycle, source=Order.Source.REBILL)
    order.refresh_from_db()
    return order


TESTER = Actor("operator", "tester")


def make_payment(order: Order | None = None, gateway: Gateway | None = None, **wish: Any) -> Payment:
    """Reserved, not sent yet."""
    order = order or make_order()
    wish = {"amount": order.total, "actor": TESTER, "test_card": "pm_card_visa", **wish}
    return reserve(Wish(order=order, gateway=gateway or make_gateway(currency=order.currency), **wish)).payment
