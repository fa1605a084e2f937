"""What the smoke run sells: one gateway at the local Stripe, one order that waits for its money, one operator."""

import secrets
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from gateways.models import Gateway, Mode
from gateways.processors import registry
from gateways.services import connect, register_webhook, store_gateway
from orders.models import Campaign, Customer, Offer, Order
from orders.services.orders import create_order

SECRET_KEY = "sk_test_smoke_1"  # noqa: S105 # names an account of the local Stripe; it opens nothing
PRICE = 4_900


@dataclass(frozen=True)
class Sale:
    gateway: Gateway
    order: Order
    user: str
    password: str


def prepare_sale(public_url: str) -> Sale:
    password = secrets.token_urlsafe(18)
    user = get_user_model().objects.create_superuser("smoke", password=password)
    return Sale(_gateway(public_url), _order(), user.get_username(), password)


def _gateway(public_url: str) -> Gateway:
    connection = connect(registry.DEFAULT, SECRET_KEY)
    gateway = Gateway(name="Smoke", processor=registry.DEFAULT, currency="USD", is_default=True)
    return register_webhook(store_gateway(gateway, secret_key=SECRET_KEY, connection=connection), public_url)


def _order() -> Order:
    campaign = Campaign.objects.create(
        name="Smoke", kind=Campaign.Kind.PHONE, mode=Mode.TEST, currency="USD", card_payments=True
    )
    offer = Offer.objects.create(campaign=campaign, name="One of everything", price=PRICE)
    customer = Customer.objects.create(name="Sam Smoke", email="sam@example.com")
    return create_order(customer, campaign, [(offer, 1)])
