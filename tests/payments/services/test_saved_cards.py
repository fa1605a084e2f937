"""A card that was to be kept becomes its customer's when the payment is through: once, whoever brings the news."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from gateways.services import processor_for
from orders.models import Card, Customer, Order, VaultedCustomer
from orders.services.vault import vault_customer
from payments.actors import BEAT, WEBHOOK
from payments.models import Payment, Status
from payments.services.holds import capture
from payments.services.inbox import process_event, waiting_events
from payments.services.reconcile import reconcile
from payments.services.settle import settle
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_card, make_customer, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents, charges_of, confirm_in_page, confirmation_token, deliver
from tests.payments.services.test_charge import CREATE

pytestmark = pytest.mark.django_db(transaction=True)

CHALLENGED = "pm_card_threeDSecure2Required"


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(webhook=True)


@pytest.fixture
def order() -> Order:
    return make_order()


def reserved(order: Order, gateway: Gateway, card: str = "pm_card_visa", **wish: Any) -> Payment:
    """With a token of the card, which is to be kept."""
    how = {
        "test_card": "",
        "confirmation_token": confirmation_token(gateway.secret_key, card),
        "save_card": True,
        "vaulted": vault_customer(order.customer, gateway),
        "in_page": True,
    }
    return make_payment(order, gateway, **{**how, **wish})


def paid(order: Order, gateway: Gateway, card: str = "pm_card_visa", **wish: Any) -> Payment:
    payment = reserved(order, gateway, card, **wish)
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def due_now(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now() - timedelta(seconds=1))


def assert_kept_once(payment: Payment, customer: Customer) -> Card:
    payment.refresh_from_db()
    card = Card.objects.get()
    assert (card.customer, payment.card) == (customer, card)
    assert (card.account_id, card.mode, card.last4) == (payment.account_id, "test", "4242")
    assert card.reference.startswith("pm_")
    return card


def test_the_card_of_a_captured_payment_is_kept_and_can_be_charged_again(order: Order, gateway: Gateway) -> None:
    payment = paid(order, gateway)
    card = assert_kept_once(payment, order.customer)
    again = make_payment(make_order(customer=order.customer), gateway, test_card="", card=card)
    submit(again.pk)
    again.refresh_from_db()
    assert again.status == Status.CAPTURED
    assert Card.objects.count() == 1


def test_the_card_of_a_hold_is_kept_when_the_money_is_held_and_not_again_when_it_is_taken(
    order: Order, gateway: Gateway
) -> None:
    payment = paid(order, gateway, capture=False)
    assert payment.status == Status.AUTHORIZED
    card = assert_kept_once(payment, order.customer)
    capture(payment.pk, payment.amount, TESTER)
    assert assert_kept_once(payment, order.customer) == card


@pytest.mark.parametrize(
    ("card", "save", "status"),
    [
        ("pm_card_visa", False, Status.CAPTURED),
        ("pm_card_visa_chargeDeclined", True, Status.DECLINED),
        (CHALLENGED, True, Status.REQUIRES_ACTION),
    ],
)
def test_no_card_is_kept_that_nobody_wanted_or_that_paid_nothing(
    order: Order, gateway: Gateway, card: str, save: bool, status: Status
) -> None:
    payment = paid(order, gateway, card, save_card=save, moto=False)
    assert (payment.status, payment.card) == (status, None)
    assert not Card.objects.exists()


def test_a_gateway_that_sends_upsell_tokens_keeps_every_card(order: Order) -> None:
    gateway = make_gateway(send_upsell_token=True)
    assert_kept_once(paid(order, gateway, save_card=False), order.customer)


@pytest.mark.parametrize("passed", [True, False])
def test_the_card_is_kept_after_its_holder_confirmed(order: Order, gateway: Gateway, passed: bool) -> None:
    payment = paid(order, gateway, CHALLENGED, moto=False)
    secret = processor_for(gateway).client_secret(payment.reference)
    confirm_in_page(gateway.secret_key, secret, passed=passed)
    due_now(payment)
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == (Status.CAPTURED if passed else Status.REQUIRES_ACTION)
    assert Card.objects.count() == int(passed)
    assert (payment.card is not None) == passed


def test_webhook_reconciliation_and_answer_keep_it_once_together(order: Order, gateway: Gateway) -> None:
    payment = paid(order, gateway)
    deliver(Client())
    for pk in waiting_events():
        process_event(pk)
    news = processor_for(gateway).fetch(payment.reference)
    for actor in (WEBHOOK, BEAT, TESTER):
        settle(payment.pk, news, actor)
    assert_kept_once(payment, order.customer)


@pytest.mark.postgres
def test_the_same_news_ten_times_at_once_keeps_it_once(order: Order, gateway: Gateway) -> None:
    payment = reserved(order, gateway)
    draft, key = payment.draft, f"{payment.key}-charge"
    Payment.objects.filter(pk=payment.pk).update(status=Status.SUBMITTED, submitted_at=clock.now())
    news = processor_for(gateway).charge(draft, key=key)
    at_once(10, lambda _: settle(payment.pk, news, WEBHOOK))
    assert_kept_once(payment, order.customer)
    assert payment.events.filter(kind="captured").count() == 1


def test_two_payments_with_one_card_share_its_row(order: Order, gateway: Gateway) -> None:
    """Stripe may bring a card that we know already: a row is written for what is new only."""
    card = make_card(order.customer, gateway)
    gateway.send_upsell_token = True
    gateway.save()
    payment = make_payment(order, gateway, test_card="", card=card)
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.card, Card.objects.count()) == (card, 1)


def test_a_card_of_a_customer_whom_we_do_not_know_is_left_alone(order: Order, gateway: Gateway) -> None:
    payment = reserved(order, gateway)
    VaultedCustomer.objects.update(customer=make_customer(), account_id="acct_elsewhere")
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.card) == (Status.CAPTURED, None)
    assert not Card.objects.exists()


# --- silence ----------------------------------------------------------------------------------------------------


def silent(local_stripe: LocalStripe, payment: Payment, when: Any) -> None:
    local_stripe.faults.add(Fault(kind="error", when=when, method="POST", path=CREATE))
    submit(payment.pk)
    local_stripe.faults.clear()


@pytest.mark.parametrize("when", ["before", "after"])
def test_silence_before_or_after_the_work_ends_with_one_charge_and_one_card(
    order: Order, gateway: Gateway, local_stripe: LocalStripe, when: str
) -> None:
    payment = reserved(order, gateway)
    silent(local_stripe, payment, when)
    payment.refresh_from_db()
    assert (payment.status, payment.card) == (Status.UNKNOWN, None)
    due_now(payment)
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert len(charges_of(payment)) == 1
    assert_kept_once(payment, order.customer)


@pytest.mark.parametrize(("when", "status"), [("before", Status.FAILED), ("after", Status.CAPTURED)])
def test_a_token_is_never_sent_again_once_its_key_has_aged(
    order: Order, gateway: Gateway, local_stripe: LocalStripe, when: str, status: Status
) -> None:
    payment = reserved(order, gateway)
    silent(local_stripe, payment, when)
    due_now(payment)
    Payment.objects.filter(pk=payment.pk).update(submitted_at=clock.now() - timedelta(hours=23, minutes=1))
    known = len(all_intents())
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, len(all_intents())) == (status, known)
    assert Card.objects.count() == (1 if status == Status.CAPTURED else 0)


def test_the_request_is_frozen_with_its_token_and_holds_no_card(order: Order, gateway: Gateway) -> None:
    payment = reserved(order, gateway)
    assert payment.draft["confirmation_token"].startswith("ctoken_")
    assert "payment_method" not in payment.draft
    assert payment.draft["setup_future_usage"] == "off_session"
    assert "secret" not in str(payment.draft)
