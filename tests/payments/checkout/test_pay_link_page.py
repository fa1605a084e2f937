"""A pay link's page: it pays its order, expires, can be withdrawn, and says when all is paid."""

from datetime import timedelta

import pytest
from django.test import Client

from gateways import clock
from orders.models import Order, PaymentState
from payments.models import PayLink, Payment, Purpose, Status
from payments.services.pay_links import make_link, pay_link_for, withdraw_link
from tests.factories import TESTER, make_card, make_gateway, make_order, make_rebill, make_subscription
from tests.local_stripe import answer_bank
from tests.payments.checkout.shopper import CHALLENGED, DECLINED, open_campaign, pay_again, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order() -> Order:
    return make_order(campaign=open_campaign(), total=10_000)


@pytest.fixture
def link(order: Order) -> PayLink:
    return make_link(order, TESTER)


def url(link: PayLink) -> str:
    return f"/pay/l/{link.slug}/"


def test_a_link_pays_its_order_whole(client: Client, order: Order, link: PayLink) -> None:
    assert "Pay $100.00" in text_of(client.get(url(link)))
    answer = pay_again(client, url(link))
    assert answer["Location"] == f"/pay/o/{order.slug}/thanks/"
    payment = Payment.objects.get()
    assert (payment.status, payment.amount, payment.purpose, payment.pay_link) == (
        Status.CAPTURED,
        10_000,
        Purpose.SALE,
        link,
    )
    order.refresh_from_db()
    assert order.payment_state == PaymentState.PAID


def test_a_paid_link_says_paid(client: Client, link: PayLink) -> None:
    pay_again(client, url(link))
    page = client.get(url(link))
    assert "This is paid" in text_of(page)
    assert b"test_card" not in page.content


def test_a_link_for_a_part_takes_that_part_once(client: Client, order: Order) -> None:
    link = make_link(order, TESTER, amount=2500)
    assert "Pay $25.00" in text_of(client.get(url(link)))
    answer = pay_again(client, url(link))
    assert answer["Location"] == url(link)
    assert "This is paid" in text_of(client.get(url(link)))
    order.refresh_from_db()
    assert (order.payment_state, order.amount_due) == (PaymentState.PART_PAID, 7500)


def test_an_expired_link_says_so_and_takes_nothing(client: Client, link: PayLink) -> None:
    form = client.get(url(link)).content.decode()
    PayLink.objects.update(created_at=clock.now() - timedelta(days=9), expires_at=clock.now() - timedelta(seconds=1))
    page = client.get(url(link))
    assert "This link has expired" in text_of(page)
    assert b"test_card" not in page.content
    assert "test_card" in form
    client.post(url(link), {"form_token": "1" * 32, "shown": 10_000, "test_card": "pm_card_visa"})
    assert not Payment.objects.exists()


def test_a_withdrawn_link_says_so_and_takes_nothing(client: Client, link: PayLink) -> None:
    withdraw_link(link)
    assert "This link was withdrawn" in text_of(client.get(url(link)))
    client.post(url(link), {"form_token": "1" * 32, "shown": 10_000, "test_card": "pm_card_visa"})
    assert not Payment.objects.exists()


def test_a_cancelled_order_has_nothing_to_pay(client: Client, order: Order, link: PayLink) -> None:
    Order.objects.filter(pk=order.pk).update(cancelled_at=clock.now(), payment_state="cancelled")
    assert "There is nothing to pay" in text_of(client.get(url(link)))


def test_a_decline_and_a_new_try_stay_on_the_link(client: Client, link: PayLink) -> None:
    assert pay_again(client, url(link), DECLINED)["Location"] == url(link)
    assert "Your bank declined this card" in text_of(client.get(url(link)))
    pay_again(client, url(link))
    assert "This is paid" in text_of(client.get(url(link)))


def test_the_banks_question_is_asked_on_the_link(client: Client, order: Order, link: PayLink) -> None:
    pay_again(client, url(link), CHALLENGED)
    payment = Payment.objects.get()
    assert "Continue to your bank" in text_of(client.get(url(link)))
    answer_bank(payment, passed=True)
    assert client.get(url(link), {"payment_intent": payment.reference})["Location"] == url(link)
    assert "This is paid" in text_of(client.get(url(link)))


def test_only_a_person_opens_a_link(client: Client, link: PayLink) -> None:
    client.get(url(link))
    assert PayLink.objects.get().opened_at is None
    assert client.post(f"{url(link)}opened/").status_code == 204
    first = PayLink.objects.get().opened_at
    assert first is not None
    client.post(f"{url(link)}opened/")
    assert PayLink.objects.get().opened_at == first


def test_a_rebill_is_paid_with_the_kept_card_or_a_new_one(client: Client) -> None:
    gateway = make_gateway(is_default=True)
    subscription = make_subscription(gateway=gateway)
    card = make_card(subscription.customer, gateway)
    subscription.card = card
    subscription.save()
    rebill = make_rebill(subscription)
    link = pay_link_for(rebill, days=7, reason=PayLink.Reason.AUTHENTICATION)
    page = text_of(client.get(url(link)))
    assert "Visa •••• 4242" in page
    assert "Another card" in page
    pay_again(client, url(link), "", card="kept")
    payment = Payment.objects.get()
    assert (payment.status, payment.card, payment.purpose, payment.cycle) == (
        Status.CAPTURED,
        card,
        Purpose.REBILL,
        2,
    )
    assert payment.draft.get("off_session") is None


def test_a_new_card_for_a_rebill_is_kept(client: Client) -> None:
    gateway = make_gateway(is_default=True)
    rebill = make_rebill(make_subscription(gateway=gateway))
    link = pay_link_for(rebill, days=7, reason=PayLink.Reason.NEW_CARD)
    pay_again(client, url(link))
    payment = Payment.objects.get()
    assert payment.card is not None
    assert payment.card.customer == rebill.customer


def test_somebody_elses_kept_card_is_not_for_a_plain_link(client: Client, order: Order, link: PayLink) -> None:
    make_card(order.customer, make_gateway(currency="EUR"))
    page = client.get(url(link))
    assert "••••" not in text_of(page).replace("•••• 4242 is charged", "").split("Test card")[0]
    client.post(url(link), {"form_token": "1" * 32, "shown": 10_000, "card": "kept"})
    assert not Payment.objects.exists()
