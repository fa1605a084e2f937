"""What comes of a rebill: the next cycle, another try, a question to the customer, or the end.

Called in the transaction that wrote the payment's new status; its order and its subscription are locked.
"""

from collections.abc import Callable
from datetime import datetime

from gateways import clock
from orders.models import Card, Subscription
from orders.services import billing
from orders.services.vault import can_charge
from payments.actors import Actor
from payments.dunning import after_failure, next_reminder, next_retry
from payments.models import Payment
from payments.services.history import record
from payments.services.subscription_mails import tell_cancelled, tell_card_needed, tell_declined, tell_to_confirm
from payments.states import Status

Held, State = Subscription.Held, Subscription.Status
CARD_GONE = "resource_missing"
"""The processor no longer knows the card or its customer: asking again would be refused again."""


def rebill_changed(payment: Payment, subscription_id: int, actor: Actor) -> None:
    subscription = Subscription.objects.select_related(*billing.ROW).get(pk=subscription_id)
    if payment.status == Status.CAPTURED:
        _captured(subscription, payment, actor)
    elif payment.cycle == subscription.cycle + 1 and payment.status in OUTCOMES:
        if subscription.due_at is None:
            billing.drop_order(payment.order)
        elif subscription.bills and payment.off_session:  # what people try by themselves counts when it succeeds
            OUTCOMES[Status(payment.status)](subscription, payment, actor)


def _captured(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    if payment.cycle != subscription.cycle + 1:
        raise ValueError(f"{payment} pays cycle {payment.cycle} of {subscription}, which is not its next")
    _adopt_card(subscription, payment, actor)
    billing.paid(subscription, actor.name, f"{payment} of {payment.order}")
    if subscription.status == State.CANCELLED:
        payment.review_reason = f"Charged after {subscription} was cancelled: refund it, if it is not wanted."
        payment.save(update_fields=["review_reason"])
        record(payment, "review", actor, before=payment.status, detail=payment.review_reason)


def _adopt_card(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    """A card that the customer paid with by themselves, and that was kept, is billed from now on."""
    card = payment.card
    if payment.off_session or card is None or card == subscription.card or card.blocked_at:
        return
    subscription.card = card
    if not can_charge(subscription.gateway, card):
        subscription.gateway = payment.gateway
    billing.record(subscription, "card changed", actor.name, detail=f"{card}: it paid {payment}.")


def _has_new_card(subscription: Subscription, payment: Payment) -> bool:
    """The customer changed it while this payment was on its way: what the old one came to does not matter."""
    return subscription.card_id is not None and subscription.card_id != payment.card_id


def _declined(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    billing.record(subscription, "declined", actor.name, cycle=payment.cycle, detail=f"{payment}: {payment.message}")
    if _has_new_card(subscription, payment):
        billing.wait(subscription, clock.now())
    elif payment.decline_hard:
        _needs_card(subscription, actor, payment.message)
    elif subscription.due_at and subscription.due_at > clock.now():
        billing.wait(subscription, subscription.due_at)  # it was billed early: its own date stands
    else:
        _try_again(subscription, payment, actor)


def _needs_card(subscription: Subscription, actor: Actor, reason: str) -> None:
    billing.mark_late(subscription)
    billing.hold(subscription, Held.CARD, actor.name, reason)
    tell_card_needed(subscription, reason)


def _try_again(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    subscription.retries += 1
    billing.mark_late(subscription)
    asked = Payment.objects.filter(order=payment.order_id, settled_at__isnull=False).exclude(status=Status.FAILED)
    dates = list(asked.order_by("-settled_at").values_list("settled_at", flat=True)[: subscription.retries])
    last = payment.settled_at or clock.now()
    again = next_retry(
        subscription.offer.campaign.retry_schedule,
        subscription.retries,
        first=dates[-1] or last,
        last=last,
        zone=subscription.time_zone,
        minute=subscription.pk,
    )
    if again is None:
        _retries_ended(subscription, payment, actor)
        return
    billing.wait(subscription, again)
    if subscription.retries == 1:
        tell_declined(subscription, payment)


def _retries_ended(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    """What is left then is the campaign's choice."""
    campaign = subscription.offer.campaign
    if campaign.after_retries == campaign.AfterRetries.CANCEL:
        billing.drop_order(payment.order)
        billing.end(subscription, State.CANCELLED, "Every retry was declined.", actor.name)
        tell_cancelled(subscription)
        return
    billing.mark_late(subscription)
    billing.hold(subscription, Held.RETRIES, actor.name, "Every retry was declined.")
    tell_card_needed(subscription, payment.message)


def _failed(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    """Nothing was sent, or the processor would not hear of it: the card has done nothing wrong."""
    billing.record(subscription, "failed", actor.name, cycle=payment.cycle, detail=f"{payment}: {payment.message}")
    if payment.decline_code == CARD_GONE and not _has_new_card(subscription, payment):
        _needs_card(subscription, actor, payment.message)
        return
    failures = Payment.objects.filter(order=payment.order_id, status=Status.FAILED).count()
    billing.wait(subscription, clock.now() + after_failure(failures))


def _wants_customer(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    billing.mark_late(subscription)
    again = next_reminding(subscription, payment)
    billing.hold(subscription, Held.AUTHENTICATION, actor.name, payment.message, try_at=again)
    tell_to_confirm(subscription, payment)


def next_reminding(subscription: Subscription, payment: Payment) -> datetime | None:
    days = subscription.offer.campaign.retry_schedule
    return next_reminder(days, payment.submitted_at or payment.created_at, clock.now())


def _given_up(subscription: Subscription, payment: Payment, actor: Actor) -> None:
    """Nobody confirmed it for so long; or somebody gave it up before, and the card is tried again when it is time."""
    again = next_reminding(subscription, payment)
    if _has_new_card(subscription, payment):
        billing.wait(subscription, clock.now())
    elif again is None:
        _retries_ended(subscription, payment, actor)
    else:
        billing.wait(subscription, again)


OUTCOMES: dict[Status, Callable[[Subscription, Payment, Actor], None]] = {
    Status.DECLINED: _declined,
    Status.FAILED: _failed,
    Status.REQUIRES_ACTION: _wants_customer,
    Status.VOIDED: _given_up,
    Status.EXPIRED: _given_up,
}


def block_card(payment: Payment) -> None:
    """A hard decline is for ever: this card is charged no more while its holder is away."""
    reason = (payment.message or payment.decline_code or "The bank declined it for good.")[:255]
    Card.objects.filter(payments=payment, blocked_at=None).update(blocked_at=clock.now(), block_reason=reason)
