"""Subscriptions begin when an order with recurring lines is paid: one for each of these lines, once."""

from orders.models import Offer, OrderLine, PaymentState
from orders.services import billing
from payments.actors import Actor
from payments.models import Payment
from payments.services.subscription_mails import tell_card_needed
from payments.states import Status


def start_subscriptions(payment: Payment, actor: Actor) -> None:
    """Where this payment is what the order lacked. What is part paid has not begun: cycle 1 is the whole sale.

    The card and the gateway are this payment's, else those of the last payment of the order that has a card.
    """
    lines = OrderLine.objects.filter(
        order=payment.order_id,
        offer__kind=Offer.Kind.RECURRING,
        subscription=None,
        order__payment_state=PaymentState.PAID,
        order__subscription=None,
    )
    for line in lines.select_related("order__customer", "offer__campaign"):
        source = _with_card(payment)
        subscription = billing.start(line, source.card, source.gateway, actor.name)
        if subscription and subscription.card is None:
            tell_card_needed(subscription)


def _with_card(payment: Payment) -> Payment:
    if payment.card_id:
        return payment
    others = Payment.objects.filter(order=payment.order_id, status=Status.CAPTURED, card__isnull=False)
    return others.select_related("card", "gateway").order_by("-pk").first() or payment
