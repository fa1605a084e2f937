"""How a wish comes by its card: a new one from the processor's own form, and the customer that it is kept for."""

from dataclasses import replace

from gateways.processors.base import GatewayMisconfigured, ProcessorError
from gateways.processors.test_cards import is_test_card
from gateways.services import pause
from orders.services.vault import vault_customer
from payments.services.reserve import PaymentRefused, Wish, check_terms


def with_new_card(wish: Wish, card: str) -> Wish:
    """`card` is a confirmation token, or Stripe's name of a test card. Call it outside a transaction.

    Raises PaymentRefused, before anybody is asked, where the gateway could not take the payment anyway.
    """
    check_terms(wish.gateway, wish.order, wish.amount)
    wish = with_customer(wish)
    return replace(wish, test_card=card) if is_test_card(card) else replace(wish, confirmation_token=card)


def with_customer(wish: Wish) -> Wish:
    """Where a card is kept, or a switch wants it, the processor knows the customer before the charge."""
    gateway = wish.gateway
    wanted = wish.save_card or gateway.send_upsell_token or gateway.create_customer
    if wish.order is None or not wanted or not gateway.kind.takes_cards:
        return wish
    try:
        return replace(wish, vaulted=vault_customer(wish.order.customer, gateway))
    except ProcessorError as error:
        if isinstance(error, GatewayMisconfigured):
            pause(gateway, error.message)
        raise PaymentRefused("gateway", f"{error.message} Nothing was charged: try again.") from error
