"""The last phase of a charge: what the processor says is written once, whoever brings the news, in any order.

The synchronous answer, a webhook and reconciliation all come through `settle`; each holds the locks of `lock_order`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from gateways import clock, volume
from gateways.processors.base import Outcome, ProcessorError, Result
from gateways.processors.declines import AUTHENTICATION_REQUIRED
from orders.services import billing
from orders.services.vault import remember_card
from payments.actors import Actor
from payments.models import Payment
from payments.pacing import after_hold, next_try
from payments.services.balances import lock_order, refresh_order
from payments.services.consequences import after_change
from payments.services.history import record
from payments.services.review import ask_a_person
from payments.services.tranches import hold_back
from payments.states import FINAL, IN_FLIGHT, News, Status, judge

WAITING = {Status.REQUIRES_ACTION, Status.PROCESSING}


@transaction.atomic
def settle(payment_id: int, result: Result, actor: Actor) -> Payment:
    """Apply what the processor says to the payment; what is known or older than what we know changes nothing."""
    payment = _locked(payment_id)
    result = _as_it_is_meant(payment, result)
    if problem := disagreement(payment, result):
        ask_a_person(payment, problem, actor, result.request_id)
        return payment
    news, after = judge(Status(payment.status), result.outcome)
    if news is News.CONTRADICTION:
        problem = f"Stripe says {result.outcome}, after {payment.get_status_display()}"
        ask_a_person(payment, problem, actor, result.request_id)
    elif news is not News.STALE:
        _apply(payment, result, after, actor)
    return payment


def _as_it_is_meant(payment: Payment, result: Result) -> Result:
    """A bank that wants the holder of a card that was rebilled has not said no: they can confirm this very payment."""
    if not (payment.subscription_id and payment.off_session and result.outcome is Outcome.DECLINED):
        return result
    asks = result.decline is not None and result.decline.code == AUTHENTICATION_REQUIRED
    return replace(result, outcome=Outcome.REQUIRES_ACTION) if asks else result


def disagreement(payment: Payment, result: Result) -> str:
    """What the processor returned that is not what we asked for; empty when all is well."""
    asked = {
        "amount": (payment.amount, result.amount),
        "currency": (payment.currency, result.currency),
        "mode": (payment.mode, "live" if result.livemode else "test"),
        "payment": (str(payment.key), result.our_key or str(payment.key)),
        "reference": (payment.reference or result.reference, result.reference),
    }
    faults = [f"{name}: asked {a}, answered {b}" for name, (a, b) in asked.items() if a != b]
    if not result.amount_refunded <= result.amount_captured <= payment.amount:
        faults.append(f"captured {result.amount_captured}, refunded {result.amount_refunded}")
    return "; ".join(faults)


def _apply(payment: Payment, result: Result, after: Status, actor: Actor) -> None:
    before, known_decline = Status(payment.status), payment.decline_code
    _copy_facts(payment, result)
    payment.status = after
    _remember_card(payment, result)
    if after != before:
        _move_money(payment, result, before)
        payment.settled_at = clock.now() if after in FINAL else None
        payment.next_try_at = _look_again_at(payment)
        payment.tries = 0 if after in WAITING else payment.tries
    if before is Status.REQUIRES_ACTION and after is Status.DECLINED:
        _have_it_closed(payment)
    payment.save()
    if after != before:
        record(
            payment,
            after.value,
            actor,
            before=before,
            amount=payment.amount_captured or payment.amount,
            detail=payment.message,
            request_id=result.request_id,
        )
    elif payment.authentication_failed and known_decline != payment.decline_code:
        record(payment, "authentication failed", actor, before=before, request_id=result.request_id)
    _refresh(payment)
    if after != before:
        after_change(payment, before, actor)


def _look_again_at(payment: Payment) -> datetime | None:
    if payment.status in WAITING:
        return next_try(payment.tries)
    return after_hold(payment) if payment.status == Status.AUTHORIZED else None


def _copy_facts(payment: Payment, result: Result) -> None:
    """Facts only ever grow: an answer that lacks one does not take it away."""
    payment.reference = result.reference
    payment.charge_reference = result.charge_reference or payment.charge_reference
    payment.statement_text = result.statement_text or payment.statement_text
    payment.card_brand = result.card_brand or payment.card_brand
    payment.card_last4 = result.card_last4 or payment.card_last4
    payment.capture_before = result.capture_before or payment.capture_before
    payment.settled_currency = result.settled_currency or payment.settled_currency
    payment.fee = payment.fee if result.fee is None else result.fee
    payment.net = payment.net if result.net is None else result.net
    payment.action_url = result.action_url if result.outcome is Outcome.REQUIRES_ACTION else ""
    if result.outcome is Outcome.CAPTURED:
        payment.amount_captured = result.amount_captured
        if result.amount_refunded != payment.amount_refunded:  # listed outside this transaction
            payment.refunds_due_at = clock.now()
    if result.decline:
        payment.decline_code = result.decline.code[:64]
        payment.decline_hard = result.decline.hard
        payment.advice = result.decline.advice[:64]
        payment.message = result.decline.message[:500]
    else:
        payment.decline_code = payment.advice = payment.message = ""
        payment.decline_hard = False


def _have_it_closed(payment: Payment) -> None:
    """The cardholder's browser holds what could still pay it with another card: reconciliation cancels it there."""
    payment.void_asked_at = clock.now()
    payment.next_try_at = next_try(0)


