"""Pay links: made once for a reason, prolonged while valid, withdrawn at will."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from gateways import clock
from orders.models import Mail, Order
from orders.services.mails import send_mail
from payments.models import PayLink, Status
from payments.services.pay_links import (
    LinkState,
    amount_of_link,
    link_url,
    mail_link,
    make_link,
    note_opening,
    pay_link_for,
    state_of_link,
    withdraw_link,
)
from payments.services.reserve import PaymentRefused
from tests.admin import rows
from tests.factories import TESTER, make_campaign, make_gateway, make_order
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AUTHENTICATION = PayLink.Reason.AUTHENTICATION


@pytest.fixture
def order() -> Order:
    make_gateway(is_default=True, service_company="Northwind", service_email="help@mail.test")
    return make_order(total=10_000, campaign=make_campaign(pay_links_on=True))


def test_an_order_has_one_link_for_a_reason_while_it_is_valid(order: Order) -> None:
    first = pay_link_for(order, days=3, reason=AUTHENTICATION)
    again = pay_link_for(order, days=7, reason=AUTHENTICATION)
    assert first.pk == again.pk
    assert again.expires_at > first.expires_at + timedelta(days=3)
    assert pay_link_for(order, days=1, reason=AUTHENTICATION).expires_at == again.expires_at
    assert pay_link_for(order, days=7, reason=PayLink.Reason.NEW_CARD).pk != first.pk


@pytest.mark.parametrize("end", ["withdrawn", "expired"])
def test_a_link_that_has_ended_is_followed_by_a_new_one(order: Order, end: str) -> None:
    first = pay_link_for(order, days=3, reason=AUTHENTICATION)
    if end == "withdrawn":
        assert withdraw_link(first)
        assert not withdraw_link(first)
    else:
        past = clock.now() - timedelta(days=4)
        PayLink.objects.update(created_at=past, expires_at=past + timedelta(days=3))
    second = pay_link_for(order, days=3, reason=AUTHENTICATION)
    assert second.slug != first.slug


@pytest.mark.postgres
def test_ten_workers_at_once_make_one_link(order: Order) -> None:
    links = at_once(10, lambda _: pay_link_for(order, days=7, reason=AUTHENTICATION).pk)
    assert len(set(links)) == 1


def test_midways_own_links_need_no_switch(order: Order) -> None:
    order.campaign.pay_links_on = False
    order.campaign.save()
    assert pay_link_for(order, days=7, reason=AUTHENTICATION).is_valid


def test_an_operator_presses_twice_and_has_one_link(order: Order) -> None:
    assert make_link(order, TESTER).pk == make_link(order, TESTER).pk
    assert make_link(order, TESTER, amount=2500).pk != make_link(order, TESTER).pk


@pytest.mark.parametrize(
    ("campaign", "how", "field", "words"),
    [
        ({"pay_links_on": False}, {}, "order", "takes no payment by link"),
        ({"card_payments": False}, {}, "order", "takes no cards"),
        ({}, {"days": 0}, "days", "1 to 90 days"),
        ({}, {"days": 91}, "days", "1 to 90 days"),
        ({}, {"amount": 0}, "amount", "100.00 USD are due"),
        ({}, {"amount": 10_001}, "amount", "100.00 USD are due"),
    ],
)
def test_what_an_operator_cannot_send(
    order: Order, campaign: dict[str, bool], how: dict[str, int], field: str, words: str
) -> None:
    for name, value in campaign.items():
        setattr(order.campaign, name, value)
    order.campaign.save()
    with pytest.raises(PaymentRefused) as refusal:
        make_link(order, TESTER, **how)
    assert refusal.value.field == field
    assert words in refusal.value.message
    assert not PayLink.objects.exists()


def test_a_paid_order_needs_no_link() -> None:
    payment = rows.payment()
    assert payment.order is not None
    payment.order.campaign.pay_links_on = True
    payment.order.campaign.save()
    with pytest.raises(PaymentRefused, match="Nothing is due"):
        make_link(payment.order, TESTER)


def test_a_link_asks_for_what_is_left_of_it(order: Order) -> None:
    gateway = rows.gateway()
    link = make_link(order, TESTER, amount=6000)
    assert (amount_of_link(link), state_of_link(link)) == (6000, LinkState.OPEN)
    part = rows.payment(of=order, gateway=gateway, amount=2000, amount_captured=2000, pay_link=link)
    assert amount_of_link(link) == 4000
    rows.payment(of=order, gateway=gateway, amount=7000, amount_captured=7000)
    assert amount_of_link(link) == 1000, "never more than the order's due"
    part.amount_captured = part.amount = 6000
    part.save()
    assert state_of_link(link) == LinkState.PAID


def test_a_link_tells_how_its_order_stands(order: Order) -> None:
    link = make_link(order, TESTER)
    assert state_of_link(link) == LinkState.OPEN
    waiting = rows.payment(Status.PROCESSING, of=order, gateway=rows.gateway())
    assert state_of_link(link) == LinkState.WAITING
    waiting.status = Status.DECLINED
    waiting.save()
    withdraw_link(link)
    link.refresh_from_db()
    assert state_of_link(link) == LinkState.WITHDRAWN
    Order.objects.filter(pk=order.pk).update(cancelled_at=clock.now())
    order.refresh_from_db()
    link.order = order
    assert state_of_link(link) == LinkState.CLOSED


def test_a_link_is_mailed_in_the_customers_language_once_for_each_press(order: Order) -> None:
    order.customer.language = "en"
    order.customer.save()
    link = make_link(order, TESTER)
    assert mail_link(link, key="press-1")
    assert not mail_link(link, key="press-1")
    send_mail(Mail.objects.get().pk)
    (sent,) = mail.outbox
    assert sent.subject == f"[Test] Your payment for order {order.number}"
    assert link_url(link) in sent.body
    assert "$100.00" in sent.body
    assert "Northwind" in sent.body
    assert sent.reply_to == ["help@mail.test"]


def test_the_address_of_a_link_is_a_key_and_stays_out_of_the_logs(order: Order) -> None:
    link = make_link(order, TESTER)
    assert len(link.slug) == 22
    assert link_url(link) == f"http://testserver/pay/l/{link.slug}/"
    assert link.slug not in repr(link) + str(link)


def test_the_first_opening_is_noted(order: Order) -> None:
    link = make_link(order, TESTER)
    note_opening(link)
    first = PayLink.objects.get().opened_at
    note_opening(link)
    assert PayLink.objects.get().opened_at == first is not None


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"amount": -5}, {"reason": "whim"}, {"expires_at": clock.now() - timedelta(days=400)}],
)
def test_the_database_refuses_impossible_links(order: Order, wrong: dict[str, object]) -> None:
    now = clock.now()
    fields = {"order": order, "created_at": now, "expires_at": now + timedelta(days=1), "actor": "x", **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        PayLink.objects.create(**fields)
