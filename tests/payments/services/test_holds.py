"""Authorized funds are taken or released once; a crash in between is finished by reconciliation."""

from datetime import timedelta

import pytest

from gateways import clock
from gateways.models import MonthlyVolume
from orders.models import PaymentState
from payments.models import Payment, Status
from payments.services import holds
from payments.services.reconcile import reconcile
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hold() -> Payment:
    payment = make_payment(capture=False)
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def test_a_hold_is_captured_whole(hold: Payment) -> None:
    after = holds.capture(hold.pk, hold.amount, TESTER)
    assert (after.status, after.amount_captured) == (Status.CAPTURED, hold.amount)
    assert MonthlyVolume.objects.get(gateway=hold.gateway).captured == hold.amount


def test_a_part_is_captured_and_the_rest_of_the_room_is_free(hold: Payment) -> None:
    after = holds.capture(hold.pk, 2000, TESTER)
    assert after.amount_captured == 2000
    volume = MonthlyVolume.objects.get(gateway=hold.gateway)
    assert (volume.reserved, volume.captured) == (0, 2000)
    assert after.order is not None
    assert after.order.payment_state == PaymentState.PART_PAID


def test_a_hold_is_voided_and_its_room_is_free(hold: Payment) -> None:
    after = holds.void(hold.pk, TESTER)
    assert after.status == Status.VOIDED
    assert MonthlyVolume.objects.get(gateway=hold.gateway).used == 0


@pytest.mark.parametrize("amount", [0, -1, 5001])
def test_more_than_is_held_is_refused_before_any_call(hold: Payment, amount: int) -> None:
    with pytest.raises(PaymentRefused):
        holds.capture(hold.pk, amount, TESTER)
    hold.refresh_from_db()
    assert hold.capture_asked is None


def test_what_is_captured_cannot_be_voided(hold: Payment) -> None:
    holds.capture(hold.pk, hold.amount, TESTER)
    with pytest.raises(PaymentRefused):
        holds.void(hold.pk, TESTER)


def test_a_payment_that_nobody_authenticates_can_be_given_up_and_its_order_is_open_again() -> None:
    payment = make_payment(test_card="pm_card_threeDSecure2Required")
    submit(payment.pk)
    after = holds.void(payment.pk, TESTER)
    assert after.status == Status.VOIDED
    assert after.order is not None
    assert after.order.payment_state == PaymentState.UNPAID
    assert MonthlyVolume.objects.get(gateway=payment.gateway).used == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_capture_that_was_not_heard_is_finished_later(hold: Payment, local_stripe: LocalStripe, when: str) -> None:
    local_stripe.faults.add(Fault(kind="reset", when=when, path="*/capture"))  # type: ignore[arg-type]
    after = holds.capture(hold.pk, hold.amount, TESTER)
    assert (after.status, after.capture_asked) == (Status.AUTHORIZED, hold.amount)
    Payment.objects.filter(pk=hold.pk).update(next_try_at=clock.now() - timedelta(seconds=1))
    reconcile(hold.pk)
    hold.refresh_from_db()
    assert (hold.status, hold.amount_captured) == (Status.CAPTURED, hold.amount)
    assert MonthlyVolume.objects.get(gateway=hold.gateway).captured == hold.amount