def _remember_card(payment: Payment, result: Result) -> None:
    """A card that the processor kept with this payment is its customer's from now on, whoever brought the news."""
    if payment.card is None and result.saved_card and payment.status in {Status.CAPTURED, Status.AUTHORIZED}:
        payment.card = remember_card(payment.account_id, payment.mode, result.saved_card)


def _move_money(payment: Payment, result: Result, before: Status) -> None:
    """The room that the payment held under the cap is used, or free again."""
    if payment.status == Status.CAPTURED:
        volume.move_to_captured(
            payment.gateway, payment.cap_month, held=payment.amount, captured=result.amount_captured
        )
        hold_back(payment, result.amount_captured)
    elif payment.status in FINAL and before not in FINAL:
        volume.give_back(payment.gateway, payment.cap_month, payment.amount)


def mark_unknown(payment_id: int, error: ProcessorError, actor: Actor) -> Payment:
    """We asked and did not hear the answer: reconciliation finds it out, and nobody may charge again meanwhile."""

    def change(payment: Payment) -> None:
        payment.status = Status.UNKNOWN
        payment.message = error.message
        payment.next_try_at = next_try(payment.tries)

    return _change(payment_id, change, "unknown", actor, error, only={Status.SUBMITTED, Status.UNKNOWN})


def mark_failed(payment_id: int, error: ProcessorError, actor: Actor, *, only: set[Status]) -> Payment:
    """It is certain that nothing was charged: the room goes back, and a new payment may be entered."""

    def change(payment: Payment) -> None:
        payment.status = Status.FAILED
        payment.message = error.message
        payment.decline_code = error.code[:64]
        payment.settled_at = clock.now()
        payment.next_try_at = None
        volume.give_back(payment.gateway, payment.cap_month, payment.amount)

    return _change(payment_id, change, "failed", actor, error, only=only)


@transaction.atomic
def _change(
    payment_id: int,
    change: Callable[[Payment], None],
    kind: str,
    actor: Actor,
    error: ProcessorError,
    *,
    only: set[Status],
) -> Payment:
    payment = _locked(payment_id)
    if payment.status in only:
        before = payment.status
        change(payment)
        payment.message = payment.message[:500]
        payment.save()
        if payment.status != before:
            record(payment, kind, actor, before=before, detail=error.message, request_id=error.request_id)
        _refresh(payment)
        if payment.status != before:
            after_change(payment, Status(before), actor)
    return payment


def postpone(payment_id: int, until: datetime) -> None:
    """Look again later. The status stays as it is."""
    watched = IN_FLIGHT | WAITING | {Status.AUTHORIZED, Status.DECLINED}
    Payment.objects.filter(pk=payment_id, status__in=watched).update(next_try_at=until)


def _locked(payment_id: int) -> Payment:
    order_id, subscription_id = Payment.objects.values_list("order_id", "subscription_id").get(pk=payment_id)
    lock_order(order_id)
    if subscription_id:
        billing.lock_row(subscription_id)
    return Payment.objects.select_for_update(of=("self",)).select_related("gateway", "order").get(pk=payment_id)


def _refresh(payment: Payment) -> None:
    if payment.order:
        refresh_order(payment.order)
