"""A cycle that is due while a payment of it is still open: it is never charged a second time, only looked after."""

from datetime import timedelta

from gateways import clock
from orders.models import Order, Subscription
from orders.services import billing
from payments.actors import Actor
from payments.models import Payment
from payments.services.holds import ask_to_void
from payments.services.rebill_outcomes import next_reminding
from payments.services.subscription_mails import tell_to_confirm
from payments.states import Status

Held = Subscription.Held
WHILE_SOMEBODY_PAYS = timedelta(hours=1)


def look_after(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    """Of a payment on its way news will come. One that waits for its customer is reminded of, replaced or given up.

    What a customer pays by themselves, or an operator enters, is left alone: only its success means anything here.
    """
    if not payment.off_session:
        billing.wait(subscription, clock.now() + WHILE_SOMEBODY_PAYS)
        return
    if payment.status != Status.REQUIRES_ACTION:
        billing.wait(subscription, None)
        return
    again = next_reminding(subscription, payment)
    if payment.void_asked_at:
        again = None
    elif subscription.ends_after_cycle or subscription.card_id != payment.card_id:
        ask_to_void(payment.pk, actor, why="It is no longer wanted: the card, or the subscription, has changed.")
        again = None
    elif again is None:
        ask_to_void(payment.pk, actor, why="The customer did not confirm it, though reminded.")
    else:
        tell_to_confirm(subscription, payment)
    billing.hold(subscription, Held.AUTHENTICATION, actor.name, payment.message, try_at=again)


def still_closing(order: Order | None) -> bool:
    """A payment that was declined while its customer was there is being closed at the processor: until it is, another
    card may still pay it there.
    """
    closing = Payment.objects.filter(order=order, status=Status.DECLINED, next_try_at__isnull=False)
    return order is not None and closing.exists()
