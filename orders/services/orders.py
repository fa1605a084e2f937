"""Sales orders: make one, and add it up."""

from collections.abc import Iterable

from django.db import transaction

from gateways import clock, money
from orders.models import Address, Campaign, Customer, Offer, Order, OrderLine, PaymentState


class OrderProblem(Exception):
    """An order that cannot be saved so: `field` is the form's field, `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@transaction.atomic
def create_order(
    customer: Customer,
    campaign: Campaign,
    lines: Iterable[tuple[Offer, int]],
    *,
    address: Address | None = None,
    discount: int = 0,
    shipping: int = 0,
    tax: int = 0,
) -> Order:
    """`lines` are offers with quantities; amounts in minor units of the campaign's currency. Raises OrderProblem."""
    order = Order.objects.create(
        customer=customer,
        campaign=campaign,
        currency=campaign.currency,
        address=address,
        discount=discount,
        shipping=shipping,
        tax=tax,
        created_at=clock.now(),
    )
    for offer, quantity in lines:
        order.lines.create(offer=offer, quantity=quantity, description=offer.name, unit_price=offer.price)
    total_up(order)
    return order


@transaction.atomic
def cancel_order(order: Order) -> None:
    """An order on which nothing is paid, held or on its way takes no payment any longer. Raises OrderProblem."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.payment_state not in {PaymentState.UNPAID, PaymentState.CANCELLED}:
        state = order.get_payment_state_display().lower()
        raise OrderProblem("status", f"{order} is {state}: void what is held and refund what is paid first.")
    order.cancelled_at = order.cancelled_at or clock.now()
    order.payment_state = PaymentState.CANCELLED
    order.save(update_fields=["cancelled_at", "payment_state"])


def start_order(order: Order) -> None:
    """Give a new order what it takes from its campaign; its lines follow."""
    order.currency = order.campaign.currency
    order.created_at = order.created_at or clock.now()


def price_line(line: OrderLine) -> None:
    """A line keeps the offer's name and price of the day on which it was entered."""
    line.description = line.offer.name
    line.unit_price = line.offer.price


def total_up(order: Order) -> None:
    """Write the order's total from its lines. Raises OrderProblem, inside the caller's transaction."""
    before = Order.objects.select_for_update().get(pk=order.pk)
    lines = list(order.lines.select_related("offer"))
    if not lines:
        raise OrderProblem("lines", "An order needs at least one line: choose an offer and a quantity.")
    strangers = [line.description for line in lines if line.offer.campaign_id != order.campaign_id]
    if strangers:
        raise OrderProblem("lines", f"{strangers[0]} is not an offer of {order.campaign}: choose another offer.")
    goods = sum(line.amount for line in lines)
    if order.discount > goods:
        raise OrderProblem("discount", "The discount is more than the lines come to: make it smaller.")
    order.total = goods - order.discount + order.shipping + order.tax
    most = money.maximum(order.currency)
    if order.total > most:
        raise OrderProblem(
            "lines", f"An order comes to {money.plain(most, order.currency)} at most: split it into two."
        )
    if order.total != before.total and before.payment_state != PaymentState.UNPAID:
        raise OrderProblem("lines", "A payment was entered meanwhile, so that the amounts stay as they are: reload.")
    order.save(update_fields=["total", "currency"])
