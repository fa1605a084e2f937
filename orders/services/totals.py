"""What an order comes to: its lines less the discount, plus shipping and tax."""

from gateways import money
from orders.models import Order, OrderLine, PaymentState
from orders.services.coupons import coupon_discount
from orders.services.problems import OrderProblem


def total_up(order: Order) -> None:
    """Write the order's discount and total from its lines. Raises OrderProblem, inside the caller's transaction."""
    before = Order.objects.select_for_update().get(pk=order.pk)
    lines = list(order.lines.select_related("offer", "staff"))
    if not lines:
        raise OrderProblem("lines", "An order needs at least one line: choose an offer and a quantity.")
    for line in lines:
        check_line(line, order)
    _discount(order, sum(line.amount for line in lines if not line.is_upsell))
    order.total = sum(line.amount for line in lines) - order.discount + order.shipping + order.tax
    check_total(order)
    if order.total != before.total and before.payment_state != PaymentState.UNPAID:
        raise OrderProblem("lines", "A payment was entered meanwhile, so that the amounts stay as they are: reload.")
    order.save(update_fields=["discount", "total", "currency"])


def check_line(line: OrderLine, order: Order) -> None:
    """Raises OrderProblem."""
    if line.offer.campaign_id != order.campaign_id:
        raise OrderProblem("lines", f"{line.description} is not an offer of {order.campaign}: choose another offer.")
    if line.staff and not line.offer.staff.filter(pk=line.staff.pk).exists():
        raise OrderProblem("lines", f"{line.staff} does not give {line.description}: choose somebody else, or nobody.")


def check_changed_line(line: OrderLine) -> None:
    """What is on a ship doc is packed: it stays on the order as it is. Raises OrderProblem."""
    packed = OrderLine.objects.filter(pk=line.pk, quantity_on_ship_docs__gt=0).first()
    if packed is None:
        return
    if line.offer_id != packed.offer_id:
        raise OrderProblem("lines", f"{packed.description} is on a ship doc: cancel that before you change the offer.")
    if line.quantity < packed.quantity_on_ship_docs:
        raise OrderProblem(
            "lines",
            f"{packed.quantity_on_ship_docs} of {packed.description} are on ship docs: enter that or more, or change "
            "the ship docs first.",
        )


def _discount(order: Order, goods: int) -> None:
    """A coupon's is worked out; another one is given for a reason. What is added later is not cheaper for it."""
    if order.coupon:
        order.discount = coupon_discount(order.coupon, goods, order.currency)
    elif order.discount and not order.discount_reason:
        raise OrderProblem("discount_reason", "Say why there is a discount, or take it away.")
    if order.discount > goods:
        raise OrderProblem("discount", "The discount is more than the lines come to: make it smaller.")


def check_total(order: Order) -> None:
    """Raises OrderProblem."""
    most = money.maximum(order.currency)
    if order.total > most:
        raise OrderProblem(
            "lines", f"An order comes to {money.plain(most, order.currency)} at most: split it into two."
        )
