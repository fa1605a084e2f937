"""A refund whose answer was not heard is found out; it is never given back twice."""

from datetime import timedelta

import pytest

from gateways import clock
from payments.models import Payment, Refund
from payments.services.refunds.reserve import reserve_refund
from payments.services.refunds.submit import refund_payment
from payments.services.refunds.sweep import payments_to_sync, reconcile_refund, stuck_refunds, sync_due_refunds
from payments.tasks import sweep_refunds
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER
from tests.faults.at_once import at_once
from tests.legacy import make_offline_gateway
from tests.payments.refunds import (
    PENDING_CARD,
    REFUNDS,
    assert_books,
    calls_counted,
    due_now,
    paid,
    refund_in_dashboard,
    refunds_at_stripe,
)

pytestmark = pytest.mark.django_db(transaction=True)

SILENCES = [("reset", "before"), ("reset", "after"), ("error", "before"), ("error", "after"), ("timeout", "after")]


def unheard(stripe: LocalStripe, payment: Payment, when: str = "after", kind: str = "reset") -> Refund:
    stripe.faults.add(Fault(kind=kind, when=when, method="POST", path=REFUNDS))  # type: ignore[arg-type]
    refund = refund_payment(payment.pk, 6_000, TESTER).refund
    stripe.faults.clear()
    assert refund.status == "unknown"
    return refund


def aged(refund: Refund, **age: int) -> int:
    Refund.objects.filter(pk=refund.pk).update(submitted_at=clock.now() - timedelta(**age))
    return due_now(refund)


@pytest.mark.parametrize(("kind", "when"), SILENCES)
def test_silence_before_or_after_stripes_commit_ends_with_one_refund(
    local_stripe: LocalStripe, kind: str, when: str
) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment, when, kind)
    after = reconcile_refund(due_now(refund))
    assert after is not None
    assert (after.status, after.next_try_at) == ("succeeded", None)
    assert [one["id"] for one in refunds_at_stripe(payment)] == [after.reference]
    assert_books(payment)
    assert payment.events.filter(kind="refunded").count() == 1


def test_what_stripe_has_done_is_found_and_not_asked_for_again(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment)
    with calls_counted() as calls:
        reconcile_refund(due_now(refund))
    assert calls == []
    refund.refresh_from_db()
    assert refund.status == "succeeded"


def test_a_process_that_died_before_it_asked_is_finished_by_the_sweep() -> None:
    payment = paid(10_000)
    refund = reserve_refund(payment.pk, 6_000, TESTER).refund
    assert stuck_refunds() == []
    due_now(refund)
    assert stuck_refunds() == [refund.pk]
    reconcile_refund(refund.pk)
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert_books(payment)


@pytest.mark.parametrize("done", [False, True])
def test_a_process_that_died_while_it_asked_is_finished_by_the_sweep(local_stripe: LocalStripe, done: bool) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment, "after" if done else "before")
    Refund.objects.filter(pk=refund.pk).update(status="submitted")
    reconcile_refund(due_now(refund))
    refund.refresh_from_db()
    assert (refund.status, len(refunds_at_stripe(payment))) == ("succeeded", 1)


@pytest.mark.parametrize("hours", [23, 25, 24 * 40])
def test_after_the_key_has_aged_stripe_is_looked_at_and_nothing_is_sent(local_stripe: LocalStripe, hours: int) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment)
    with calls_counted() as calls:
        reconcile_refund(aged(refund, hours=hours, minutes=1))
    refund.refresh_from_db()
    assert (refund.status, calls) == ("succeeded", [])
    assert_books(payment)


def test_what_stripe_never_saw_has_failed_after_a_day_and_a_person_is_told(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment, "before")
    with calls_counted() as calls:
        reconcile_refund(aged(refund, hours=23, minutes=1))
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, calls, refunds_at_stripe(payment)) == ("failed", [], [])
    assert f"The refund {refund} of 60.00 USD failed: the customer did not get the money." in payment.review_reason
    assert payment.amount_refunded == 0
    assert_books(payment)


def test_just_before_the_key_ages_it_is_asked_once_more_under_the_same_key(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment, "before")
    reconcile_refund(aged(refund, hours=22, minutes=59))
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert len(refunds_at_stripe(payment)) == 1


