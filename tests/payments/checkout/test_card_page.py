"""A customer enters another card by a signed link: nothing is charged by it, and what waited is tried at once."""

import uuid

import pytest
from django.core import signing
from django.test import Client

from orders.models import Card, Subscription
from orders.services.subscriptions import cancel
from payments import links
from payments.models import Payment
from payments.services.submit import submit
from tests.factories import make_payment, make_rebill, make_subscription

pytestmark = pytest.mark.django_db(transaction=True)


def address(subscription: Subscription) -> str:
    return links.card_url(subscription).removeprefix("http://testserver")


def form(card: str = "pm_card_mastercard") -> dict[str, str]:
    return {"form_token": str(uuid.uuid4()), "test_card": card}


def test_another_card_is_kept_and_charged_from_now_on() -> None:
    subscription = make_subscription(held="card", try_at=None)
    customer = Client()
    page = customer.get(address(subscription))
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    answer = customer.post(address(subscription), form(), follow=True)
    assert "From now on" in answer.content.decode()
    subscription.refresh_from_db()
    assert subscription.card is not None
    assert (subscription.card.brand, subscription.held) == ("mastercard", "")
    assert subscription.try_at is not None
    assert not Payment.objects.exists()


def test_a_card_that_is_refused_changes_nothing() -> None:
    subscription = make_subscription(held="card", try_at=None)
    answer = Client().post(address(subscription), form("pm_card_visa_chargeDeclined"), follow=True)
    assert "was refused, and nothing was changed" in answer.content.decode()
    subscription.refresh_from_db()
    assert (subscription.card, subscription.held) == (None, "card")
    assert not Card.objects.exists()


def test_without_a_card_the_form_says_what_is_missing() -> None:
    answer = Client().post(address(make_subscription()), {"form_token": str(uuid.uuid4())})
    assert answer.status_code == 400
    assert "Choose a test card" in answer.content.decode()


def test_a_subscription_that_ended_takes_no_card() -> None:
    subscription = make_subscription()
    cancel(subscription, "moved away", "tester")
    page = Client().post(address(subscription), form()).content.decode()
    assert "This subscription has ended" in page
    assert not Card.objects.exists()


@pytest.mark.parametrize("token", ["nonsense", "1:2:3"])
def test_a_link_that_we_did_not_sign_opens_nothing(token: str) -> None:
    for part in ("card", "confirm"):
        assert Client().get(f"/pay/{part}/{token}/").status_code == 404


def test_a_signature_for_something_else_opens_nothing() -> None:
    subscription = make_subscription()
    token = signing.dumps(subscription.pk, salt="midway.something-else")
    assert Client().get(f"/pay/card/{token}/").status_code == 404


def test_the_link_to_confirm_leads_to_the_order_that_waits() -> None:
    subscription = make_subscription()
    payment = make_payment(
        make_rebill(subscription), subscription.gateway, test_card="pm_card_threeDSecure2Required", moto=False
    )
    submit(payment.pk)
    assert links.confirm_url(payment) == links.confirm_url(payment)
    path = links.confirm_url(payment).removeprefix("http://testserver")
    assert Client().get(path).status_code == 200
