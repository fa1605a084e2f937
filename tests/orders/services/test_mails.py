"""A mail is written with the news that it tells, in the same transaction, and goes out once."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from gateways import clock
from orders.models import Mail
from orders.services.mails import due_mails, send_mail, write_mail
from orders.tasks import send_mails
from tests.factories import make_customer, make_gateway
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _template(settings: Settings, tmp_path: Path) -> None:
    """A mail of the test's own: `news` with one word."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "news.txt").write_text(
        "{% autoescape off %}News of {{ word }}\n\nHello {{ customer.name }}, {{ word }} is here. "
        "{{ service_lines|join:' ' }}{% endautoescape %}"
    )
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], tmp_path]}]


def written(key: str = "news-1") -> Mail:
    gateway = make_gateway(service_company="Northwind & Co", service_email="help@shop.test")
    row = write_mail("news", key, make_customer(), {"word": "<spring>"}, gateway=gateway)
    assert row is not None
    return row


def test_its_first_line_is_the_subject_and_the_gateway_says_whom_to_ask() -> None:
    row = written()
    send_mails()
    (message,) = mail.outbox
    assert (message.subject, message.to, message.reply_to) == ("[Test] News of <spring>", [row.to], ["help@shop.test"])
    assert message.body.startswith("Hello Customer")
    assert "Northwind & Co Questions? Write to help@shop.test." in message.body
    assert due_mails() == []


def test_the_same_news_is_written_once() -> None:
    written()
    assert write_mail("news", "news-1", make_customer(), {"word": "spring"}) is None
    assert Mail.objects.count() == 1


def test_news_that_did_not_come_true_is_not_told() -> None:
    gateway, customer = make_gateway(), make_customer()
    with transaction.atomic():
        assert write_mail("news", "news-1", customer, {"word": "spring"}, gateway=gateway)
        transaction.set_rollback(True)
    send_mails()
    assert mail.outbox == []


def test_where_no_mail_is_sent_none_is_written(settings: Settings) -> None:
    settings.SENDS_MAIL = False
    assert write_mail("news", "news-1", make_customer(), {"word": "spring"}) is None
    assert not Mail.objects.exists()


def test_many_workers_send_it_once() -> None:
    row = written()
    assert sorted(at_once(8, lambda _: send_mail(row.pk))) == [False] * 7 + [True]
    assert len(mail.outbox) == 1


def test_a_mail_server_that_refuses_is_asked_again_later_and_not_for_ever(settings: Settings) -> None:
    row = written()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    start = clock.now()
    for hours in (0, 1, 3, 6, 15):
        with time_machine.travel(start + timedelta(hours=hours), tick=True):
            assert send_mail(row.pk) is False
            assert due_mails() == []
    row.refresh_from_db()
    assert (row.sent_at, row.next_try_at, row.tries) == (None, None, 5)


def test_an_operator_sends_it_once_more(office: Client) -> None:
    row = written()
    send_mails()
    page = f"/admin/orders/mail/{row.pk}/change/"
    assert "Send again" in office.get(page).content.decode()
    answer = office.post(f"/admin/orders/mail/{row.pk}/again/", follow=True)
    assert "goes out within a minute" in answer.content.decode()
    send_mails()
    assert len(mail.outbox) == 2


def test_looking_at_it_sends_nothing(office: Client) -> None:
    row = written()
    send_mails()
    office.get(f"/admin/orders/mail/{row.pk}/again/")
    assert due_mails() == []
