"""An order as the order API shows it."""

from typing import Any

from gateways.models import Gateway
from gateways.stripe_js import account_of
from orders.models import Order
from payments.models import ApiCall, Payment, Status
from payments.routing import route_order
from payments.services.balances import Balance, balance_of
from payments.states import IN_FLIGHT

OUTCOMES = {
    Status.CAPTURED: "paid",
    Status.AUTHORIZED: "authorized",
    Status.REQUIRES_ACTION: "redirect",
    Status.DECLINED: "declined",
    Status.FAILED: "declined",
}


def order_answer(order: Order, return_url: str = "") -> dict[str, Any]:
    balance = balance_of(order)
    payment = order.payments.select_related("gateway").order_by("-pk").first()
    open_to_pay = not order.cancelled_at and balance.due > 0
    return {
        "order": order.number,
        "outcome": _outcome(order, balance, payment),
        "currency": order.currency,
        "total": order.total,
        "paid": balance.paid,
        "refunded": balance.refunded,
        "due": balance.due,
        "payment": _payment(payment) if payment else None,
        "redirect": _redirect(payment, return_url or return_url_of(order)),
        "pay_with": _pay_with(order, balance) if open_to_pay else None,
    }


def _outcome(order: Order, balance: Balance, payment: Payment | None) -> str:
    if order.cancelled_at:
        return "cancelled"
    if balance.paid >= balance.total > 0:
        return "paid"
    if payment is None:
        return "unpaid"
    if payment.status in IN_FLIGHT or (payment.status == Status.REQUIRES_ACTION and not payment.action_url):
        return "pending"
    return OUTCOMES.get(Status(payment.status), "unpaid")


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "payment": payment.number,
        "status": payment.status,
        "amount": payment.amount,
        "gateway": payment.gateway.name,
        "card": payment.card_text,
        "decline_code": payment.decline_code,
        "message": payment.explanation,
    }


def _redirect(payment: Payment | None, return_url: str) -> dict[str, str] | None:
    if payment is None or payment.status != Status.REQUIRES_ACTION or not payment.action_url:
        return None
    return {"url": payment.action_url, "return_url": return_url}


def return_url_of(order: Order) -> str:
    """Of the last call that said where its customer comes back to."""
    call = ApiCall.objects.filter(order=order).exclude(return_url="").order_by("-pk").first()
    return call.return_url if call else ""


def _pay_with(order: Order, balance: Balance) -> dict[str, str] | None:
    gateway: Gateway | None = route_order(order, balance.due).gateway
    if gateway is None or not gateway.public_key:
        return None
    return {
        "gateway": gateway.name,
        "publishable_key": gateway.public_key,
        "stripe_account": account_of(gateway),
    }
