"""Disputes: the processor's own object, looked at afresh, says how one stands; the names of the events never do.

Events come late, twice and in any order. Each leads to one look, and of two looks the newer one counts.
"""

from copy import copy
from datetime import datetime, timedelta

from django.db import transaction

from gateways import clock
from gateways.days import day_of
from gateways.models import Gateway
from gateways.processors.base import Event
from gateways.processors.disputes import DisputeResult
from gateways.services import processor_for
from payments.actors import BEAT, WEBHOOK, Actor
from payments.models import Dispute, DisputeStatus, Payment, WebhookEvent
from payments.models.dispute import DECIDED, NO_CHARGEBACK, OVER
from payments.services.balances import lock_order
from payments.services.dispute_history import tell_changes
from payments.services.dispute_proof import settle_answers
from payments.services.review import ask_a_person
from payments.services.settle import settle
from payments.states import Status

MISSED_SINCE = timedelta(days=40)
"""How far back the nightly look goes for disputes whose events never came."""

BATCH = 500

Handled = tuple[str, str, Payment | None]
"""What the inbox notes: the event's status, a note, and the payment that it was about."""


def take_dispute_news(event: Event, gateway: Gateway, payment: Payment | None) -> Handled:
    """What comes of an event about a dispute. Call it outside a transaction. Raises ProcessorError."""
    payment = payment or _of_unheard_payment(event, gateway)
    if payment is None:
        return WebhookEvent.Status.IGNORED, "about no payment of this gateway's account", None
    if payment.status != Status.CAPTURED:  # the news of the dispute overtook that of the payment
        settle(payment.pk, processor_for(payment.gateway).fetch(event.payment_reference), WEBHOOK)
    dispute = look_at_dispute(payment, event.object_reference, WEBHOOK)
    note = f"{dispute}: {dispute.get_status_display()}" if dispute else "a person must look at the payment"
    return WebhookEvent.Status.APPLIED, note, payment


def _of_unheard_payment(event: Event, gateway: Gateway) -> Payment | None:
    """A dispute carries no key of ours. Where the answer to a charge was not heard yet, its payment tells by ours."""
    unheard = Payment.objects.select_related("gateway").filter(
        account_id=gateway.account_id, mode=gateway.mode, reference="", status__in=[Status.SUBMITTED, Status.UNKNOWN]
    )
    if not event.payment_reference or not unheard.exists():
        return None
    our_key = processor_for(gateway).fetch(event.payment_reference).our_key
    return next((payment for payment in unheard if str(payment.key) == our_key), None)


def look_at_dispute(payment: Payment, reference: str, actor: Actor) -> Dispute | None:
    """Ask the processor how a dispute stands, and write it down. None: what it says cannot be, a person must look."""
    asked_at = clock.now()
    result = processor_for(payment.gateway).fetch_dispute(reference)
    return write_dispute(payment.pk, result, actor, asked_at=asked_at)


@transaction.atomic
def write_dispute(payment_id: int, result: DisputeResult, actor: Actor, *, asked_at: datetime) -> Dispute | None:
    """Apply what the processor said when it was asked at `asked_at`; what is known, or older, changes nothing."""
    payment = _locked(payment_id)
    ours = Dispute.objects.filter(account_id=payment.account_id, mode=payment.mode)
    known = ours.filter(reference=result.reference).first()
    if problem := _disagreement(payment, known, result):
        ask_a_person(payment, problem, actor, result.request_id)
        return known
    if known and (problem := _contradiction(known, result, asked_at)):
        ask_a_person(payment, problem, actor, result.request_id)
    if known and _is_older(known, result):
        return known
    return _take(payment, known, result, actor, asked_at)


def _take(payment: Payment, known: Dispute | None, result: DisputeResult, actor: Actor, asked_at: datetime) -> Dispute:
    dispute = copy(known) if known else _opened(payment, result)
    _copy_facts(dispute, payment, result, asked_at)
    if dispute.status not in DECIDED:
        dispute.status = result.status
        dispute.closed_at = (dispute.closed_at or clock.now()) if result.status in OVER else None
    dispute.save()
    tell_changes(payment, known, dispute, actor, result.request_id)
    settle_answers(payment, dispute, actor)
    return dispute


def _locked(payment_id: int) -> Payment:
    lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    return Payment.objects.select_for_update(of=("self",)).select_related("gateway", "order").get(pk=payment_id)


