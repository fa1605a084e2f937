"""A cycle that its customer pays by themselves, or an operator enters: its success counts, and nothing else does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from gateways.services import store_gateway
from orders.models import Mail, PaymentState, Subscription
from orders.services.subscriptions import pause
from payments.models import Payment, Status
from payments.services.holds import void
from payments.services.rebills import bill_due
from payments.services.reconcile import reconcile
from payments.services.submit import submit
from tests.factories import TESTER, make_campaign, make_gateway, make_payment
from tests.local_stripe import answer_bank
from tests.payments.subscriptions import (
    CONFIRMED,
    DECLINED,
    find_out,
    keep_card,
    make_due,
    order_of,
    payments_of,
    run,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)

Held, State = Subscription.Held, Subscription.Status


def declined(**fields: Any) -> Subscription:
    """Its rebill was declined once, and is tried again tomorrow."""
    subscription = make_due(DECLINED, **fields)
    run(subscription)
    assert subscription.retries == 1
    return subscription


def entered(subscription: Subscription, gateway: Gateway | None = None, **wish: Any) -> Payment:
    """A payment of the cycle's order by a person, not sent yet."""
    return make_payment(order_of(subscription), gateway or subscription.gateway, **wish)


def pay(subscription: Subscription, gateway: Gateway | None = None, **wish: Any) -> Payment:
    payment = entered(subscription, gateway, **wish)
    submit(payment.pk)
    payment.refresh_from_db()
    subscription.refresh_from_db()
    return payment


def test_a_customer_who_pays_between_the_retries_ends_them_and_their_card_is_billed_from_now_on() -> None:
    subscription = declined()
    card = keep_card(subscription)
    payment = pay(subscription, card=card, test_card="")
    assert (payment.status, payment.cycle, payment.off_session) == (Status.CAPTURED, 2, False)
    assert (subscription.cycle, subscription.status, subscription.retries) == (2, State.ACTIVE, 0)
    assert subscription.card == card
    assert told(subscription)[-2:] == ["card changed", "paid"]
    assert bill_due().payments == []


def test_a_card_on_another_account_brings_its_gateway_with_it() -> None:
    subscription = declined()
    other = make_gateway()
    card = keep_card(subscription, gateway=other)
    pay(subscription, other, card=card, test_card="")
    assert (subscription.card, subscription.gateway) == (card, other)


def test_cash_pays_a_cycle_and_leaves_the_card() -> None:
    subscription = declined()
    till = Gateway(name="Till", processor="offline", currency="USD", mode="test")
    store_gateway(till)
    card = subscription.card
    pay(subscription, till, means="cash", test_card="")
    assert (subscription.cycle, subscription.card, subscription.status) == (2, card, State.ACTIVE)


@pytest.mark.parametrize("card", ["pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedLostCard"])
def test_a_decline_of_what_they_tried_changes_no_retry(card: str) -> None:
    subscription = declined()
    before = subscription.try_at
    payment = pay(subscription, test_card=card)
    assert payment.status == Status.DECLINED
    assert (subscription.try_at, subscription.retries, subscription.held) == (before, 1, "")
    assert bill_due().payments == []


def test_what_they_are_paying_is_not_charged_beside_it() -> None:
    subscription = declined()
    payment = entered(subscription)
    assert subscription.try_at is not None
    with clock.travel_to(subscription.try_at + timedelta(seconds=1)):
        assert bill_due().payments == []
    submit(payment.pk)
    assert payments_of(subscription) == [(2, "declined"), (2, "captured")]


def test_a_bank_that_asks_them_at_their_page_is_no_news_to_the_subscription() -> None:
    subscription = declined()
    payment = pay(subscription, test_card=CONFIRMED)
    assert payment.status == Status.REQUIRES_ACTION
    assert (subscription.held, subscription.retries) == ("", 1)
    assert not Mail.objects.filter(kind="authentication").exists()
    answer_bank(payment, passed=True)
    find_out(payment)
    assert payments_of(subscription)[-1] == (2, "captured")


def test_a_page_that_was_left_is_given_up_within_the_day_and_the_retries_go_on() -> None:
    subscription = declined(campaign=make_campaign(retry_days="3"))
    payment = pay(subscription, test_card=CONFIRMED)
    with clock.travel_to(clock.now() + timedelta(hours=25)):
        Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now())
        reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.VOIDED
    subscription.refresh_from_db()
    assert subscription.try_at is not None
    with clock.travel_to(subscription.try_at + timedelta(seconds=1)):
        assert len(bill_due().payments) == 1


def test_who_pays_anew_instead_of_confirming_loses_nothing() -> None:
    """Their page voids the payment that waits, and charges another card."""
    subscription = make_due(CONFIRMED, campaign=make_campaign(after_retries="cancel"))
    waiting = run(subscription)
    assert waiting is not None
    void(waiting.pk, TESTER, why="The customer tries again.")
    pay(subscription, card=keep_card(subscription), test_card="")
    assert (subscription.status, subscription.cycle) == (State.ACTIVE, 2)
    assert payments_of(subscription) == [(2, "voided"), (2, "captured")]


def test_the_cycle_of_a_paused_subscription_can_be_paid_and_it_stays_paused() -> None:
    subscription = declined()
    pause(subscription, "ann")
    payment = pay(subscription)
    assert (payment.status, subscription.status, subscription.cycle) == (Status.CAPTURED, State.PAUSED, 2)
    assert order_of(subscription).payment_state == PaymentState.PAID


def test_they_confirm_a_rebill_on_the_page_that_they_were_mailed(client: Client) -> None:
    subscription = make_due(CONFIRMED)
    payment = run(subscription)
    assert payment is not None
    link = re.search(r"http://testserver(/pay/l/\S+/)", Mail.objects.get(kind="authentication").body)
    assert link is not None
    page = client.get(link[1])
    assert page.status_code == 200
    assert "15.00" in page.content.decode()
    sent = client.post(f"{link[1]}again/")
    assert sent.status_code == 302
    payment.refresh_from_db()
    assert payment.action_url
    answer_bank(payment, passed=True)
    client.get(link[1], {"payment_intent": payment.reference})
    assert payments_of(subscription) == [(2, "captured")]
    subscription.refresh_from_db()
    assert (subscription.cycle, subscription.held) == (2, "")
