"""A payment that waits can be withdrawn: nothing is charged, and its amount is due again."""

import pytest

from gateways.models import MonthlyVolume
from payments.models import Payment, Status
from payments.services.balances import balance_of
from payments.services.reserve import PaymentRefused
from payments.services.stops import active_stops, release, stop_charging
from payments.services.submit import submit
from payments.services.withdraw import withdraw, withdraw_all
from tests.factories import TESTER, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import charges_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_never_sent_and_room_and_balance_are_free_again() -> None:
    payment = make_payment()
    stop_charging("Wrong prices", TESTER)
    after = withdraw(payment.pk, TESTER)
    assert (after.status, after.decline_code) == (Status.FAILED, "withdrawn")
    assert after.message == "Withdrawn by tester before it was sent: nothing was charged."
    assert MonthlyVolume.objects.get().used == 0
    assert after.order
    assert balance_of(after.order).due == after.amount
    assert release(active_stops()[0].pk, TESTER) == []
    assert (submit(payment.pk), charges_of(payment)) == (None, [])


def test_what_was_sent_is_refused_and_stays_as_it_is() -> None:
    payment = make_payment()
    submit(payment.pk)
    with pytest.raises(PaymentRefused, match="is captured: only a payment that waits"):
        withdraw(payment.pk, TESTER)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED


def test_a_second_time_changes_nothing() -> None:
    payment = make_payment()
    for _ in range(2):
        withdraw(payment.pk, TESTER)
    assert payment.events.filter(kind="failed").count() == 1
    assert MonthlyVolume.objects.get().used == 0


def test_withdrawn_and_charged_at_once_it_is_one_of_the_two() -> None:
    payments = [make_payment() for _ in range(6)]

    def press(number: int) -> None:
        if number % 2:
            withdraw_all([payment.pk for payment in payments], TESTER)
        else:
            for payment in reversed(payments):
                submit(payment.pk)

    at_once(4, press)
    for payment in Payment.objects.all():
        assert len(charges_of(payment)) == (1 if payment.status == Status.CAPTURED else 0)
        assert payment.status in {Status.CAPTURED, Status.FAILED}
    assert sum(row.reserved for row in MonthlyVolume.objects.all()) == 0
