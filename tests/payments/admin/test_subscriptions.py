"""The pages of subscriptions: how they stand, what can be done, and Force Bill NOW, which bills once."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from gateways import clock
from orders.models import Subscription
from payments.models import Payment, Status
from tests.factories import (
    make_card,
    make_gateway,
    make_operator,
    make_recurring_offer,
    make_subscription,
)

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/orders/subscription/"


def page(subscription: Subscription, deed: str = "change") -> str:
    return f"{LIST}{subscription.pk}/{deed}/"


def with_card(**fields: Any) -> Subscription:
    subscription = make_subscription(**fields)
    subscription.card = make_card(subscription.customer, subscription.gateway)
    subscription.save()
    return subscription


def text(response: object) -> str:
    return re.sub(r"\s+", " ", response.content.decode())  # type: ignore[attr-defined]


@pytest.fixture
def office(transactional_db: None) -> Client:
    client = Client()
    client.force_login(make_operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_list_names_what_is_billed_when_and_what_waits(office: Client) -> None:
    subscription = with_card()
    other = make_subscription(held="card", try_at=None)
    body = text(office.get(LIST))
    assert subscription.number in body
    assert "Rebills that wait" in body
    assert "a new one is needed" in body
    assert other.number in text(office.get(f"{LIST}?held__exact=card"))


def test_a_subscription_is_found_by_its_number_its_order_and_its_customer(office: Client) -> None:
    subscription, other = make_subscription(), make_subscription()
    order = subscription.order_line.order
    for term in (subscription.number, order.number, subscription.customer.email):
        found = text(office.get(LIST, {"q": term}))
        assert subscription.customer.email in found, term
        assert other.customer.email not in found, term


def test_its_page_shows_the_timeline_and_the_next_rebills(office: Client) -> None:
    body = text(office.get(page(with_card())))
    for words in ("Timeline", "The next rebills", "Force Bill NOW", "Visa •••• 4242", "/pay/card/"):
        assert words in body


def test_force_bill_asks_first_and_bills_once_however_often_it_is_pressed(office: Client) -> None:
    subscription = with_card()
    bill = page(subscription, "bill")
    asked = text(office.get(bill))
    assert "$15.00" in asked
    assert "The card is charged at once, once" in asked
    assert not Payment.objects.filter(subscription=subscription).exists()
    form = {"form_token": str(uuid.uuid4()), "cycle": "2"}
    assert "is being billed" in text(office.post(bill, form, follow=True))
    assert "nothing was billed again" in text(office.post(bill, form, follow=True))
    second = office.post(bill, {**form, "form_token": str(uuid.uuid4())})
    assert second.status_code == 400
    assert "is being billed already" in text(second) or "was billed meanwhile" in text(second)
    assert Payment.objects.filter(subscription=subscription).count() == 1


def test_force_bill_shows_why_it_cannot(office: Client) -> None:
    subscription = make_subscription(held="card", try_at=None)
    answer = office.post(page(subscription, "bill"), {"form_token": str(uuid.uuid4()), "cycle": "2"})
    assert answer.status_code == 400
    assert "card" in text(answer)
    assert not Payment.objects.exists()


def test_pause_resume_and_cancel_say_what_they_mean_and_do_it(office: Client) -> None:
    subscription = with_card()
    assert "Nothing is billed until it is resumed" in text(office.get(page(subscription, "pause")))
    assert "is paused" in text(office.post(page(subscription, "pause"), follow=True))
    assert "is billed again" in text(office.post(page(subscription, "resume"), follow=True))
    refused = office.post(page(subscription, "cancel"), {"when": "now", "reason": ""})
    assert (refused.status_code, "Say why" in text(refused)) == (400, True)
    office.post(page(subscription, "cancel"), {"when": "end", "reason": "moved away"})
    subscription.refresh_from_db()
    assert (subscription.status, subscription.ends_after_cycle) == ("active", True)
    assert "goes on" in text(office.post(page(subscription, "keep"), follow=True))
    office.post(page(subscription, "cancel"), {"when": "now", "reason": "moved away"})
    subscription.refresh_from_db()
    assert (subscription.status, subscription.end_reason) == ("cancelled", "moved away")
    assert "Force Bill NOW" not in text(office.get(page(subscription)))


def test_a_deed_that_does_not_fit_is_refused_on_its_page(office: Client) -> None:
    answer = office.post(page(with_card(), "resume"))
    assert answer.status_code == 400
    assert "is active" in text(answer)


def test_date_and_price_are_changed_with_the_fields_remedy_where_they_cannot_be(office: Client) -> None:
    subscription = with_card()
    day = (clock.now() + timedelta(days=40)).date()
    office.post(page(subscription, "date"), {"date": day.isoformat()})
    office.post(page(subscription, "price"), {"price": "12.50"})
    subscription.refresh_from_db()
    assert subscription.due_at is not None
    assert (subscription.due_at.date(), subscription.price_override) == (day, 1250)
    for deed, typed in (("date", {"date": "2020-01-01"}), ("price", {"price": "0.10"}), ("price", {"price": "much"})):
        assert office.post(page(subscription, deed), typed).status_code == 400
    office.post(page(subscription, "price"), {"price": ""})
    subscription.refresh_from_db()
    assert subscription.price_override is None


def test_only_cards_and_gateways_that_work_are_offered(office: Client) -> None:
    subscription = with_card()
    stranger = make_gateway()
    sister = make_gateway(account=subscription.gateway.account_id.removeprefix("acct_"))
    offered = text(office.get(page(subscription, "gateway")))
    assert stranger.name not in offered
    sister.delete()
    card = make_card(subscription.customer, subscription.gateway, "pm_card_mastercard")
    assert "Mastercard" in text(office.get(page(subscription, "card")))
    office.post(page(subscription, "card"), {"card": card.pk})
    subscription.refresh_from_db()
    assert subscription.card == card


def test_the_timeline_holds_every_payment(office: Client) -> None:
    subscription = with_card(offer=make_recurring_offer())
    office.post(page(subscription, "bill"), {"form_token": str(uuid.uuid4()), "cycle": "2"})
    payment = Payment.objects.get(subscription=subscription)
    assert payment.status == Status.PENDING
    assert payment.number in text(office.get(page(subscription)))


def test_who_may_only_look_is_offered_nothing(transactional_db: None) -> None:
    client, user = Client(), make_operator()
    user.is_superuser = False
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    subscription = with_card()
    for deed in ("pause", "cancel", "bill"):
        assert client.post(page(subscription, deed)).status_code == 403
    subscription.refresh_from_db()
    assert subscription.status == "active"
