"""What outside checkouts do: make an order and pay it, in one step or in two (S2-16, S2-44)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from orders.models import Address, Customer, Offer, Order
from orders.services.orders import OrderProblem, create_order
from payments.actors import Actor
from payments.models import ApiCall, Payment
from payments.routing import route_offers, route_order
from payments.services.api.calls import form_token_of
from payments.services.api.errors import refusal
from payments.services.api.means import Means, means_of, reserve_by
from payments.services.balances import balance_of
from payments.services.submit import submit

Body = Mapping[str, Any]
Lines = list[tuple[Offer, int]]
ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")


def place_order(call: ApiCall, body: Body, actor: Actor) -> Order:
    """Make the order that `body` describes (see the API's description) and pay it where it brings a payment.

    Order and payment are written together or not at all; the charge follows the commit. Raises ApiRefusal.
    """
    order = call.order or _write(call, body, actor)
    _charge(call, actor)
    return order


def pay_order(call: ApiCall, order: Order, asked: Body, actor: Actor) -> Order:
    """One more try to pay an order that is still open. Raises ApiRefusal."""
    if call.order is None:
        offers = Offer.objects.filter(lines__order=order).distinct()
        due = balance_of(order).due
        if not due:
            raise refusal(422, "nothing_due", "Nothing is due on this order: read it to see how it stands.")
        means = means_of(asked, route_order(order, due), order.customer, offers)
        with transaction.atomic():
            _note(call, order, asked)
            reserve_by(means, order, due, form_token_of(call), actor)
    _charge(call, actor)
    return order


def _write(call: ApiCall, body: Body, actor: Actor) -> Order:
    lines = _lines(call, body)
    customer = _customer(body["customer"])
    means = _means(call, body, lines, customer) if "payment" in body else None
    with transaction.atomic():
        order = _order(call, customer, lines, body)
        _note(call, order, body.get("payment", {}))
        if means:
            reserve_by(means, order, balance_of(order).due, form_token_of(call), actor)
    return order


def _means(call: ApiCall, body: Body, lines: Lines, customer: Customer) -> Means:
    goods = sum(offer.price * quantity for offer, quantity in lines)
    offers = [offer for offer, _ in lines]
    total = goods + body.get("shipping", 0) + body.get("tax", 0)
    return means_of(body["payment"], route_offers(call.campaign, offers, total, seed=call.key), customer, offers)


def _note(call: ApiCall, order: Order, asked: Body) -> None:
    call.order, call.return_url = order, asked.get("return_url", "")
    call.save(update_fields=["order", "return_url"])


def _lines(call: ApiCall, body: Body) -> Lines:
    on_sale = {str(offer.pk): offer for offer in call.campaign.offers.filter(active=True)}
    on_sale |= {offer.sku: offer for offer in on_sale.values() if offer.sku}
    lines = []
    for position, line in enumerate(body["lines"]):
        offer = on_sale.get(line["offer"])
        if offer is None:
            words = f"{call.campaign} sells no such offer: give the number or the SKU of one that is on sale."
            raise refusal(422, "unknown_offer", words, f"lines.{position}.offer")
        lines.append((offer, line.get("quantity", 1)))
    return lines


def _customer(given: Body) -> Customer:
    """Known by the address of mail; what the office knows of a customer is not overwritten from outside."""
    known = Customer.objects.filter(email__iexact=given["email"]).first()
    if known:
        return known
    defaults = {name: given.get(name, "") for name in ("name", "phone", "language")}
    customer, _ = Customer.objects.get_or_create(email=given["email"], defaults=defaults)
    return customer


def _order(call: ApiCall, customer: Customer, lines: Lines, body: Body) -> Order:
    extras = {name: body.get(name, 0) for name in ("shipping", "tax")}
    address = _address(customer, body["customer"].get("address"))
    try:
        order = create_order(customer, call.campaign, lines, address=address, **extras)
    except OrderProblem as problem:
        raise refusal(422, "order_refused", problem.message, problem.field) from problem
    order.source = Order.Source.API
    order.save(update_fields=["source"])
    return order


def _address(customer: Customer, given: Body | None) -> Address | None:
    if given is None:
        return None
    where = {name: given.get(name, "") for name in ADDRESS}
    same = (known for known in customer.addresses.all() if all(getattr(known, name) == where[name] for name in ADDRESS))
    return next(same, None) or Address.objects.create(customer=customer, **where)


def _charge(call: ApiCall, actor: Actor) -> None:
    """Whoever takes a call up again finds the payment charged already, or charges it now: never both."""
    payment = Payment.objects.filter(form_token=form_token_of(call)).first()
    if payment is not None:
        submit(payment.pk, actor)
