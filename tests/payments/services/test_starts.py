"""A subscription begins when an order with recurring lines is paid: one for each line, once, on the card that paid."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from gateways.services import processor_for, store_gateway
from orders.models import Mail, Order, Subscription
from orders.services.orders import create_order
from payments.actors import BEAT, WEBHOOK
from payments.models import Payment, Status
from payments.services.entry import enter_payment
from payments.services.holds import capture
from payments.services.inbox import process_event, waiting_events
from payments.services.reserve import Wish
from payments.services.settle import settle
from payments.services.submit import submit
from tests.factories import (
    TESTER,
    make_campaign,
    make_card,
    make_customer,
    make_gateway,
    make_offer,
    make_recurring_offer,
)
from tests.faults.at_once import at_once
from tests.local_stripe import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(time_zone="America/New_York", webhook=True)


@pytest.fixture
def order() -> Order:
    """Two of a recurring offer and one of another, with something that does not recur."""
    campaign = make_campaign()
    lines = [(make_recurring_offer(campaign), 2), (make_recurring_offer(campaign, cycles=[700]), 1)]
    return create_order(make_customer(), campaign, [*lines, (make_offer(campaign), 1)])


def enter(order: Order, gateway: Gateway, method: str = "test:pm_card_visa", **how: Any) -> Payment:
    wish = Wish(order=order, gateway=gateway, actor=TESTER, **{"amount": order.total, **how})
    return enter_payment(wish, method).payment


def pay(order: Order, gateway: Gateway, method: str = "test:pm_card_visa", **how: Any) -> Payment:
    payment = enter(order, gateway, method, **how)
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def begun() -> list[Subscription]:
    return list(Subscription.objects.order_by("pk"))


def test_every_recurring_line_begins_on_the_card_and_the_gateway_that_paid(order: Order, gateway: Gateway) -> None:
    payment = pay(order, gateway)
    assert payment.card is not None, "entering a payment for such an order keeps its card"
    first, second = begun()
    assert (first.card, first.gateway, first.customer) == (payment.card, gateway, order.customer)
    assert (first.quantity, first.cycle, first.status, first.held) == (2, 1, "active", "")
    assert (first.offer.kind, second.quantity) == ("recurring", 1)
    assert first.due_at is not None
    assert first.due_at == first.try_at
    local = first.due_at.astimezone(ZoneInfo("America/New_York"))
    assert (local.day, first.time_zone) == (min(first.anchor_day, local.day), "America/New_York")
    assert [(event.kind, event.actor, event.cycle) for event in first.events.all()] == [("started", "Celery worker", 1)]


def test_a_saved_card_is_used_as_it_is(order: Order, gateway: Gateway) -> None:
    card = make_card(order.customer, gateway)
    pay(order, gateway, f"card:{card.pk}")
    assert {subscription.card for subscription in begun()} == {card}


def test_nothing_begins_while_the_money_is_held_and_once_when_it_is_taken(order: Order, gateway: Gateway) -> None:
    payment = pay(order, gateway, capture=False)
    assert (payment.status, begun()) == (Status.AUTHORIZED, [])
    capture(payment.pk, payment.amount, TESTER)
    assert len(begun()) == 2
    assert {subscription.card for subscription in begun()} == {payment.card}


def test_what_is_part_paid_has_not_begun(order: Order, gateway: Gateway) -> None:
    first = pay(order, gateway, amount=1000)
    assert begun() == []
    cash = Gateway(name="Till", processor="offline", currency="USD", mode="test")
    store_gateway(cash)
    pay(order, cash, "offline:cash", amount=order.total - 1000)
    assert {(one.card, one.gateway) for one in begun()} == {(first.card, gateway)}


def test_money_without_a_card_begins_one_that_asks_for_a_card(order: Order) -> None:
    cash = Gateway(name="Till", processor="offline", currency="USD", mode="test")
    store_gateway(cash)
    pay(order, cash, "offline:cash")
    first, _ = begun()
    assert (first.card, first.held, first.try_at, first.status) == (None, "card", None, "active")
    assert first.due_at is not None
    assert Mail.objects.filter(kind="card_needed", to=order.customer.email).count() == 2


def test_a_decline_begins_nothing(order: Order, gateway: Gateway) -> None:
    pay(order, gateway, "test:pm_card_visa_chargeDeclined")
    assert begun() == []


def test_an_offer_without_further_cycles_begins_nothing(gateway: Gateway) -> None:
    campaign = make_campaign()
    order = create_order(make_customer(), campaign, [(make_recurring_offer(campaign, cycles=[]), 1)])
    payment = pay(order, gateway)
    assert (payment.status, begun()) == (Status.CAPTURED, [])


def test_answer_webhook_and_reconciliation_begin_it_once(order: Order, gateway: Gateway, client: Client) -> None:
    payment = pay(order, gateway)
    deliver(client)
    for pk in waiting_events():
        process_event(pk)
    news = processor_for(gateway).fetch(payment.reference)
    for actor in (WEBHOOK, BEAT):
        settle(payment.pk, news, actor)
    assert len(begun()) == 2
    assert all(subscription.events.count() == 1 for subscription in begun())


@pytest.mark.postgres
def test_the_same_news_ten_times_at_once_begins_it_once(order: Order, gateway: Gateway) -> None:
    payment = enter(order, gateway)
    Payment.objects.filter(pk=payment.pk).update(status=Status.SUBMITTED, submitted_at=clock.now())
    news = processor_for(gateway).charge(payment.draft, key=f"{payment.key}-charge")
    at_once(10, lambda _: settle(payment.pk, news, WEBHOOK))
    assert len(begun()) == 2


def test_the_first_rebill_is_due_an_interval_after_the_sale(gateway: Gateway) -> None:
    campaign = make_campaign()
    offer = make_recurring_offer(campaign)
    offer.cycles.update(every_count=14, every_unit="day")
    order = create_order(make_customer(), campaign, [(offer, 1)])
    pay(order, gateway)
    (subscription,) = begun()
    assert subscription.due_at is not None
    assert timedelta(days=13, hours=22) < subscription.due_at - subscription.started_at < timedelta(days=14, hours=2)
