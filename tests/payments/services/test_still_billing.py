"""What is told before a campaign is deleted."""

from datetime import timedelta

import pytest

from gateways import clock
from orders.models import Subscription
from payments.models import Status
from payments.services.still_billing import what_still_bills
from tests.admin import rows
from tests.factories import make_campaign, make_offer, make_recurring_offer, make_subscription

pytestmark = pytest.mark.django_db


def test_a_campaign_of_which_nothing_is_open_tells_nothing() -> None:
    campaign = make_campaign()
    make_offer(campaign)
    rows.order()  # of another campaign
    assert what_still_bills(campaign) == []


def test_subscriptions_are_counted_with_the_price_of_their_next_rebill() -> None:
    offer = make_recurring_offer(price=1000, cycles=(1500, 2000))
    make_subscription(offer)  # cycle 2 comes next
    make_subscription(offer, cycle=2, quantity=2)  # twice cycle 3
    make_subscription(offer, cycle=9, status=Subscription.Status.PAST_DUE)  # the last one repeats
    make_subscription(offer, price_override=700)
    make_subscription(offer, status=Subscription.Status.PAUSED, try_at=None)
    told = what_still_bills(offer.campaign)
    assert told[0] == "4 subscriptions go on being billed: 82.00 USD with their next rebills."


def test_open_orders_and_holds_are_told_with_what_is_due() -> None:
    order = rows.order(price=5000)
    rows.payment(Status.AUTHORIZED, of=order)
    order.amount_held, order.payment_state = 3000, "held"
    order.save()
    assert what_still_bills(order.campaign) == [
        "1 order is open with 20.00 USD to be paid, and can be paid as before.",
        "1 hold of 50.00 USD not captured yet: capture or void what is held before it runs out.",
    ]


def test_pay_links_that_are_open_are_counted() -> None:
    order = rows.order(price=5000)
    now = clock.now()
    for fields in ({}, {"withdrawn_at": now}, {"created_at": now - timedelta(days=9), "expires_at": now}):
        made = {"created_at": now, "expires_at": now + timedelta(days=7), "actor": "tester", **fields}
        order.pay_links.create(**made)
    told = "1 pay link is not paid yet: without the campaign nobody can pay by it, and restored it works again."
    assert told in what_still_bills(order.campaign)


def test_a_subscription_that_ends_with_its_period_is_not_billed_any_more() -> None:
    row = make_subscription(ends_after_cycle=True)
    assert "subscription" not in str(what_still_bills(row.offer.campaign))


def test_paid_and_cancelled_orders_are_not_open() -> None:
    order = rows.order()
    for state in ("paid", "refunded", "cancelled"):
        order.payment_state = state
        order.save()
        assert what_still_bills(order.campaign) == []
