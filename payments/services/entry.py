"""Payment entry: what an operator typed on a sales order becomes a payment that waits to be charged."""

import uuid

from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from orders.models import Card, Order, VaultedCustomer
from orders.services.vault import vault_customer
from payments.actors import Actor
from payments.services.reserve import PaymentRefused, Reservation, Wish, reserve


def enter_payment(
    order: Order,
    gateway: Gateway,
    amount: int,
    method: str,
    actor: Actor,
    *,
    capture: bool = True,
    form_token: uuid.UUID | None = None,
) -> Reservation:
    """`method` is `card:<primary key>` or `test:<Stripe's name of a test card>`; `amount` in minor units.

    The caller enqueues the charge after the commit. Raises PaymentRefused; nothing is written then.
    """
    kind, _, value = method.partition(":")
    card = None
    if kind == "card":
        cards = Card.objects.select_related("vaulted_customer")
        card = cards.filter(pk=int(value)).first() if value.isascii() and value.isdecimal() else None
        if card is None:
            raise PaymentRefused("method", "This card does not exist any longer: reload the page and choose another.")
    vaulted = None
    if kind == "test" and (gateway.send_upsell_token or gateway.create_customer):
        vaulted = _known_to_stripe(order, gateway)
    wish = Wish(
        order=order,
        gateway=gateway,
        amount=amount,
        actor=actor,
        card=card,
        vaulted=vaulted,
        test_card=value if kind == "test" else "",
        capture=capture,
        form_token=form_token,
    )
    return reserve(wish)


def _known_to_stripe(order: Order, gateway: Gateway) -> VaultedCustomer:
    """Some switches need the customer to be known at the processor before the charge."""
    try:
        return vault_customer(order.customer, gateway)
    except ProcessorError as error:
        raise PaymentRefused("gateway", f"{error.message} Nothing was charged: try again.") from error
