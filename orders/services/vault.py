"""Cards that a processor keeps for our customers."""

import uuid
from dataclasses import dataclass
from datetime import date

from gateways import stripe_js
from gateways.models import Gateway
from gateways.processors.base import InvalidRequest, Recipient, SavedCard, SavingResult
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
    return _row(vaulted, saved)


def remember_card(account_id: str, mode: str, saved: SavedCard) -> Card | None:
    """Write down, once, a card that the processor keeps. None: it keeps it for a customer whom we do not know."""
    ours = VaultedCustomer.objects.filter(account_id=account_id, mode=mode, reference=saved.customer_reference)
    vaulted = ours.select_related("customer").first()
    return _row(vaulted, saved) if vaulted else None


def _row(vaulted: VaultedCustomer, saved: SavedCard) -> Card:
    card, _ = Card.objects.get_or_create(
        account_id=vaulted.account_id,
        mode=vaulted.mode,
        reference=saved.reference,
        defaults={
            "customer": vaulted.customer,
            "vaulted_customer": vaulted,
            "brand": saved.brand,
            "last4": saved.last4,
            "exp_month": saved.exp_month,
            "exp_year": saved.exp_year,
            "fingerprint": saved.fingerprint,
        },
    )
    return card


@dataclass(frozen=True)
class KeptCard:
    """What came of keeping a card: its row once it is kept, else how far it is, or why it was refused."""

    result: SavingResult
    card: Card | None = None


def keep_new_card(customer: Customer, gateway: Gateway, new_card: str, *, key: str, return_url: str = "") -> KeptCard:
    """Keep a card from the processor's own form, charging nothing. Call it outside a transaction.

    `new_card` is its confirmation token, or the name of a test card. With a `return_url` the holder can be sent to the
    bank where the page cannot show the bank's question.

    `key` belongs to the form that was sent: the same one keeps one card. Where the holder must confirm, hold on to
    `result.reference` and call `finish_keeping` afterwards. Raises ProcessorError.
    """
    vaulted = vault_customer(customer, gateway)
    processor = processor_for(gateway)
    in_page = stripe_js.works_for(gateway)
    result = processor.save_from_token(new_card, vaulted.reference, key=key, return_url=return_url, in_page=in_page)
    return _kept(vaulted, result)


def finish_keeping(customer: Customer, gateway: Gateway, reference: str) -> KeptCard:
    """How a card stands whose holder was asked to confirm. Another customer's reference raises InvalidRequest."""
    vaulted = vault_customer(customer, gateway)
    result = processor_for(gateway).fetch_saving(reference)
    if result.customer_reference != vaulted.reference:
        raise InvalidRequest("This card was entered for another customer: enter it again.")
    return _kept(vaulted, result)


def _kept(vaulted: VaultedCustomer, result: SavingResult) -> KeptCard:
    return KeptCard(result, _row(vaulted, result.card) if result.card else None)


def unfit(card: Card, today: date) -> str:
    """Why a card should be charged nowhere, in words for an operator; empty when it is good."""
    if card.blocked_at:
        return f"blocked after a decline: {card.block_reason}"
    if (card.exp_year, card.exp_month) < (today.year, today.month):
        return f"expired {card.exp_month:02}/{card.exp_year % 100:02}"
    return ""


def why_not(gateway: Gateway, card: Card, today: date, *, home: str = "") -> str:
    """Why this gateway should not charge this card now; empty when it can. `home` is a gateway that could."""
    if not gateway.kind.takes_cards:
        return f"{gateway} takes no cards"
    if why := unfit(card, today):
        return why
    if card.mode != gateway.mode:
        return f"kept in {card.mode} mode, and {gateway} is in {gateway.mode} mode"
    if not can_charge(gateway, card):
        return "kept on another Stripe account" + (f", that of {home}" if home else "")
    return ""


def can_charge(gateway: Gateway, card: Card) -> bool:
    """Gateways on one account share its cards; test and live mode do not (D8)."""
    return (card.account_id, card.mode) == (gateway.account_id, gateway.mode)
