"""A payment that somebody wants, and how it is put to the processor."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from gateways.models import Gateway
from gateways.processors.base import ChargeRequest
from orders.models import Card, Order, OrderLine, ShipDoc, VaultedCustomer
from orders.services.vault import recipient_of
from payments.actors import Actor
from payments.models import PayLink, Payment, Purpose

KEYED_IN = frozenset({Purpose.PAYMENT_ENTRY, Purpose.TEST})
"""An operator enters these for a customer who is not there; a test transaction so proves the gateway's MOTO switch."""


@dataclass(frozen=True)
class Wish:
    """A payment that somebody wants: `amount` in minor units of the order's currency, and one way to pay it.

    A saved card, a test card, a `new_card` (the reference of one that was just handed to the processor), or, where
    there is no processor, `means` (cash, cheque, wire) with the `receipt` number, which may be empty. Or a
    `confirmation_token`, of a card that was typed into the processor's own form. A test transaction has no order: its
    amount is in the gateway's currency. The cycle that a rebill pays is named by its order. `route` lists the gateways
    that were looked at, each with the reason why it was kept or dropped.

    `save_card` keeps a new card for the customer, who must be `vaulted`. `moto` says whether the customer is on the
    phone; None leaves it to the purpose. `in_page`: the page can show the bank's question; else the customer is sent
    to the bank, and back to `return_path` (the order's page in the admin where it is empty).
    """

    order: Order | None
    gateway: Gateway
    amount: int
    actor: Actor
    card: Card | None = None
    vaulted: VaultedCustomer | None = None
    test_card: str = ""
    new_card: str = ""
    confirmation_token: str = ""
    save_card: bool = False
    means: str = ""
    receipt: str = ""
    capture: bool = True
    off_session: bool = False
    purpose: Purpose = Purpose.PAYMENT_ENTRY
    form_token: uuid.UUID | None = None
    ship_doc: ShipDoc | None = None
    pay_link: PayLink | None = None
    upsell_line: OrderLine | None = None
    route: tuple[dict[str, str], ...] = ()
    moto: bool | None = None
    in_page: bool = False
    return_path: str = ""
    radar_session: str = ""


def _customer_reference(wish: Wish) -> str:
    vaulted = wish.card.vaulted_customer if wish.card else wish.vaulted
    return vaulted.reference if vaulted else ""


def charge_request(payment: Payment, order: Order | None, wish: Wish) -> ChargeRequest:
    about = _about_order(order, payment, wish) if order else _about_test(payment)
    return ChargeRequest(
        our_key=str(payment.key),
        amount=payment.amount,
        currency=payment.currency,
        payment_method=wish.card.reference if wish.card else wish.test_card or wish.new_card or wish.means,
        confirmation_token=wish.confirmation_token,
        save_card=wish.save_card and wish.card is None,
        receipt=wish.receipt,
        customer_reference=_customer_reference(wish),
        capture=payment.capture_now,
        off_session=wish.off_session,
        moto=wish.purpose in KEYED_IN if wish.moto is None else wish.moto,
        in_page=wish.in_page,
        radar_session=wish.radar_session,
        **about,
    )


def _about_order(order: Order, payment: Payment, wish: Wish) -> dict[str, Any]:
    page = wish.return_path or reverse("admin:orders_order_change", args=[order.pk])
    return {
        "description": f"{order.campaign.name}, {order.number}",
        "return_url": settings.PUBLIC_URL + page,
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
