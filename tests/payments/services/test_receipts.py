"""Where Stripe sends no receipt, Midway sends one: once, with the merchant's own words."""

from datetime import timedelta

import pytest
from django.core import mail
from pytest_django import Settings

from gateways import clock
from gateways.models import Gateway
from payments.models import Payment
from payments.services.receipts import due_receipts, send_receipt
from payments.services.submit import submit
from payments.tasks import send_receipts
from tests.factories import make_gateway, make_payment
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(
        disable_email_receipt=True,
        service_company="Northwind",
        service_phone="+1 555 0100",
        service_email="help@shop.test",
        service_hours="9 to 17",
    )


def paid(gateway: Gateway, **wish: object) -> Payment:
    payment = make_payment(gateway=gateway, **wish)  # type: ignore[arg-type]
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def test_a_receipt_tells_what_was_paid_and_whom_to_ask(gateway: Gateway) -> None:
    payment = paid(gateway)
    send_receipts()
    (message,) = mail.outbox
    assert payment.order is not None
    assert (message.to, message.reply_to) == ([payment.order.customer.email], ["help@shop.test"])
    assert message.subject == "[Test] Your payment to Northwind"
    for words in ["$50.00", payment.order.number, "Visa •••• 4242", "Call +1 555 0100 (9 to 17)", "help@shop.test"]:
        assert words in message.body


def test_a_receipt_is_sent_once_however_many_workers_try(gateway: Gateway) -> None:
    payment = paid(gateway)
    assert sorted(at_once(8, lambda _: send_receipt(payment.pk))) == [False] * 7 + [True]
    send_receipts()
    assert len(mail.outbox) == 1


def test_where_stripe_sends_receipts_midway_sends_none() -> None:
    paid(make_gateway())
    send_receipts()
    assert mail.outbox == []


@pytest.mark.parametrize("wish", [{"capture": False}, {"test_card": "pm_card_visa_chargeDeclined"}])
def test_what_was_not_taken_has_no_receipt(gateway: Gateway, wish: dict[str, object]) -> None:
    paid(gateway, **wish)
    assert due_receipts() == []


def test_old_payments_get_none_when_mail_is_switched_on(gateway: Gateway) -> None:
    payment = paid(gateway)
    Payment.objects.filter(pk=payment.pk).update(settled_at=clock.now() - timedelta(days=1, minutes=1))
    assert due_receipts() == []


def test_without_a_mail_server_nothing_is_due(gateway: Gateway, settings: Settings) -> None:
    paid(gateway)
    settings.SENDS_MAIL = False
    assert due_receipts() == []


def test_a_mail_server_that_refuses_leaves_the_receipt_due(gateway: Gateway, settings: Settings) -> None:
    payment = paid(gateway)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send_receipt(payment.pk) is False
    assert due_receipts() == [payment.pk]
