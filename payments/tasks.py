"""Celery's side: ids in, services called. The row is the queue; a message is only a hint."""

import logging
from collections.abc import Iterable
from itertools import islice

from celery import shared_task
from kombu.exceptions import OperationalError

from gateways import clock
from gateways.installation import beat_pulse
from gateways.models import Gateway, GoLiveCheck
from gateways.processors.base import ProcessorError
from payments.actors import WORKER
from payments.golive import run_go_live_check
from payments.models import Payment, Purpose
from payments.pacing import PAUSES
from payments.services.cap_warnings import warn_of_cap
from payments.services.caps import check_cap, months_to_compare
from payments.services.dispute_answers import settle_answer, unsettled_answers
from payments.services.disputes import gateways_to_look_through, look_for_disputes, open_disputes, refresh_dispute
from payments.services.expiring_cards import tell_of_expiring_cards
from payments.services.gate import chargeable
from payments.services.inbox import process_event, waiting_events
from payments.services.lanes import Way, free_ways
from payments.services.lanes import run as run_lane
from payments.services.late_money import give_back_late_money, orders_with_late_money
from payments.services.one_click import take_off_unpaid, unpaid_upsells
from payments.services.rebills import bill_due
from payments.services.receipts import due_receipts, send_receipt
from payments.services.reconcile import reconcile, stuck_payments
from payments.services.refunds.sweep import payments_to_sync, reconcile_refund, stuck_refunds, sync_due_refunds
from payments.services.submit import submit
from payments.services.test_drive.drive import run_drive
from payments.services.unconfirmed import due_reminders, remind
from payments.states import Status

log = logging.getLogger("midway.queue")

BATCH = 200
COMPARE_SECONDS = 100  # for one month; two of them stay below the time limit of a task
FIRST, BEHIND = 0, 6
"""Of messages: what a person waits for overtakes what nobody watches. Beat's own are in config/celery.py."""
BILLING_TURN = 10  # seconds


@shared_task(name="payments.tasks.charge_payment")
def charge_payment(payment_id: int) -> None:
    submit(payment_id)


@shared_task(name="payments.tasks.reconcile_payment")
def reconcile_payment(payment_id: int) -> None:
    reconcile(payment_id)


@shared_task(name="payments.tasks.process_webhook_event")
def process_webhook_event(event_pk: int) -> None:
    process_event(event_pk)


@shared_task(name="payments.tasks.bill_due_subscriptions")
def bill_due_subscriptions() -> None:
    """Any number of these may run at once: each passes over what another has at work."""
    done = bill_due(seconds=BILLING_TURN)
    enqueue_rebills()
    if done.more:
        _send(bill_due_subscriptions, priority=BEHIND)


@shared_task(name="payments.tasks.enqueue_rebills")
def enqueue_rebills() -> None:
    """Send the rebills that wait on their way, for every account that is not at work on its own already."""
    for way in free_ways():
        _send(charge_rebills, way.account_id, way.mode, way.number, priority=BEHIND)


@shared_task(name="payments.tasks.charge_rebills")
def charge_rebills(account_id: str, mode: str, number: int) -> None:
    if run_lane(Way(account_id, mode, number)):
        _send(charge_rebills, account_id, mode, number, priority=BEHIND)


@shared_task(name="payments.tasks.enqueue_waiting_payments")
def enqueue_waiting_payments() -> None:
    """What was reserved a while ago and that nobody has taken: its message was lost, or never sent."""
    old = Payment.objects.filter(status=Status.PENDING, created_at__lte=clock.now() - PAUSES[0])
    old = old.exclude(purpose=Purpose.REBILL)  # they go in lanes
    free = chargeable(old, campaign="order__campaign", gateway="gateway")
    for payment_id in free.order_by("pk").values_list("pk", flat=True)[:BATCH]:
        enqueue_charge(payment_id)


@shared_task(name="payments.tasks.reconcile_stuck_payments")
def reconcile_stuck_payments() -> None:
    for payment_id in stuck_payments():
        enqueue_reconcile(payment_id)


@shared_task(name="payments.tasks.settle_refund")
def settle_refund(refund_id: int) -> None:
    reconcile_refund(refund_id)


@shared_task(name="payments.tasks.look_up_refunds")
def look_up_refunds(payment_id: int) -> None:
    sync_due_refunds(payment_id)


@shared_task(name="payments.tasks.sweep_refunds")
def sweep_refunds() -> None:
    """Refunds of ours that are stuck, and payments of which the processor may know more of them."""
    for refund_id in stuck_refunds():
        _send(settle_refund, refund_id)
    for payment_id in payments_to_sync():
        _send(look_up_refunds, payment_id)


@shared_task(name="payments.tasks.sweep_late_money")
def sweep_late_money() -> None:
    for order_pk in orders_with_late_money():
        give_back_late_money(order_pk)


@shared_task(name="payments.tasks.enqueue_waiting_events")
def enqueue_waiting_events() -> None:
    for event_pk in waiting_events():
        enqueue_event(event_pk)


@shared_task(name="payments.tasks.check_gateways")
def check_gateways() -> None:
    """One message for each gateway, so that one that is slow or broken holds up nobody else."""
    for gateway_id in _active_gateways():
        _send(check_gateway, gateway_id)


