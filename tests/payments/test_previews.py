"""What is to come, before it is billed: dates, amounts, gateways, and what is left of the month."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from gateways.models import MonthlyVolume
from orders.services import subscriptions as services
from payments.previews import month_ahead, next_rebills, rebills_of_offer
from tests.factories import make_campaign, make_gateway, make_offer, make_recurring_offer, make_subscription

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_next_twelve_rebills_keep_to_the_anchor_day_and_the_prices_of_their_cycles() -> None:
    gateway = make_gateway(monthly_cap=15_000)
    offer = make_recurring_offer(cycles=(1500, 2000))
    subscription = make_subscription(
        offer, gateway=gateway, due_at=datetime(2026, 2, 28, 12, tzinfo=UTC), anchor_day=31
    )
    rows = next_rebills(subscription)
    assert len(rows) == 12
    assert [row.due_at.day for row in rows[:4]] == [28, 31, 30, 31]
    assert [(row.cycle, row.amount, row.cap_share) for row in rows[:3]] == [(2, 1500, 10), (3, 2000, 13), (4, 2000, 13)]


def test_an_offer_that_ends_shows_no_more_than_its_cycles() -> None:
    campaign = make_campaign()
    gateway = make_gateway(is_default=True)
    offer = make_recurring_offer(campaign, cycles=(1500, 2000), repeats=False)
    assert [(row.cycle, row.amount, row.gateway) for row in rebills_of_offer(offer)] == [
        (2, 1500, gateway),
        (3, 2000, gateway),
    ]


def test_what_is_sold_once_has_no_rebills_and_what_nobody_can_charge_has_none_either() -> None:
    assert rebills_of_offer(make_offer()) == []
    assert rebills_of_offer(make_recurring_offer()) == []


def test_a_subscription_that_ends_with_its_period_shows_none() -> None:
    subscription = make_subscription()
    services.cancel(subscription, "moved away", "tester", at_period_end=True)
    assert next_rebills(subscription) == []


def test_a_month_counts_what_was_taken_and_the_rebills_until_it_ends() -> None:
    gateway = make_gateway(monthly_cap=10_000, time_zone="America/New_York")
    MonthlyVolume.objects.create(gateway=gateway, month="2026-01-01", captured=6_000, reserved=500)
    offer = make_recurring_offer(cycles=(1500,))
    late, next_day = datetime(2026, 2, 1, 4, 59, tzinfo=UTC), datetime(2026, 2, 1, 5, 0, tzinfo=UTC)
    make_subscription(offer, gateway=gateway, due_at=late)  # 23:59 on the last day, where the gateway is
    make_subscription(make_recurring_offer(offer.campaign, cycles=(900,)), gateway=gateway, due_at=next_day)
    ahead = month_ahead(gateway)
    assert (ahead.used, ahead.scheduled, ahead.rebills, ahead.left, ahead.over) == (6_500, 1_500, 1, 2_000, 0)


def test_a_month_says_what_finds_no_room() -> None:
    gateway = make_gateway(monthly_cap=1_000)
    make_subscription(make_recurring_offer(cycles=(1500,)), gateway=gateway, due_at=NOW)
    assert month_ahead(gateway).over == 500


def test_a_rhythm_of_days_comes_several_times_in_a_month() -> None:
    with time_machine.travel(datetime(2026, 1, 1, 12, tzinfo=UTC), tick=False):
        gateway = make_gateway()
        offer = make_recurring_offer(cycles=())
        offer.cycles.create(number=2, price=1000, every_count=7, every_unit="day")
        make_subscription(offer, gateway=gateway, due_at=datetime(2026, 1, 8, 12, tzinfo=UTC))
        ahead = month_ahead(gateway)
        assert (ahead.rebills, ahead.scheduled, ahead.left) == (4, 4_000, None)


def test_what_is_paused_is_not_scheduled() -> None:
    gateway = make_gateway()
    subscription = make_subscription(gateway=gateway, due_at=NOW)
    services.pause(subscription, "tester")
    assert month_ahead(gateway).rebills == 0


def test_the_page_of_an_offer_shows_the_rebills_of_a_sale_made_now(office: Client) -> None:
    make_gateway(is_default=True)
    offer = make_recurring_offer()
    page = office.get(f"/admin/orders/offer/{offer.pk}/change/").content.decode()
    assert "The rebills of a sale made now" in page
    assert "28 Feb 2026" in page
