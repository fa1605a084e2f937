"""Force Bill NOW (S2-38): take the next cycle at once, once, however often it is pressed and by how many.

The date of the cycle after it does not change: it is due one interval after the date that this cycle had.
"""

import uuid

from django.db import transaction

from orders.models import Order, Subscription
from orders.services import billing
from orders.services.plans import next_amount, plan_of
from payments.actors import Actor
from payments.models import Payment
from payments.services.rebill_route import CannotBill
from payments.services.rebills import live_payment, take_cycle
from payments.services.reserve import PaymentRefused, Reservation
from payments.services.waiting import still_closing
from payments.states import Status


@transaction.atomic
def force_bill(
    subscription: Subscription, actor: Actor, form_token: uuid.UUID | None = None, *, cycle: int | None = None
) -> Reservation:
    """Reserve the payment of the next cycle; the caller enqueues the charge after the commit, or sends it at once.

    `cycle` is the one that the person saw and confirmed: once it is billed, nothing else is billed in its place. Left
    out, it is the next as `subscription` was read. Raises PaymentRefused, and then nothing was changed.
    """
    wanted = subscription.cycle + 1 if cycle is None else cycle
    row, order = billing.lock(subscription.pk)
    if form_token and (earlier := Payment.objects.filter(form_token=form_token).first()):
        return _repeated(earlier, subscription)
    if row is None:
        raise PaymentRefused("subscription", "This subscription does not exist any longer: reload the page.")
    _check(row, order, wanted)
    amount = int(order.total) if order else next_amount(row, plan_of(row.offer))
    if amount is None:
        raise PaymentRefused("subscription", f"{row} has no further cycle: there is nothing to bill.")
    billing.record(row, "billed by hand", actor.name, cycle=wanted)
    try:
        return Reservation(take_cycle(row, order, amount, actor, form_token))
    except CannotBill as why:
        raise PaymentRefused(why.field, why.message) from why


def _repeated(earlier: Payment, subscription: Subscription) -> Reservation:
    if earlier.subscription_id != subscription.pk:
        raise PaymentRefused("form_token", "This form belongs to another subscription: reload the page.")
    return Reservation(earlier, repeated=True)


def _check(row: Subscription, order: Order | None, wanted: int) -> None:
    if not row.bills:
        remedy = "resume it first." if row.status == row.Status.PAUSED else "nothing more is billed."
        raise PaymentRefused("subscription", f"{row} is {row.get_status_display().lower()}: {remedy}")
    if row.ends_after_cycle:
        raise PaymentRefused("subscription", f"{row} ends on {row.due_at:%-d %b %Y}: keep it first to bill it again.")
    if wanted != row.cycle + 1:
        raise PaymentRefused("subscription", f"Cycle {wanted} was billed meanwhile: reload the page to see it.")
    if live := live_payment(order):
        raise PaymentRefused("subscription", _what_is_open(live))
    if still_closing(order):
        raise PaymentRefused("subscription", "Its last payment is being closed at the processor: wait a minute.")


def _what_is_open(live: Payment) -> str:
    if live.status == Status.REQUIRES_ACTION:
        return f"{live} waits for the customer to confirm: wait, or void that payment first."
    return f"Cycle {live.cycle} is being billed already, by {live.actor}: {live} is {live.headline.lower()}."