@shared_task(name="payments.tasks.check_gateway")
def check_gateway(gateway_id: int) -> None:
    gateway = Gateway.objects.filter(pk=gateway_id).first()
    if gateway is None:
        return
    red = [row for row in run_go_live_check(gateway) if row.outcome == GoLiveCheck.Outcome.FAILED]
    for row in red:
        log.warning("gateway %s, %s: %s", gateway.pk, row.check_name, row.detail, extra={"gateway": gateway.pk})


@shared_task(name="payments.tasks.beat_installation_pulse")
def beat_installation_pulse() -> None:
    beat_pulse()


@shared_task(name="payments.tasks.check_caps")
def check_caps() -> None:
    """From the books alone, so that it may run often; one message for each gateway."""
    for gateway_id in _active_gateways():
        _send(check_gateway_cap, gateway_id)


@shared_task(name="payments.tasks.check_gateway_cap")
def check_gateway_cap(gateway_id: int) -> None:
    gateway = Gateway.objects.filter(pk=gateway_id).first()
    if gateway:
        warn_of_cap(check_cap(gateway, ask_processor=False))


@shared_task(name="payments.tasks.compare_caps")
def compare_caps() -> None:
    """With the processor's own charges; one message for each gateway, so that a slow one holds up nobody else."""
    for gateway_id in _active_gateways():
        _send(compare_gateway_cap, gateway_id)


@shared_task(name="payments.tasks.compare_gateway_cap")
def compare_gateway_cap(gateway_id: int) -> None:
    gateway = Gateway.objects.filter(pk=gateway_id).first()
    if gateway:
        for month in months_to_compare(gateway):
            check_cap(gateway, month, patience=COMPARE_SECONDS)


def _active_gateways() -> list[int]:
    return list(Gateway.objects.filter(active=True).order_by("pk").values_list("pk", flat=True))


@shared_task(name="payments.tasks.run_test_drive")
def run_test_drive(drive_pk: int) -> None:
    run_drive(drive_pk, WORKER)


@shared_task(name="payments.tasks.tell_of_expiring_cards")
def tell_of_expiring() -> None:
    tell_of_expiring_cards()


@shared_task(name="payments.tasks.send_receipts")
def send_receipts() -> None:
    for payment_id in due_receipts():
        send_receipt(payment_id)


@shared_task(name="payments.tasks.enqueue_unsettled_answers")
def enqueue_unsettled_answers() -> None:
    for answer_id in unsettled_answers():
        _send(settle_dispute_answer, answer_id)


@shared_task(name="payments.tasks.settle_dispute_answer")
def settle_dispute_answer(answer_id: int) -> None:
    settle_answer(answer_id)


@shared_task(name="payments.tasks.look_after_disputes")
def look_after_disputes() -> None:
    """Each open dispute, and each account for those whose events were lost."""
    for dispute_id in open_disputes():
        _send(look_at_open_dispute, dispute_id)
    for gateway_id in gateways_to_look_through():
        _send(look_for_missed_disputes, gateway_id)


@shared_task(name="payments.tasks.look_at_open_dispute")
def look_at_open_dispute(dispute_id: int) -> None:
    try:
        refresh_dispute(dispute_id)
    except ProcessorError as error:
        log.warning("dispute %s was not looked at: %s", dispute_id, error.message, extra={"row": dispute_id})


@shared_task(name="payments.tasks.look_for_missed_disputes")
def look_for_missed_disputes(gateway_id: int) -> None:
    try:
        look_for_disputes(Gateway.objects.get(pk=gateway_id))
    except ProcessorError as error:
        log.warning("gateway %s was not asked for disputes: %s", gateway_id, error.message, extra={"row": gateway_id})


@shared_task(name="payments.tasks.remind_unconfirmed")
def remind_unconfirmed() -> None:
    for payment_id in due_reminders():
        remind(payment_id)


@shared_task(name="payments.tasks.take_off_unpaid_upsells")
def take_off_unpaid_upsells() -> None:
    for payment_id in unpaid_upsells():
        take_off_unpaid(payment_id)


def enqueue_charge(payment_id: int) -> bool:
    """After the commit. False when the broker is gone: the sweep will find the row."""
    return _send(charge_payment, payment_id)


def enqueue_charges(payment_ids: Iterable[int]) -> None:
    """The first of many; the sweep finds the others, and all of them where the broker is gone. Rebills go in lanes."""
    first = Payment.objects.filter(pk__in=list(islice(payment_ids, BATCH))).exclude(purpose=Purpose.REBILL)
    for payment_id in first.order_by("pk").values_list("pk", flat=True):
        if not enqueue_charge(payment_id):
            return


def enqueue_test_drive(drive_pk: int) -> bool:
    return _send(run_test_drive, drive_pk)


def enqueue_reconcile(payment_id: int) -> bool:
    return _send(reconcile_payment, payment_id)


def enqueue_event(event_pk: int) -> bool:
    return _send(process_webhook_event, event_pk)


def _send(task: object, *arguments: object, priority: int = FIRST) -> bool:
    try:
        if priority == FIRST:
            task.delay(*arguments)  # type: ignore[attr-defined]
        else:
            task.apply_async(arguments, priority=priority)  # type: ignore[attr-defined]
    except (OperationalError, OSError) as error:
        row = arguments[0] if arguments else ""
        log.warning("the broker is away (%s): a sweep will find the row", type(error).__name__, extra={"row": row})
        return False
    return True
