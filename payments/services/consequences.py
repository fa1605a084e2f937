"""What follows from a payment's new status, beyond the payment itself.

Called once for each change, in the transaction that wrote it, after the order's own figures were written. The order,
the subscription of a rebill, and the payment are locked.
"""

from payments.actors import Actor
from payments.models import Payment
from payments.services.rebill_outcomes import block_card, rebill_changed
from payments.services.starts import start_subscriptions
from payments.states import Status


def after_change(payment: Payment, before: Status, actor: Actor) -> None:
    if payment.status == Status.DECLINED and payment.decline_hard and payment.card_id:
        block_card(payment)
    if payment.subscription_id:
        rebill_changed(payment, payment.subscription_id, actor)
    elif payment.order_id and payment.status == Status.CAPTURED:
        start_subscriptions(payment, actor)
