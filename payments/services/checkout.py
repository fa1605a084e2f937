"""A campaign's checkout: what is on sale, what a basket comes to, and the order that one form makes, once.

Knows of no request: Midway's own page and any other checkout stand on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from gateways import clock
from orders.models import Campaign, Offer, Order, OrderLine
from orders.services.coupons import check_coupon, coupon_discount, find_coupon
from orders.services.customers import Buyer, Place, address_for, customer_for
from orders.services.orders import NewLine, OrderProblem, create_order, price_line
from orders.services.terms import due_of
from payments.models import Checkout

MOST_OF_ONE = 99


@dataclass(frozen=True)
class Basket:
    campaign: Campaign
    lines: tuple[NewLine, ...]
    coupon_code: str = ""


@dataclass(frozen=True)
class Quote:
    """Minor units of the campaign's currency. `now` is paid at once, `later` when the merchant asks for it."""

    lines: tuple[OrderLine, ...]
    discount: int
    total: int
    now: int

    @property
    def later(self) -> int:
        return self.total - self.now


def why_closed(campaign: Campaign) -> str:
    """Why nobody can buy on the campaign's checkout page, for the merchant to read; empty when it is open."""
    if campaign.deleted_at:
        return f"{campaign} is deleted."
    if not campaign.active:
        return f"{campaign} is switched off."
    if not campaign.card_payments:
        return f"{campaign} takes no cards: switch card payments on in the campaign."
    return "" if campaign.checkout_on else f"Payment in the online form is off in {campaign}."


def offers_on_sale(campaign: Campaign) -> QuerySet[Offer]:
    """Without the upsells, which follow a sale."""
    return campaign.offers.filter(active=True, is_upsell=False).order_by("pk")


def quote(basket: Basket) -> Quote:
    """What the order would come to. Raises OrderProblem; writes nothing."""
    _check_lines(basket.lines)
    order = Order(campaign=basket.campaign, currency=basket.campaign.currency)
    lines = tuple(_line(order, new) for new in basket.lines)
    goods = sum(line.amount for line in lines)
    discount = _discount(basket, goods)
    total = goods - discount
    return Quote(lines, discount, total, due_of(lines, total, basket.campaign.currency))


def _line(order: Order, new: NewLine) -> OrderLine:
    line = OrderLine(order=order, offer=new.offer, quantity=new.quantity, staff=new.staff)
    price_line(line)
    return line


def _discount(basket: Basket, goods: int) -> int:
    if not basket.coupon_code.strip():
        return 0
    coupon = find_coupon(basket.campaign, basket.coupon_code)
    check_coupon(coupon, basket.campaign)
    return coupon_discount(coupon, goods, basket.campaign.currency)


def _check_lines(lines: Iterable[NewLine]) -> None:
    wanted = list(lines)
    if not wanted:
        raise OrderProblem("lines", "Choose at least one offer.")
    for line in wanted:
        if not 1 <= line.quantity <= MOST_OF_ONE:
            raise OrderProblem("lines", f"Of one offer 1 to {MOST_OF_ONE} can be bought at once.")
        if not line.offer.active or line.offer.is_upsell:
            raise OrderProblem("lines", f"{line.offer} is not on sale here: choose another offer.")
        if line.staff and not line.staff.active:
            raise OrderProblem("lines", f"{line.staff} is not here any longer: choose somebody else, or nobody.")


def order_of(token: str) -> Order | None:
    """What the form with this token made, if it was sent before."""
    row = Checkout.objects.select_related("order__campaign", "order__customer").filter(token=token).first()
    return row.order if row else None


def place_order(
    basket: Basket,
    buyer: Buyer,
    place: Place | None,
    token: str,
    *,
    source: Order.Source = Order.Source.CHECKOUT,
) -> Order:
    """The order of this token: made now, or by the same form before. Raises OrderProblem; nothing is written then.

    A stranger's token is worth nothing: whoever has it sent the form, so that it must be as long as a key.
    """
    if known := order_of(token):
        return known
    try:
        return _place(basket, buyer, place, token, source)
    except IntegrityError:  # the same form, at the same moment
        known = order_of(token)
        if known is None:
            raise
        return known


@transaction.atomic
def _place(basket: Basket, buyer: Buyer, place: Place | None, token: str, source: Order.Source) -> Order:
    _check_lines(basket.lines)
    if place is None and any(line.offer.shippable for line in basket.lines):
        raise OrderProblem("address", "Something has to be shipped: give an address.")
    coupon = find_coupon(basket.campaign, basket.coupon_code) if basket.coupon_code.strip() else None
    customer = customer_for(buyer)
    order = create_order(
        customer,
        basket.campaign,
        basket.lines,
        address=address_for(customer, place) if place else None,
        coupon=coupon,
        source=source,
    )
    Checkout.objects.create(token=token, order=order, created_at=clock.now())
    return order
