"""What is stuck is found out: under the same key while Stripe remembers it, by looking after that."""

from datetime import timedelta

import pytest

from gateways import clock
from gateways.models import MonthlyVolume
from payments.models import Payment, Status
from payments.services.reconcile import reconcile, stuck_payments
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents, charges_of
from tests.payments.services.test_charge import CREATE

pytestmark = pytest.mark.django_db(transaction=True)


def unheard(stripe: LocalStripe, *, when: str = "after", **wish: object) -> Payment:
    """A payment whose answer was lost; `when` says whether Stripe did the work before that."""
    payment = make_payment(**wish)  # type: ignore[arg-type]
    stripe.faults.add(Fault(kind="error", when=when, method="POST", path=CREATE))  # type: ignore[arg-type]
    submit(payment.pk)
    stripe.faults.clear()
    return payment


def due_now(payment: Payment) -> Payment:
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now() - timedelta(seconds=1))
    return payment


@pytest.mark.parametrize("when", ["before", "after"])
def test_500_before_or_after_the_commit_ends_with_one_captured_payment(local_stripe: LocalStripe, when: str) -> None:
    payment = due_now(unheard(local_stripe, when=when))
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1
    assert MonthlyVolume.objects.get(gateway=payment.gateway).captured == payment.amount


def test_a_worker_that_died_after_the_claim_is_found_by_the_sweep(local_stripe: LocalStripe) -> None:
    payment = make_payment()
    Payment.objects.filter(pk=payment.pk).update(
        status=Status.SUBMITTED, submitted_at=clock.now(), next_try_at=clock.now(), tries=1
    )
    assert stuck_payments() == [payment.pk]
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1


def test_what_is_not_due_is_left_alone(local_stripe: LocalStripe) -> None:
    payment = unheard(local_stripe)
    assert stuck_payments() == []
    assert reconcile(payment.pk) is None


def test_ten_sweeps_at_once_ask_once(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe, when="before"))
    answers = at_once(10, lambda _: reconcile(payment.pk))
    assert sum(answer is not None for answer in answers) == 1
    assert len(charges_of(payment)) == 1


def test_after_the_key_has_aged_stripe_is_searched_and_never_charged(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe))
    Payment.objects.filter(pk=payment.pk).update(submitted_at=clock.now() - timedelta(hours=23, minutes=1))
    before = len(all_intents())
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(all_intents()) == before


def test_what_stripe_never_saw_is_failed_after_a_day_and_its_room_is_free(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe, when="before"))
    Payment.objects.filter(pk=payment.pk).update(submitted_at=clock.now() - timedelta(hours=24))
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.FAILED
    assert charges_of(payment) == []
    assert MonthlyVolume.objects.get(gateway=payment.gateway).used == 0


def test_a_refusal_on_a_replay_proves_nothing_about_the_first_try(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe))
    gateway = payment.gateway
    good_key = gateway.secret_key
    gateway.secret_key = "sk_live_revoked"
    gateway.save()
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.UNKNOWN
    gateway.secret_key = good_key
    gateway.save()
    reconcile(due_now(payment).pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1


def test_a_lost_decline_is_a_decline(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe, test_card="pm_card_visa_chargeDeclined"))
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.DECLINED


def test_silence_that_goes_on_is_asked_again_later_and_later(local_stripe: LocalStripe) -> None:
    payment = unheard(local_stripe)
    local_stripe.faults.add(Fault(kind="error", when="before", times=None))
    pauses = []
    for _ in range(3):
        reconcile(due_now(payment).pk)
        payment.refresh_from_db()
        assert payment.next_try_at is not None
        pauses.append(payment.next_try_at - clock.now())
    assert payment.status == Status.UNKNOWN
    assert pauses == sorted(pauses)
