"""A payment that somebody wants, and how it is put to the processor."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from gateways.models import Gateway
from gateways.processors.base import ChargeRequest
from orders.models import Card, Order, ShipDoc, VaultedCustomer
from orders.services.vault import recipient_of
from payments.actors import Actor
from payments.models import Payment, Purpose

KEYED_IN = frozenset({Purpose.PAYMENT_ENTRY, Purpose.TEST})
"""An operator enters these for a customer who is not there; a test transaction so proves the gateway's MOTO switch."""


@dataclass(frozen=True)
class Wish:
    """A payment that somebody wants: `amount` in minor units of the order's currency, and one way to pay it.

    A saved card, a test card, a `new_card` (the reference of one that was just handed to the processor), or, where
    there is no processor, `means` (cash, cheque, wire) with the `receipt` number, which may be empty. A test
    transaction has no order: its amount is in the gateway's currency. The cycle that a rebill pays is named by its
    order. `route` lists the gateways that were looked at, each with the reason why it was kept or dropped.
    """

    order: Order | None
    gateway: Gateway
    amount: int
    actor: Actor
    card: Card | None = None
    vaulted: VaultedCustomer | None = None
    test_card: str = ""
    new_card: str = ""
    means: str = ""
    receipt: str = ""
    capture: bool = True
    off_session: bool = False
    purpose: Purpose = Purpose.PAYMENT_ENTRY
    form_token: uuid.UUID | None = None
    ship_doc: ShipDoc | None = None
    route: tuple[dict[str, str], ...] = ()


def _customer_reference(wish: Wish) -> str:
    vaulted = wish.card.vaulted_customer if wish.card else wish.vaulted
    return vaulted.reference if vaulted else ""


def charge_request(payment: Payment, order: Order | None, wish: Wish) -> ChargeRequest:
    about = _about_order(order, payment) if order else _about_test(payment)
    return ChargeRequest(
        our_key=str(payment.key),
        amount=payment.amount,
        currency=payment.currency,
        payment_method=wish.card.reference if wish.card else wish.test_card or wish.new_card or wish.means,
        receipt=wish.receipt,
        customer_reference=_customer_reference(wish),
        capture=payment.capture_now,
        off_session=wish.off_session,
        keyed_in=wish.purpose in KEYED_IN,
        **about,
    )


def _about_order(order: Order, payment: Payment) -> dict[str, Any]:
    return {
        "description": f"{order.campaign.name}, {order.number}",
        "return_url": settings.PUBLIC_URL + reverse("admin:orders_order_change", args=[order.pk]),
        "products": tuple(order.lines.values_list("description", flat=True)),
        "recipient": recipient_of(order.customer, order.address),
        "labels": {"order": order.number, "payment": payment.number},
    }


def _about_test(payment: Payment) -> dict[str, Any]:
    return {
        "description": f"Test transaction, {payment.gateway.name}",
        "return_url": settings.PUBLIC_URL + reverse("admin:gateways_gateway_change", args=[payment.gateway_id]),
        "labels": {"purpose": Purpose.TEST.label},
    }