def _disagreement(payment: Payment, known: Dispute | None, result: DisputeResult) -> str:
    """What cannot be true of this payment; empty when all is well."""
    expected = {
        "mode": (payment.mode, "live" if result.livemode else "test"),
        "payment": (payment.reference, result.payment_reference),
        "currency": (payment.currency, result.currency),
        "dispute of payment": (payment.pk, known.payment_id if known else payment.pk),
    }
    faults = [f"{name}: {ours}, Stripe says {theirs}" for name, (ours, theirs) in expected.items() if ours != theirs]
    if result.status not in DisputeStatus.values:
        faults.append(f"its status {result.status} is not known")
    return f"Dispute {result.reference}: {'; '.join(faults)}" if faults else ""


def _version(dispute: Dispute | DisputeResult) -> tuple[int, int, bool]:
    """Money that moved and evidence that was sent only ever add up, and the end comes last."""
    return dispute.movements, dispute.submissions, dispute.status in OVER


def _is_older(known: Dispute, result: DisputeResult) -> bool:
    return _version(result) < _version(known)


def _contradiction(known: Dispute, result: DisputeResult, asked_at: datetime) -> str:
    """Won and lost stay, and what is over does not begin again: else a person must look. Empty when all is well."""
    if _is_older(known, result):
        wrong = known.closed_at is not None and asked_at > known.closed_at
    else:
        wrong = known.status in DECIDED and known.status != result.status
    return f"Dispute {known} is {known.status}, and now Stripe says {result.status}" if wrong else ""


def _opened(payment: Payment, result: DisputeResult) -> Dispute:
    return Dispute(
        payment=payment,
        gateway=payment.gateway,
        campaign_id=payment.order.campaign_id if payment.order else None,
        account_id=payment.account_id,
        mode=payment.mode,
        reference=result.reference,
        currency=result.currency,
        opened_at=result.opened_at,
        opened_on=day_of(payment.gateway, result.opened_at),
    )


def _copy_facts(dispute: Dispute, payment: Payment, result: DisputeResult, asked_at: datetime) -> None:
    dispute.charge_reference = result.charge_reference
    dispute.amount = result.amount
    dispute.reason = result.reason[:64]
    dispute.network_reason = result.network_reason[:32]
    dispute.evidence_due_at = result.evidence_due_at
    dispute.submissions = result.submissions
    dispute.movements = result.movements
    dispute.amount_withdrawn = result.withdrawn
    dispute.amount_reinstated = result.reinstated
    dispute.fee_taken = result.fee_taken
    dispute.settled_currency = result.settled_currency
    dispute.looked_at = asked_at
    if dispute.fee is None and result.status not in NO_CHARGEBACK:
        dispute.fee = payment.gateway.chargeback_fee


def open_disputes() -> list[int]:
    """Those that may still change, the longest not looked at first."""
    may_change = Dispute.objects.filter(status__in=sorted(set(DisputeStatus) - OVER))
    return list(may_change.order_by("looked_at").values_list("pk", flat=True)[:BATCH])


def refresh_dispute(dispute_id: int, actor: Actor = BEAT) -> Dispute:
    """Look at a dispute that is known. Call it outside a transaction. Raises ProcessorError."""
    dispute = Dispute.objects.select_related("payment__gateway").get(pk=dispute_id)
    look_at_dispute(dispute.payment, dispute.reference, actor)
    dispute.refresh_from_db()
    return dispute


def look_for_disputes(gateway: Gateway, actor: Actor = BEAT, *, since: datetime | None = None) -> list[Dispute]:
    """Ask for all disputes of the gateway's account, so that one whose events were lost is found all the same."""
    asked_at = clock.now()
    found = processor_for(gateway).list_disputes(since=since or asked_at - MISSED_SINCE)
    ours = Payment.objects.filter(account_id=gateway.account_id, mode=gateway.mode)
    written = []
    for result in found:
        payment = ours.filter(reference=result.payment_reference).first() if result.payment_reference else None
        if payment and (dispute := write_dispute(payment.pk, result, actor, asked_at=asked_at)):
            written.append(dispute)
    return written


def gateways_to_look_through() -> list[int]:
    """One gateway of each account, an active one where there is one: those that share an account share its disputes."""
    every = Gateway.objects.order_by("active", "-pk").only("pk", "account_id", "mode", "processor")
    return sorted({(one.account_id, one.mode): one.pk for one in every if one.kind.takes_cards}.values())
