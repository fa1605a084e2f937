"""Workers are killed at random moments while rebills run, answers are lost, messages come twice: each is charged once.

SEED in the environment makes it another run; what differs besides is what the processes did meanwhile.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection

from gateways import clock
from gateways.models import Gateway, MonthlyVolume
from orders.models import Order, OrderLine, PaymentState, Subscription
from payments.models import Payment, PaymentEvent, Purpose, Status
from tests.factories import make_campaign, make_card, make_customer, make_gateway, make_recurring_offer
from tests.processes.billing_house import House, let_time_pass, open_payments, wait_for

REDIS = os.environ.get("TEST_REDIS_URL", "")
CREATE = {"method": "POST", "path": "/v1/payment_intents", "times": None}
FAULTS = [
    {**CREATE, "kind": "timeout", "when": "before", "chance": 0.025, "seed": 1},
    {**CREATE, "kind": "timeout", "when": "after", "chance": 0.025, "seed": 2},
    {**CREATE, "kind": "error", "when": "after", "chance": 0.05, "seed": 3},
]
DUPLICATES = 0.1
ON_ONE_CARD = 10

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def broker() -> Iterator[str]:
    """The one that was given, left as it was found; empty where the house brings its own."""
    if not REDIS:
        yield ""
        return
    with redis.Redis.from_url(REDIS, decode_responses=True) as server:
        before = set(server.scan_iter())
        yield REDIS
        if ours := set(server.scan_iter()) - before:
            server.delete(*ours)


def make_due(gateways: list[Gateway], count: int) -> None:
    """`count` subscriptions, all due, spread over the gateways; a few share each card."""
    offers = {gateway: make_recurring_offer(make_campaign()) for gateway in gateways}
    due = clock.now() - timedelta(minutes=1)
    for number in range(0, count, ON_ONE_CARD):
        gateway = gateways[number // ON_ONE_CARD % len(gateways)]
        offer, customer = offers[gateway], make_customer()
        card = make_card(customer, gateway)
        order = Order(customer=customer, campaign=offer.campaign, currency="USD", total=1000, created_at=due)
        order.save()
        lines = OrderLine.objects.bulk_create(
            OrderLine(order=order, offer=offer, description=offer.name, unit_price=1000)
            for _ in range(min(ON_ONE_CARD, count - number))
        )
        Subscription.objects.bulk_create(
            Subscription(
                order_line=line,
                customer=customer,
                offer=offer,
                card=card,
                gateway=gateway,
                anchor_day=due.day,
                time_zone="UTC",
                started_at=due - timedelta(days=30),
                due_at=due,
                try_at=due,
            )
            for line in lines
        )


def storm(house: House, count: int, draw: random.Random, *, every: float, kills: int) -> None:
    """Workers die and come again, messages come twice, until nearly everything is through."""
    seen: set[int] = set()
    next_kill = time.monotonic() + every
    deadline = time.monotonic() + 200
    while house.kills < kills or captured() < count * 0.7:
        assert time.monotonic() < deadline, f"{captured()} of {count} after {house.kills} kills"
        house.beat()
        fresh = set(Payment.objects.filter(purpose=Purpose.REBILL).values_list("pk", flat=True)) - seen
        for payment_id in sorted(fresh):
            if draw.random() < DUPLICATES:
                house.send("charge_payment", payment_id)
                house.send("charge_payment", payment_id)
        seen |= fresh
        if house.kills < kills and time.monotonic() >= next_kill:
            house.kill_one(draw)
            next_kill = time.monotonic() + every * draw.uniform(0.3, 1.7)
        time.sleep(0.4)


def captured() -> int:
    return Payment.objects.filter(status=Status.CAPTURED).count()


def calm(house: House, count: int) -> None:
    """The dead are given up for dead, and fresh workers find out what became of their payments."""
    house.stop_workers()
    house.ask("/_local/faults", {"clear": True})
    let_time_pass()
    house.start_workers()
    deadline = time.monotonic() + 90
    while captured() < count:
        assert time.monotonic() < deadline, Counter(Payment.objects.values_list("status", flat=True))
        house.beat()
        time.sleep(0.5)
    wait_for(lambda: not open_payments().exists(), seconds=10)


def verify(house: House, count: int, gateways: list[Gateway]) -> None:
    """Every cycle was charged exactly once, here and at Stripe, and every figure agrees."""
    rebills = Payment.objects.filter(status=Status.CAPTURED)
    assert rebills.values("subscription", "cycle").distinct().count() == rebills.count() == count
    assert set(Subscription.objects.values_list("cycle", "status", "held", "retries")) == {(2, "active", "", 0)}
    orders = Order.objects.filter(source=Order.Source.REBILL)
    assert (orders.count(), set(orders.values_list("payment_state", flat=True))) == (count, {PaymentState.PAID})
    events = PaymentEvent.objects.filter(kind="captured").values_list("payment", flat=True)
    assert len(events) == len(set(events)) == count
    taken = Counter(intent["metadata"]["midway_payment"] for intent in house.charges())
    assert taken == Counter(map(str, rebills.values_list("key", flat=True)))
    assert sum(intent["amount_received"] for intent in house.charges()) == count * 1500
    volumes = MonthlyVolume.objects.filter(gateway__in=gateways)
    assert sum(volume.captured for volume in volumes) == count * 1500
    assert {volume.reserved for volume in volumes} == {0}
    assert not Payment.objects.exclude(review_reason="").exists()


def run(folder: Path, broker: str, settings: Any, count: int, **how: Any) -> None:
    seed = int(os.environ.get("SEED", "20270131"))
    draw = random.Random(seed)
    with House(folder, broker, workers=how.pop("workers")) as house:
        settings.STRIPE_API_BASE, settings.STRIPE_SESSION_FACTORY = house.stripe, ""
        gateways = [make_gateway("north"), make_gateway("south")]
        make_due(gateways, count)
        house.ask("/_local/faults", {"set": FAULTS})
        house.start_workers()
        storm(house, count, draw, **how)
        calm(house, count)
        verify(house, count, gateways)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own")
def test_on_sqlite_each_of_sixty_rebills_is_charged_exactly_once(tmp_path: Path, broker: str, settings: Any) -> None:
    run(tmp_path, broker, settings, 60, workers=1, every=4, kills=3)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql" or not REDIS, reason="needs PostgreSQL and TEST_REDIS_URL")
def test_each_of_five_hundred_rebills_is_charged_exactly_once(tmp_path: Path, broker: str, settings: Any) -> None:
    run(tmp_path, broker, settings, 500, workers=2, every=3, kills=8)
