"""Cards that a processor keeps for our customers."""

import uuid

from gateways.models import Gateway
from gateways.processors.base import Recipient
from gateways.services import processor_for
from orders.models import Address, Card, Customer, VaultedCustomer

ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")


def recipient_of(customer: Customer, address: Address | None = None) -> Recipient:
    """What a processor may be told of a customer; the gateway's switches decide what really is."""
    where = {name: getattr(address, name) for name in ADDRESS} if address else {}
    return Recipient(name=customer.name, email=customer.email, phone=customer.phone, **where)


def vault_customer(customer: Customer, gateway: Gateway) -> VaultedCustomer:
    """Our customer as the gateway's account knows them, made there if need be. Call it outside a transaction."""
    known = VaultedCustomer.objects.filter(customer=customer, account_id=gateway.account_id, mode=gateway.mode).first()
    if known:
        return known
    recipient = recipient_of(customer)
    reference = processor_for(gateway).create_customer(
        recipient, label=str(customer.pk), key=_customer_key(customer, recipient)
    )
    row, _ = VaultedCustomer.objects.get_or_create(
        customer=customer, account_id=gateway.account_id, mode=gateway.mode, defaults={"reference": reference}
    )
    return row


def _customer_key(customer: Customer, recipient: Recipient) -> str:
    """Of what is sent too: a corrected address, or the first customer of a new database, is another request."""
    return f"midway-customer-{customer.pk}-{uuid.uuid5(uuid.NAMESPACE_OID, repr(recipient))}"


def save_card(customer: Customer, gateway: Gateway, payment_method: str) -> Card:
    """Check a card at the processor without charging it, and keep its reference. Raises ProcessorError."""
    vaulted = vault_customer(customer, gateway)
    saved = processor_for(gateway).verify(payment_method, vaulted.reference, key=f"midway-card-{uuid.uuid4()}")
    card, _ = Card.objects.get_or_create(
        account_id=gateway.account_id,
        mode=gateway.mode,
        reference=saved.reference,
        defaults={
            "customer": customer,
            "vaulted_customer": vaulted,
            "brand": saved.brand,
            "last4": saved.last4,
            "exp_month": saved.exp_month,
            "exp_year": saved.exp_year,
            "fingerprint": saved.fingerprint,
        },
    )
    return card


def can_charge(gateway: Gateway, card: Card) -> bool:
    """Gateways on one account share its cards; test and live mode do not (D8)."""
    return (card.account_id, card.mode) == (gateway.account_id, gateway.mode)
