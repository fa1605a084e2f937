"""What a subscription and an offer will bill, as previews show it."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from orders.models import OfferCycle
from orders.services.plans import coming_cycles, coming_of_offer, next_amount, plan_of
from tests.factories import make_gateway, make_offer, make_recurring_offer, make_subscription

pytestmark = pytest.mark.django_db

JAN_31 = datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_a_subscription_tells_its_coming_cycles() -> None:
    offer = make_recurring_offer(cycles=[1500, 1800])
    subscription = make_subscription(
        offer, started_at=JAN_31, anchor_day=31, due_at=JAN_31.replace(month=3), quantity=2
    )
    found = [(one.cycle, f"{one.due_at:%m-%d}", one.amount) for one in islice(coming_cycles(subscription), 3)]
    assert found == [(2, "03-31", 3000), (3, "04-30", 3600), (4, "05-31", 3600)]
    assert next_amount(subscription, plan_of(offer)) == 3000


def test_the_price_that_was_agreed_replaces_the_offers() -> None:
    subscription = make_subscription(price_override=700)
    assert [one.amount for one in islice(coming_cycles(subscription), 2)] == [700, 700]


def test_what_ended_or_will_end_with_its_period_bills_nothing_more() -> None:
    now = datetime.now(UTC)
    ended = make_subscription(status="cancelled", ended_at=now, due_at=None, try_at=None)
    assert list(coming_cycles(ended)) == []
    assert list(coming_cycles(make_subscription(ends_after_cycle=True))) == []


def test_an_offer_tells_what_a_sale_at_a_moment_would_bill_and_when() -> None:
    offer = make_recurring_offer(cycles=[1500])
    offer.cycles.create(number=3, price=900, every_count=14, every_unit=OfferCycle.Unit.DAY)
    found = islice(coming_of_offer(offer, make_gateway(time_zone="America/New_York"), JAN_31, quantity=3), 3)
    told = [(one.cycle, f"{one.due_at:%m-%d %H:%M}", one.amount) for one in found]
    assert told == [(2, "02-28 12:00", 4500), (3, "03-14 11:00", 2700), (4, "03-28 11:00", 2700)]


def test_what_does_not_recur_has_no_cycles() -> None:
    gateway = make_gateway()
    assert list(coming_of_offer(make_offer(), gateway, JAN_31)) == []
    assert list(coming_of_offer(make_recurring_offer(cycles=[]), gateway, JAN_31)) == []
