"""What a person does with a subscription: it works, or it is refused and nothing changed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateways import clock
from orders.models import Order, PaymentState, Subscription
from orders.services import subscriptions as services
from orders.services.billing import hold
from orders.services.subscriptions import SubscriptionProblem
from tests.factories import (
    make_campaign,
    make_card,
    make_customer,
    make_gateway,
    make_rebill,
    make_recurring_offer,
    make_subscription,
)
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

Held, State = Subscription.Held, Subscription.Status
NOW = datetime(2027, 1, 20, 15, tzinfo=UTC)


@pytest.fixture
def subscription() -> Subscription:
    """Active, on a card, due on the last day of January at 9:00 where it lives."""
    zone = ZoneInfo("America/New_York")
    due = datetime(2027, 1, 31, 9, tzinfo=zone)
    made = make_subscription(
        started_at=due - timedelta(days=31), due_at=due, try_at=due, anchor_day=31, time_zone=zone.key
    )
    made.card = make_card(made.customer, made.gateway)
    made.save()
    return made


def facts(subscription: Subscription) -> dict[str, Any]:
    row = Subscription.objects.values().get(pk=subscription.pk)
    return {name: value for name, value in row.items() if name != "updated_at"} | {"events": told(subscription)}


def told(subscription: Subscription) -> list[tuple[str, str]]:
    return list(subscription.events.values_list("kind", "actor"))


def refused(subscription: Subscription, field: str, words: str, do: Any) -> None:
    """It is refused with the field and the remedy, and nothing has changed."""
    before = facts(subscription)
    with pytest.raises(SubscriptionProblem, match=words) as problem:
        do()
    assert problem.value.field == field
    assert facts(subscription) == before


def days(subscription: Subscription) -> str:
    assert subscription.due_at is not None
    return f"{subscription.due_at.astimezone(ZoneInfo(subscription.time_zone)):%Y-%m-%d %H:%M}"


# --- pause and resume -------------------------------------------------------------------------------------------


def test_a_paused_one_is_not_tried_and_resumes_on_the_next_date_to_come(subscription: Subscription) -> None:
    with clock.travel_to(NOW):
        services.pause(subscription, "ann")
    assert (subscription.status, subscription.try_at) == (State.PAUSED, None)
    assert subscription.paused_at is not None
    with clock.travel_to(NOW + timedelta(days=90)):
        services.resume(subscription, "ann")
    assert (subscription.status, days(subscription)) == (State.ACTIVE, "2027-04-30 09:00")
    assert subscription.try_at == subscription.due_at
    row = Subscription.objects.get(pk=subscription.pk)
    assert (row.anchor_day, row.cycle, row.paused_at) == (31, 1, None)
    assert told(subscription) == [("paused", "ann"), ("resumed", "ann")]


def test_a_short_pause_changes_no_date(subscription: Subscription) -> None:
    with clock.travel_to(NOW):
        services.pause(subscription, "ann")
        services.resume(subscription, "ann")
    assert days(subscription) == "2027-01-31 09:00"


def test_what_is_paused_is_not_paused_again_and_what_is_active_not_resumed(subscription: Subscription) -> None:
    refused(subscription, "subscription", "it goes on by itself", lambda: services.resume(subscription, "ann"))
    services.pause(subscription, "ann")
    refused(subscription, "subscription", "resume it first", lambda: services.pause(subscription, "ann"))


# --- cancel -----------------------------------------------------------------------------------------------------


def test_a_cancelled_one_has_its_reason_and_bills_nothing_more(subscription: Subscription) -> None:
    order = make_rebill(subscription)
    services.cancel(subscription, " Too dear ", "ann")
    assert (subscription.status, subscription.end_reason) == (State.CANCELLED, "Too dear")
    assert (subscription.due_at, subscription.try_at) == (None, None)
    order.refresh_from_db()
    assert order.payment_state == PaymentState.CANCELLED
    refused(subscription, "subscription", "take a new order", lambda: services.cancel(subscription, "Again", "ann"))


def test_a_cancellation_needs_a_reason(subscription: Subscription) -> None:
    refused(subscription, "reason", "Say why", lambda: services.cancel(subscription, "  ", "ann"))


def test_at_the_end_of_the_period_it_goes_on_until_then_and_can_be_kept(subscription: Subscription) -> None:
    with clock.travel_to(NOW):
        services.cancel(subscription, "Moved", "ann", at_period_end=True)
        assert (subscription.status, subscription.ends_after_cycle) == (State.ACTIVE, True)
        assert subscription.try_at == subscription.due_at
        refused(subscription, "subscription", "keep it first", lambda: services.pause(subscription, "ann"))
        services.keep(subscription, "ann")
    assert (subscription.ends_after_cycle, subscription.end_reason) == (False, "")
    refused(subscription, "subscription", "not going to end", lambda: services.keep(subscription, "ann"))


def test_one_whose_period_is_over_is_cancelled_at_once(subscription: Subscription) -> None:
    with clock.travel_to(NOW + timedelta(days=30)):
        services.cancel(subscription, "Moved", "ann", at_period_end=True)
    assert subscription.status == State.CANCELLED


def test_all_of_a_campaign_are_cancelled_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    campaign, gateway = make_campaign(), make_gateway()
    offer = make_recurring_offer(campaign)
    ours = [make_subscription(offer, gateway=gateway) for _ in range(5)]
    services.pause(ours[0], "ann")
    services.cancel(ours[1], "Before", "ann")
    other = make_subscription(gateway=gateway)
    assert services.cancel_all_of(campaign, "ann", "The campaign is over") == 4
    assert services.cancel_all_of(campaign, "ann", "The campaign is over") == 0
    assert set(Subscription.objects.filter(offer=offer).values_list("status", flat=True)) == {State.CANCELLED}
    other.refresh_from_db()
    assert other.status == State.ACTIVE


@pytest.mark.postgres
def test_many_who_cancel_at_once_cancel_once(subscription: Subscription) -> None:
    def cancel(_: int) -> bool:
        try:
            services.cancel(Subscription.objects.get(pk=subscription.pk), "Moved", "ann")
        except SubscriptionProblem:
            return False
        return True

    assert sorted(at_once(6, cancel)) == [False] * 5 + [True]
    assert told(subscription) == [("cancelled", "ann")]


# --- date and price ---------------------------------------------------------------------------------------------


def test_the_date_moves_and_the_dates_after_it_keep_to_its_day(subscription: Subscription) -> None:
    with clock.travel_to(NOW):
        services.change_date(subscription, NOW.date() + timedelta(days=26), "ann")
    assert (days(subscription), subscription.anchor_day) == ("2027-02-15 09:00", 15)
    assert subscription.try_at == subscription.due_at
    assert subscription.events.get().detail == "31 Jan 2027 → 15 Feb 2027"


def test_a_past_due_one_waits_for_its_new_date(subscription: Subscription) -> None:
    with clock.travel_to(NOW + timedelta(days=20)):
        Subscription.objects.filter(pk=subscription.pk).update(
            status=State.PAST_DUE, held=Held.RETRIES, retries=5, try_at=None
        )
        services.change_date(subscription, (NOW + timedelta(days=25)).date(), "ann")
    assert (subscription.status, subscription.held, subscription.retries) == (State.ACTIVE, "", 0)
    assert subscription.try_at == subscription.due_at


@pytest.mark.parametrize("ahead", [-1, 0, 800])
def test_a_date_that_has_passed_or_is_far_off_is_refused(subscription: Subscription, ahead: int) -> None:
    day = NOW.date() + timedelta(days=ahead)
    with clock.travel_to(NOW):
        refused(subscription, "date", "from tomorrow to", lambda: services.change_date(subscription, day, "ann"))


def test_while_it_is_being_billed_the_date_stays(subscription: Subscription) -> None:
    order = make_rebill(subscription)
    Order.objects.filter(pk=order.pk).update(payment_state=PaymentState.IN_PROGRESS)
    day = clock.now().date() + timedelta(days=9)
    refused(subscription, "date", "wait for the result", lambda: services.change_date(subscription, day, "ann"))


def test_the_price_of_coming_cycles_is_agreed_and_taken_back(subscription: Subscription) -> None:
    services.change_price(subscription, 990, "ann")
    assert subscription.price_override == 990
    services.change_price(subscription, None, "ann")
    assert subscription.price_override is None
    assert [event.detail for event in subscription.events.all()] == ["9.90 USD", "The prices of the offer"]


@pytest.mark.parametrize("price", [0, 49, 100_000_000])
def test_a_price_that_nobody_can_charge_is_refused(subscription: Subscription, price: int) -> None:
    refused(subscription, "price", "can be charged", lambda: services.change_price(subscription, price, "ann"))


# --- card and gateway -------------------------------------------------------------------------------------------


def test_another_card_on_the_same_account_takes_over(subscription: Subscription) -> None:
    card = make_card(subscription.customer, subscription.gateway, "pm_card_mastercard")
    gateway = subscription.gateway
    services.change_card(subscription, card, "ann")
    assert (subscription.card, subscription.gateway, subscription.held) == (card, gateway, "")
    assert subscription.try_at == subscription.due_at


@pytest.mark.parametrize("held", [Held.CARD, Held.RETRIES])
def test_a_new_card_lets_what_waited_for_it_be_tried_at_once(subscription: Subscription, held: str) -> None:
    with clock.travel_to(NOW + timedelta(days=20)):
        hold(subscription, held, "beat", "Declined")
        services.change_card(subscription, make_card(subscription.customer, subscription.gateway), "ann")
        assert subscription.held == ""
        assert subscription.try_at is not None
        assert subscription.try_at <= clock.now()


def test_what_waits_for_its_gateway_goes_on_waiting_whatever_the_card(subscription: Subscription) -> None:
    later = clock.now() + timedelta(days=9)
    hold(subscription, Held.CAP, "beat", "No room", try_at=later)
    services.change_card(subscription, make_card(subscription.customer, subscription.gateway), "ann")
    assert (subscription.held, subscription.try_at) == (Held.CAP, later)


def test_a_card_on_another_account_brings_a_gateway_of_that_account(subscription: Subscription) -> None:
    other = make_gateway()
    card = make_card(subscription.customer, other)
    services.change_card(subscription, card, "ann")
    assert (subscription.card, subscription.gateway) == (card, other)
    assert other.name in subscription.events.get().detail


def test_a_card_that_no_active_gateway_can_charge_is_refused(subscription: Subscription) -> None:
    other = make_gateway()
    card = make_card(subscription.customer, other)
    other.active = False
    other.save()
    refused(subscription, "card", "No active gateway", lambda: services.change_card(subscription, card, "ann"))


def test_a_card_of_somebody_else_and_a_blocked_one_are_refused(subscription: Subscription) -> None:
    strangers = make_card(make_customer(), subscription.gateway)
    refused(subscription, "card", "another customer", lambda: services.change_card(subscription, strangers, "ann"))
    blocked = make_card(subscription.customer, subscription.gateway)
    blocked.blocked_at, blocked.block_reason = clock.now(), "The card was reported lost."
    blocked.save()
    refused(subscription, "card", "reported lost", lambda: services.change_card(subscription, blocked, "ann"))


def test_another_gateway_on_the_cards_account_takes_over(subscription: Subscription) -> None:
    account = subscription.gateway.secret_key.split("_")[2]
    other = make_gateway(account)
    assert other.account_id == subscription.gateway.account_id
    hold(subscription, Held.GATEWAY, "beat", "It is off", try_at=clock.now() + timedelta(hours=3))
    services.change_gateway(subscription, other, "ann")
    assert (subscription.gateway, subscription.held) == (other, "")


def test_a_gateway_that_cannot_charge_the_card_is_refused(subscription: Subscription) -> None:
    def change(gateway: Any) -> Any:
        return lambda: services.change_gateway(subscription, gateway, "ann")

    refused(subscription, "gateway", "another account", change(make_gateway()))
    refused(subscription, "gateway", "not active", change(make_gateway(active=False)))
    refused(subscription, "gateway", "cannot charge cards in USD", change(make_gateway(currency="EUR")))
