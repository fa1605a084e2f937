"""Something more after a sale, for one click on the card that was just used, without a new challenge (S2-14).

An upsell is a line of its own with a payment of its own. What is not paid comes off the order again.
"""

import uuid
from datetime import timedelta

from django.db import transaction

from gateways import clock
from orders.models import Offer, Order, OrderLine
from orders.services.orders import NewLine, OrderProblem, add_upsell
from orders.services.upsells import remove_upsell
from payments.actors import CUSTOMER, Actor
from payments.models import Checkout, Payment, Purpose
from payments.routing import prefer, route_order
from payments.services.balances import lock_order, refresh_order
from payments.services.reserve import PaymentRefused, Wish, reserve
from payments.services.submit import submit
from payments.states import FINAL, OPEN, Status

SHORTLY = timedelta(minutes=30)
"""A customer who comes back later did not just buy, and would not expect that one click charges them."""
PAID = {Status.CAPTURED, Status.AUTHORIZED}
UNPAID = FINAL - {Status.CAPTURED}
BATCH = 100


def sale_of(order: Order) -> Payment | None:
    """The sale whose card may be charged again: it was kept for that, and the sale is not long ago."""
    sales = order.payments.filter(
        status__in=PAID,
        purpose__in=[Purpose.SALE, Purpose.DEPOSIT],
        card__isnull=False,
        card__blocked_at=None,
        gateway__send_upsell_token=True,
        submitted_at__gte=clock.now() - SHORTLY,
    )
    return sales.select_related("gateway", "card__vaulted_customer").order_by("-pk").first()


def upsells_for(order: Order) -> list[Offer]:
    """What may be offered now, in the order in which it was entered; nothing once the customer has declined."""
    if order.cancelled_at or order.campaign.deleted_at or not Checkout.objects.filter(order=order).exists():
        return []
    if Checkout.objects.filter(order=order, upsell_closed_at__isnull=False).exists() or sale_of(order) is None:
        return []
    offers = order.campaign.offers.filter(active=True, is_upsell=True, terms=Offer.Terms.FULL)
    if order.address_id is None:
        offers = offers.filter(shippable=False)
    return list(offers.exclude(lines__order=order).order_by("pk"))


def close_upsells(order: Order) -> None:
    """The customer wants nothing more."""
    Checkout.objects.filter(order=order, upsell_closed_at=None).update(upsell_closed_at=clock.now())


def accept_upsell(order: Order, offer: Offer, form_token: uuid.UUID, actor: Actor = CUSTOMER) -> Payment:
    """Add the offer and charge it to the sale's card, once, however often it is asked. Call it outside a transaction.

    Raises PaymentRefused: nothing was added then. What is not charged is taken off again.
    """
    payment = _reserve(order, offer, form_token, actor)
    submit(payment.pk, actor)
    take_off_unpaid(payment.pk)
    payment.refresh_from_db()
    return payment


@transaction.atomic
def _reserve(order: Order, offer: Offer, form_token: uuid.UUID, actor: Actor) -> Payment:
    lock_order(order.pk)
    if earlier := _earlier(order, offer, form_token):
        return earlier
    if order.payments.filter(status__in=OPEN - {Status.AUTHORIZED}).exists():
        raise PaymentRefused("payment", f"A payment of {order} is on its way: wait for its answer.")
    sale = sale_of(order)
    if sale is None or sale.card is None or offer not in upsells_for(order):
        raise PaymentRefused("offer", f"{offer} cannot be added to {order} any longer.")
    try:
        line = add_upsell(order.pk, NewLine(offer, 1))
    except OrderProblem as problem:
        raise PaymentRefused("offer", problem.message) from problem
    order.refresh_from_db()
    route = prefer(route_order(order, line.amount, card=sale.card), sale.gateway)
    if route.gateway is None:
        raise PaymentRefused("gateway", route.problem)
    wish = Wish(
        order=order,
        gateway=route.gateway,
        amount=line.amount,
        actor=actor,
        card=sale.card,
        off_session=True,
        purpose=Purpose.UPSELL,
        form_token=form_token,
        upsell_line=line,
        route=route.trace,
        moto=False,
    )
    return reserve(wish).payment


def _earlier(order: Order, offer: Offer, form_token: uuid.UUID) -> Payment | None:
    """What this press, or another one for the same offer, made before."""
    known = Payment.objects.filter(order=order, purpose=Purpose.UPSELL)
    same_press = known.filter(form_token=form_token).first()
    return same_press or known.filter(upsell_line__offer=offer).order_by("-pk").first()


def unpaid_upsells() -> list[int]:
    """Upsells that were not paid after all, and are still on their orders."""
    unpaid = Payment.objects.filter(upsell_line__isnull=False, status__in=UNPAID)
    return list(unpaid.order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def take_off_unpaid(payment_id: int) -> bool:
    """Take the line off that this payment did not pay. False where there is nothing to take off."""
    order = lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
    if order is None or payment.upsell_line_id is None or payment.status not in UNPAID:
        return False
    line = OrderLine.objects.get(pk=payment.upsell_line_id)
    remove_upsell(order, line)
    Payment.objects.filter(pk=payment_id).update(upsell_line=None)
    refresh_order(order)
    return True
