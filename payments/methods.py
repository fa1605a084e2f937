"""The ways in which an order can be paid, as the payment-entry form offers them."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateways.models import Gateway, Mode
from gateways.processors.test_cards import TEST_CARDS
from orders.models import Card, Order
from orders.services.vault import can_charge

NUMBER = "number"
"""The method of a card that is typed, where a gateway's type takes card numbers."""


@dataclass(frozen=True)
class Method:
    """`gateways` are the primary keys of those that can take it; `needs` names the fields that go with it."""

    value: str
    label: str
    group: str
    gateways: str
    hint: str = ""
    needs: str = ""


def methods_of(order: Order, gateways: list[Gateway]) -> list[Method]:
    """What the gateways can take between them, saved cards first."""
    every = [*_saved_cards(order, gateways), *_card_number(gateways), *_test_cards(gateways), *_receipts(gateways)]
    return [method for method in every if method.gateways]


def _keys(gateways: Iterable[Gateway]) -> str:
    return " ".join(str(gateway.pk) for gateway in gateways)


def _saved_cards(order: Order, gateways: list[Gateway]) -> list[Method]:
    cards = Card.objects.filter(customer=order.customer_id)
    return [
        Method(f"card:{card.pk}", str(card), "Saved cards", _keys(one for one in gateways if can_charge(one, card)))
        for card in cards
    ]


def _card_number(gateways: list[Gateway]) -> list[Method]:
    takers = _keys(one for one in gateways if one.kind.takes_card_numbers)
    hint = "goes straight to Stripe and is kept nowhere"
    return [Method(NUMBER, "Type a card number", "New card", takers, hint, needs="number")]


def _test_cards(gateways: list[Gateway]) -> list[Method]:
    takers = _keys(one for one in gateways if one.mode == Mode.TEST and one.kind.takes_cards)
    return [Method(f"test:{card.reference}", card.label, "Test cards", takers, card.hint) for card in TEST_CARDS]


def _receipts(gateways: list[Gateway]) -> list[Method]:
    ways = {way: label for one in gateways for way, label in one.kind.receipts.items()}
    return [
        Method(
            f"offline:{way}",
            label,
            "Without a processor",
            _keys(one for one in gateways if way in one.kind.receipts),
            needs="receipt",
        )
        for way, label in ways.items()
    ]
