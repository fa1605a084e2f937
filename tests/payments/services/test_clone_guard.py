"""On a copy that nobody confirmed no live money moves; test mode works on, and answers are still found out."""

from pathlib import Path
from typing import Any

import pytest

from gateways import clock
from gateways.installation import confirm
from gateways.models import Gateway
from orders.models import Campaign, Mail
from orders.services.mails import due_mails
from payments.models import Payment, Status
from payments.services import holds
from payments.services.gate import chargeable, is_held
from payments.services.refunds.submit import refund_payment
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from payments.tasks import beat_installation_pulse
from tests.factories import TESTER, make_gateway, make_order, make_payment
from tests.local_stripe import charges_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def live(payment: Payment) -> Payment:
    """As if it had been entered in live mode; the local Stripe itself takes test keys only."""
    assert payment.order
    Gateway.objects.filter(pk=payment.gateway_id).update(mode="live")
    Campaign.objects.filter(pk=payment.order.campaign_id).update(mode="live")
    Payment.objects.filter(pk=payment.pk).update(mode="live")
    return Payment.objects.select_related("order__campaign", "gateway").get(pk=payment.pk)


def become_a_copy(data_folder: Path) -> None:
    (data_folder / "installation.json").unlink()


def test_a_live_payment_is_refused_and_nothing_is_written(data_folder: Path) -> None:
    payment = live(make_payment(make_order(total=9_000), amount=1_000))
    become_a_copy(data_folder)
    with pytest.raises(PaymentRefused) as refused:
        make_payment(payment.order, payment.gateway, amount=1_000, test_card="", means="cash")
    assert refused.value.message.startswith("Live charging is off. Nothing in DATA_DIR")
    assert Payment.objects.count() == 1


def test_a_waiting_live_payment_is_held_until_the_confirmation(data_folder: Path) -> None:
    payment = live(make_payment())
    become_a_copy(data_folder)
    assert (submit(payment.pk), is_held(payment.pk)) == (None, True)
    payment.refresh_from_db()
    assert (payment.status, charges_of(payment)) == (Status.PENDING, [])
    confirm("anna")
    assert not is_held(payment.pk)
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status != Status.PENDING


def test_test_mode_works_on(data_folder: Path) -> None:
    live(make_payment())
    become_a_copy(data_folder)
    payment = make_payment()
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED


def test_lists_of_work_leave_live_rows_out(data_folder: Path) -> None:
    held, free = live(make_payment()), make_payment()
    become_a_copy(data_folder)
    rows = chargeable(Payment.objects.all(), campaign="order__campaign", gateway="gateway")
    assert list(rows) == [free]
    confirm("anna")
    assert set(rows.all()) | set(chargeable(Payment.objects.all(), campaign="order__campaign", gateway="gateway")) == {
        held,
        free,
    }


def test_neither_captures_nor_refunds_leave_a_copy(data_folder: Path) -> None:
    hold, sale = make_payment(capture=False), make_payment()
    for payment in (hold, sale):
        submit(payment.pk)
        live(payment)
    become_a_copy(data_folder)
    with pytest.raises(PaymentRefused, match="Live charging is off"):
        holds.capture(hold.pk, hold.amount, TESTER)
    with pytest.raises(PaymentRefused, match="Live charging is off"):
        refund_payment(sale.pk, sale.amount, TESTER)
    hold.refresh_from_db()
    assert (hold.status, hold.capture_asked, sale.refunds.count()) == (Status.AUTHORIZED, None, 0)


def test_the_task_of_beat_goes_on_where_it_is_confirmed_only(data_folder: Path) -> None:
    live(make_payment())
    beat_installation_pulse()
    become_a_copy(data_folder)
    beat_installation_pulse()
    assert not (data_folder / "installation.json").exists()


def test_adding_a_gateway_to_a_copy_does_not_confirm_it(data_folder: Path) -> None:
    payment = live(make_payment())
    become_a_copy(data_folder)
    make_gateway()
    assert is_held(payment.pk)


def test_a_copy_writes_to_no_customer(data_folder: Path) -> None:
    live(make_payment())
    now = clock.now()
    Mail.objects.create(key="news", to="customer@mail.test", subject="News", body=".", created_at=now, next_try_at=now)
    become_a_copy(data_folder)
    assert due_mails() == []
    confirm("anna")
    assert len(due_mails()) == 1