def test_ten_sweeps_at_once_ask_once(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = due_now(unheard(local_stripe, payment, "before"))
    with calls_counted() as calls:
        told = at_once(10, lambda _: reconcile_refund(refund))
    assert sum(answer is not None for answer in told) == len(calls) == 1
    assert_books(payment)


def test_silence_that_goes_on_is_asked_again_later_and_later(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment)
    local_stripe.faults.add(Fault(kind="error", when="before", path=f"{REFUNDS}*", times=None))
    pauses = []
    for _ in range(3):
        reconcile_refund(due_now(refund))
        refund.refresh_from_db()
        assert refund.next_try_at is not None
        pauses.append(refund.next_try_at - clock.now())
    assert refund.status == "unknown"
    assert pauses == sorted(pauses)


def test_a_key_that_was_revoked_meanwhile_proves_nothing(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment)
    gateway = payment.gateway
    good, gateway.secret_key = gateway.secret_key, "sk_live_revoked"
    gateway.save()
    reconcile_refund(due_now(refund))
    refund.refresh_from_db()
    assert refund.status == "unknown"
    gateway.secret_key = good
    gateway.save()
    reconcile_refund(due_now(refund))
    refund.refresh_from_db()
    assert (refund.status, len(refunds_at_stripe(payment))) == ("succeeded", 1)


def test_a_refusal_of_the_second_try_is_certain_because_the_first_is_not_there(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment, "before")
    reference = refund_in_dashboard(payment, 7_000)
    reconcile_refund(due_now(refund))
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert refund.status == "failed"
    assert str(refund) in payment.review_reason
    assert payments_to_sync() == [payment.pk]  # the other one had no room until this one was given up
    assert sync_due_refunds(payment.pk)
    assert payment.refunds.get(reference=reference).amount == 7_000
    assert_books(payment)


def test_an_answer_of_another_amount_is_not_believed_nor_asked_for_again(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    refund = unheard(local_stripe, payment)
    Refund.objects.filter(pk=refund.pk).update(amount=5_000)
    with calls_counted() as calls:
        reconcile_refund(aged(refund, hours=30))
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, calls) == ("unknown", [])
    assert "amount: asked 5000, answered 6000" in payment.review_reason


def test_a_pending_refund_counts_and_is_settled_when_the_bank_has_confirmed_it(local_stripe: LocalStripe) -> None:
    payment = paid(10_000, test_card=PENDING_CARD)
    refund = refund_payment(payment.pk, 6_000, TESTER).refund
    assert (refund.status, refund.settled_at) == ("processing", None)
    assert_books(payment)
    reconcile_refund(due_now(refund))
    refund.refresh_from_db()
    assert refund.status == "processing"
    local_stripe.clock.advance(61)
    reconcile_refund(due_now(refund))
    local_stripe.clock.advance(-61)
    refund.refresh_from_db()
    assert (refund.status, refund.next_try_at) == ("succeeded", None)
    assert [kind for kind in payment.events.values_list("kind", flat=True) if "refund" in kind] == [
        "refund asked",
        "refund accepted",
        "refunded",
    ]


@pytest.mark.parametrize("written", [False, True])
def test_the_book_of_receipts_is_settled_after_a_crash_too(written: bool) -> None:
    payment = paid(10_000, gateway=make_offline_gateway(), test_card="", means="cash")
    refund = reserve_refund(payment.pk, 2_500, TESTER).refund
    Refund.objects.filter(pk=refund.pk).update(status="submitted", submitted_at=clock.now())
    if written:
        refund_in_dashboard(payment, 2_500, our_key=str(refund.key))
    reconcile_refund(due_now(refund))
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert payment.refunds.count() == 1
    assert_books(payment)


def test_beat_enqueues_what_is_stuck_and_what_is_to_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = paid(10_000)
    refund = due_now(reserve_refund(payment.pk, 100, TESTER).refund)
    Payment.objects.filter(pk=payment.pk).update(refunds_due_at=clock.now())
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr("payments.tasks._send", lambda task, row: sent.append((task.name, row)))
    sweep_refunds()
    assert sent == [("payments.tasks.settle_refund", refund), ("payments.tasks.look_up_refunds", payment.pk)]
