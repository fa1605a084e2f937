"""What each ship doc of an order is worth: its lines, with their share of discount, shipping and tax."""

from collections.abc import Mapping
from typing import NamedTuple

from gateways import money
from orders.models import Order, OrderLine, ShipDoc
from orders.services.shares import split


class Goods(NamedTuple):
    """Some of an order's lines in money: all of them, and those of the sale without what was added later."""

    amount: int
    sold: int


def ship_doc_values(order: Order) -> dict[int, int]:
    """By primary key, in minor units; cancelled ones are left out.

    Once all that is shippable is on ship docs, they come to what that costs, to the unit: the last one gets the rest.
    The discount was given on the lines of the sale, so that an upsell bears none of it.
    """
    lines = {line.pk: line for line in order.lines.select_related("offer")}
    docs = list(order.ship_docs.exclude(status=ShipDoc.Status.CANCELLED).order_by("pk").prefetch_related("lines"))
    packed = [_goods(lines, {line.order_line_id: line.quantity for line in doc.lines.all()}) for doc in docs]
    every = _goods(lines, {line.pk: line.quantity for line in lines.values()})
    shippable = _goods(lines, {line.pk: _shippable(line) for line in lines.values()})
    step = money.step(order.currency)
    discounts = _parts(order.discount, [one.sold for one in packed], every.sold, step)
    taxes = _parts(order.tax, [one.amount for one in packed], every.amount, step)
    shippings = _parts(order.shipping, [one.amount for one in packed], shippable.amount, step)
    rows = zip(docs, packed, discounts, shippings, taxes, strict=True)
    return {doc.pk: goods.amount - less + shipping + tax for doc, goods, less, shipping, tax in rows}


def _goods(lines: Mapping[int, OrderLine], quantities: Mapping[int, int]) -> Goods:
    amounts = {pk: quantity * lines[pk].unit_price for pk, quantity in quantities.items()}
    sold = sum(amount for pk, amount in amounts.items() if not lines[pk].is_upsell)
    return Goods(sum(amounts.values()), sold)


def _shippable(line: OrderLine) -> int:
    return line.quantity if line.offer.shippable else line.quantity_on_ship_docs


def _parts(amount: int, weights: list[int], whole: int, step: int) -> list[int]:
    """The shares of the ship docs; what is not on one yet, or never will be, bears the rest."""
    rest = whole - sum(weights)
    return split(amount, [*weights, rest], step)[:-1] if rest else split(amount, weights, step)
