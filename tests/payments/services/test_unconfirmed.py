"""Whoever did not confirm with their bank is told once, with a link that goes on from there."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from gateways import clock
from orders.models import Mail
from orders.services.mails import send_mail
from payments.models import PayLink, Payment, Status
from payments.services.holds import void
from payments.services.reconcile import reconcile
from payments.services.submit import submit
from payments.services.unconfirmed import due_reminders, remind
from payments.tasks import remind_unconfirmed
from tests.factories import TESTER, make_gateway, make_payment
from tests.local_stripe import answer_bank
from tests.payments.checkout.shopper import CHALLENGED, pay_again, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def payment() -> Payment:
    asked = make_payment(gateway=make_gateway(is_default=True), test_card=CHALLENGED)
    submit(asked.pk)
    asked.refresh_from_db()
    return asked


def ago(payment: Payment, minutes: int) -> None:
    then = clock.now() - timedelta(minutes=minutes)
    Payment.objects.filter(pk=payment.pk).update(submitted_at=then, next_try_at=then)


def test_whoever_is_still_at_the_page_gets_no_mail(payment: Payment) -> None:
    ago(payment, 9)
    assert due_reminders() == []


@pytest.mark.parametrize("failed", [True, False], ids=["failed", "abandoned"])
def test_the_customer_is_told_once_and_pays_by_the_link(client: Client, payment: Payment, failed: bool) -> None:
    if failed:
        answer_bank(payment, passed=False)
    ago(payment, 11)
    reconcile(payment.pk)
    for _ in range(3):
        remind_unconfirmed()
    row = Mail.objects.get()
    send_mail(row.pk)
    (sent,) = mail.outbox
    assert payment.order is not None
    assert f"Your payment for order {payment.order.number} is not confirmed yet" in sent.subject
    assert ("could not confirm" if failed else "still waits for you to confirm") in sent.body
    assert "Nothing was charged." in sent.body
    link = PayLink.objects.get()
    assert f"http://testserver/pay/l/{link.slug}/" in sent.body
    page = text_of(client.get(f"/pay/l/{link.slug}/"))
    assert ("Continue to your bank" in page) != failed
    pay_again(client, f"/pay/l/{link.slug}/")
    assert [one.status for one in Payment.objects.order_by("pk")] == [Status.VOIDED, Status.CAPTURED]


def test_who_was_given_up_or_paid_meanwhile_is_not_told(payment: Payment) -> None:
    ago(payment, 11)
    assert due_reminders() == [payment.pk]
    void(payment.pk, TESTER)
    assert not remind(payment.pk)
    assert due_reminders() == []
    assert not Mail.objects.exists()
    assert not PayLink.objects.exists()


def test_nobody_is_told_where_midway_sends_no_mail(payment: Payment, settings: object) -> None:
    settings.SENDS_MAIL = False  # type: ignore[attr-defined]
    ago(payment, 11)
    assert due_reminders() == []
