"""What a stop holds of subscriptions: cycles that came due, by count and value, and rebills that wait."""

import pytest
from django.test import Client

from payments.models import ChargeStop, Payment, Status
from payments.services.held import HeldSum, held_rebills
from payments.services.rebills import bill, bill_due
from payments.services.stops import release, stop_charging
from payments.services.withdraw import withdraw
from payments.tasks import enqueue_charges
from tests.factories import TESTER, make_gateway, make_payment
from tests.payments.subscriptions import make_due, run_everything

pytestmark = pytest.mark.django_db(transaction=True)


def held(stop: ChargeStop) -> list[HeldSum]:
    """As beat's next round finds it."""
    bill_due()
    return held_rebills(stop)


def test_cycles_that_come_due_are_counted_with_their_value_in_the_scope_of_a_stop() -> None:
    first = make_due()
    make_due(gateway=first.gateway)
    make_due(gateway=make_gateway(currency="EUR"))
    everything = stop_charging("Wrong prices", TESTER)
    assert held(everything) == [HeldSum("", "test", "EUR", 1, 1_500), HeldSum("", "test", "USD", 2, 3_000)]
    gateway = stop_charging("Wrong key", TESTER, gateway=first.gateway)
    campaign = stop_charging("Wrong offer", TESTER, campaign=first.offer.campaign)
    assert held(gateway) == [HeldSum("", "test", "USD", 2, 3_000)]
    assert held(campaign) == [HeldSum("", "test", "USD", 1, 1_500)]
    assert not Payment.objects.exists()
    for stop in (everything, gateway, campaign):
        release(stop.pk, TESTER)
    assert (run_everything(), held(everything)) == (3, [])


def test_the_pages_tell_them(office: Client) -> None:
    make_due()
    stop = stop_charging("Wrong prices", TESTER)
    bill_due()
    for page in ("", f"{stop.pk}/release/"):
        html = office.get(f"/admin/payments/chargestop/{page}").content.decode()
        assert '1 rebill of <span class="money">$15.00</span>' in html


def test_rebills_that_are_released_go_in_lanes_and_other_payments_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr("payments.tasks.charge_payment.delay", sent.append)
    rebill, sale = bill(make_due().pk), make_payment()
    assert rebill
    enqueue_charges([rebill.pk, sale.pk])
    assert sent == [sale.pk]


def test_a_rebill_that_is_withdrawn_is_billed_again_after_the_release() -> None:
    subscription = make_due()
    payment = bill(subscription.pk)
    assert payment
    stop = stop_charging("Wrong prices", TESTER)
    assert withdraw(payment.pk, TESTER).status == Status.FAILED
    release(stop.pk, TESTER)
    subscription.refresh_from_db()
    assert subscription.try_at is not None
    assert subscription.cycle == 1
