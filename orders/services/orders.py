"""Sales orders: make one, with its lines priced as they are today."""

from collections.abc import Iterable
from typing import NamedTuple, TypedDict, Unpack

from django.db import transaction

from gateways import clock
from orders.models import Address, Campaign, Coupon, Customer, Offer, Order, OrderLine, Staff
from orders.services.coupons import change_coupon
from orders.services.problems import OrderProblem
from orders.services.totals import check_changed_line, check_line, check_total, total_up

__all__ = ["Extras", "NewLine", "OrderProblem", "add_upsell", "create_order", "price_line", "start_order", "total_up"]


class NewLine(NamedTuple):
    offer: Offer
    quantity: int
    staff: Staff | None = None


class Extras(TypedDict, total=False):
    """Amounts in minor units of the campaign's currency. A discount has a reason, or comes from a coupon."""

    discount: int
    discount_reason: str
    coupon: Coupon | None
    shipping: int
    tax: int
    source: Order.Source
    notes: str


@transaction.atomic
def create_order(
    customer: Customer,
    campaign: Campaign,
    lines: Iterable[NewLine | tuple[Offer, int]],
    *,
    address: Address | None = None,
    **extras: Unpack[Extras],
) -> Order:
    """`lines` are offers with quantities, and who gives the service. Raises OrderProblem."""
    coupon = extras.pop("coupon", None)
    order = Order(customer=customer, campaign=campaign, address=address, **extras)
    start_order(order)
    order.save()
    for line in lines:
        _line(order, NewLine(*line)).save()
    change_coupon(order, coupon)
    total_up(order)
    return order


def start_order(order: Order) -> None:
    """Give a new order what it takes from its campaign; its lines follow."""
    order.currency = order.campaign.currency
    order.created_at = order.created_at or clock.now()


def _line(order: Order, new: NewLine) -> OrderLine:
    line = OrderLine(order=order, offer=new.offer, quantity=new.quantity, staff=new.staff)
    price_line(line)
    return line


def price_line(line: OrderLine) -> None:
    """A line keeps the offer's name and price of the day on which it was entered. Raises OrderProblem."""
    check_changed_line(line)
    line.description = line.offer.name
    line.unit_price = line.offer.price


@transaction.atomic
def add_upsell(order_pk: int, new: NewLine, *, shipping: int = 0, tax: int = 0) -> OrderLine:
    """Sell something more on an order, paid or not: it is due on top. The lines before it stay. Raises OrderProblem."""
    order = Order.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=order_pk)
    if order.cancelled_at:
        raise OrderProblem("offer", f"{order} is cancelled: make a new order.")
    if order.subscription_id:
        raise OrderProblem("offer", f"{order} is the rebill of a subscription: make a new order.")
    if not new.offer.active:
        raise OrderProblem("offer", f"{new.offer} is not on sale any longer: choose another offer.")
    line = _line(order, new)
    line.is_upsell = True
    check_line(line, order)
    order.shipping += shipping
    order.tax += tax
    order.total += line.amount + shipping + tax
    check_total(order)
    line.save()
    order.save(update_fields=["shipping", "tax", "total"])
    return line
