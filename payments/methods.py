"""The ways in which an order can be paid, as the payment-entry form offers them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateways import clock, stripe_js
from gateways.models import Gateway, Mode
from gateways.processors.test_cards import TEST_CARDS
from orders.models import Card, Order
from orders.services.vault import why_not

NUMBER = "number"
"""The method of a card that is typed, where a gateway's type takes card numbers."""
NEW = "new"
"""The method of a card that is typed into Stripe's own form."""


@dataclass(frozen=True)
class Method:
    """`gateways` are the primary keys of those that can take it; `needs` names the fields that go with it.

    `reasons` tell of a saved card, by the primary key of a gateway, why that one cannot charge it.
    """

    value: str
    label: str
    group: str
    gateways: str
    hint: str = ""
    needs: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)

    def fits(self, gateway: Gateway) -> bool:
        return str(gateway.pk) in self.gateways.split()

    @property
    def reasons_json(self) -> str:
        return json.dumps(dict(self.reasons))

    @property
    def why_never(self) -> str:
        """Why no gateway can charge it; empty while one can."""
        return "" if self.gateways else next(iter(self.reasons.values()), "No gateway is active.")


def methods_of(order: Order, gateways: list[Gateway]) -> list[Method]:
    """What the gateways can take between them, saved cards first; a saved card that none can charge says why."""
    cards = _saved_cards(order, gateways)
    others = [*_new_card(gateways), *_card_number(gateways), *_test_cards(gateways), *_receipts(gateways)]
    return [*cards, *(method for method in others if method.gateways)]


def _keys(gateways: Iterable[Gateway]) -> str:
    return " ".join(str(gateway.pk) for gateway in gateways)


def _saved_cards(order: Order, gateways: list[Gateway]) -> list[Method]:
    known = Gateway.objects.order_by("-pk").values_list("account_id", "mode", "name")
    homes = {(account_id, mode): name for account_id, mode, name in known}
    return [_saved_card(card, gateways, homes) for card in _newest(Card.objects.filter(customer=order.customer_id))]


def _saved_card(card: Card, gateways: list[Gateway], homes: Mapping[tuple[str, str], str]) -> Method:
    today, home = clock.now().date(), homes.get((card.account_id, card.mode), "")
    whys = {gateway: why_not(gateway, card, today, home=home) for gateway in gateways}
    return Method(
        f"card:{card.pk}",
        str(card),
        "Saved cards",
        _keys(gateway for gateway in gateways if not whys[gateway]),
        reasons={str(gateway.pk): why for gateway, why in whys.items() if why},
    )


def _newest(cards: Iterable[Card]) -> list[Card]:
    """A card that was kept twice at one account is offered once."""
    seen: dict[tuple[object, ...], Card] = {}
    for card in cards:
        same = (card.account_id, card.mode, card.fingerprint or card.pk, card.exp_year, card.exp_month)
        if same not in seen or (seen[same].blocked_at and not card.blocked_at):
            seen[same] = card
    return list(seen.values())


def _new_card(gateways: list[Gateway]) -> list[Method]:
    if stripe_js.uses_local_stripe():
        return []
    takers = _keys(one for one in gateways if one.kind.takes_tokens)
    hint = "is typed into Stripe's own form and never reaches Midway"
    return [Method(NEW, "Type a card", "New card", takers, hint, needs="element save")]


def _card_number(gateways: list[Gateway]) -> list[Method]:
    takers = _keys(one for one in gateways if one.kind.takes_card_numbers)
    hint = "goes straight to Stripe and is kept nowhere"
    return [Method(NUMBER, "Type a card number", "Card number", takers, hint, needs="number save")]


def _test_cards(gateways: list[Gateway]) -> list[Method]:
    """Stripe's own form takes test cards by their numbers; the local Stripe has no form."""
    if not stripe_js.uses_local_stripe():
        return []
    takers = _keys(one for one in gateways if one.mode == Mode.TEST and one.kind.takes_cards)
    return [
        Method(f"test:{card.reference}", card.label, "Test cards", takers, card.hint, needs="save")
        for card in TEST_CARDS
    ]


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
