"""A subscription that is due is billed: once for each cycle, whoever comes how often."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from gateways import clock
from gateways.models import Gateway, MonthlyVolume
from orders.models import Campaign, Mail, Order, PaymentState, Subscription
from orders.services.subscriptions import cancel, change_card, pause
from payments.models import Payment, Purpose, Status
from payments.services.rebills import bill, bill_due
from payments.services.stops import release, stop_charging
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_recurring_offer
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents, charges_of
from tests.payments.services.test_charge import CREATE
from tests.payments.subscriptions import (
    DECLINED,
    find_out,
    keep_card,
    make_due,
    order_of,
    payments_of,
    run,
    run_everything,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)

Held, State = Subscription.Held, Subscription.Status


# --- a cycle that is paid ---------------------------------------------------------------------------------------


def test_the_next_cycle_is_an_order_of_its_own_charged_while_the_customer_is_away() -> None:
    subscription = make_due(quantity=2)
    due = subscription.due_at
    payment = run(subscription)
    assert payment is not None
    order = order_of(subscription)
    assert (order.source, order.total, order.payment_state) == (Order.Source.REBILL, 3000, PaymentState.PAID)
    assert [(line.description, line.quantity, line.unit_price) for line in order.lines.all()] == [
        (subscription.offer.name, 2, 1500)
    ]
    assert (payment.order, payment.status, payment.purpose, payment.cycle) == (order, "captured", Purpose.REBILL, 2)
    assert (payment.draft["off_session"], payment.card) == (True, subscription.card)
    assert payment.route[0]["verdict"] == "chosen"
    assert (subscription.cycle, subscription.status, subscription.held) == (2, State.ACTIVE, "")
    assert due is not None
    assert subscription.due_at is not None
    assert subscription.due_at == subscription.try_at
    assert subscription.due_at - due >= timedelta(days=28)
    assert told(subscription) == ["billed", "paid"]


def test_what_is_not_due_is_left_alone() -> None:
    later = clock.now() + timedelta(minutes=1)
    subscription = make_due(due_at=later, try_at=later)
    assert run(subscription) is None
    assert bill_due().payments == []
    assert payments_of(subscription) == []


def test_the_date_of_the_next_cycle_comes_from_the_date_of_this_one_and_not_from_its_payment() -> None:
    due = datetime(2027, 1, 31, 12, tzinfo=UTC)
    subscription = make_due(started_at=due - timedelta(days=31), due_at=due, try_at=due, anchor_day=31)
    with clock.travel_to(due + timedelta(days=3)):
        run(subscription)
    assert subscription.due_at == datetime(2027, 2, 28, 12, tzinfo=UTC)


def test_a_day_long_outage_is_made_up_for_each_cycle_once_oldest_first() -> None:
    offer = make_recurring_offer(cycles=[1500])
    offer.cycles.update(every_count=1, every_unit="day")
    week_ago = clock.now() - timedelta(days=3, hours=1)
    subscription = make_due(offer=offer, gateway=make_gateway(), due_at=week_ago, try_at=week_ago, started_at=week_ago)
    assert run_everything() == 4
    assert payments_of(subscription) == [(number, "captured") for number in (2, 3, 4, 5)]
    subscription.refresh_from_db()
    assert subscription.due_at is not None
    assert subscription.due_at > clock.now()
    assert run_everything() == 0


def test_the_next_cycle_waits_for_the_one_before_it(local_stripe: LocalStripe) -> None:
    offer = make_recurring_offer(cycles=[1500])
    offer.cycles.update(every_unit="day")
    due = clock.now() - timedelta(days=2)
    subscription = make_due(offer=offer, gateway=make_gateway(), due_at=due, try_at=due)
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CREATE))
    payment = run(subscription)
    assert payment is not None
    assert payment.status == Status.UNKNOWN
    assert bill_due().payments == []
    find_out(payment)
    assert payments_of(subscription) == [(2, "captured")]
    run(subscription)
    assert payments_of(subscription) == [(2, "captured"), (3, "captured")]


def test_the_last_cycle_finishes_a_subscription_that_does_not_repeat() -> None:
    subscription = make_due(offer=make_recurring_offer(cycles=[1500], repeats=False), gateway=make_gateway())
    run(subscription)
    assert (subscription.status, subscription.cycle, subscription.due_at) == (State.FINISHED, 2, None)
    assert subscription.ended_at is not None
    assert bill_due().payments == []


def test_a_cancellation_at_the_end_of_the_period_bills_nothing_more() -> None:
    later = clock.now() + timedelta(days=2)
    subscription = make_due(due_at=later, try_at=later)
    cancel(subscription, "Moved away", "tester", at_period_end=True)
    assert (subscription.status, subscription.ends_after_cycle) == (State.ACTIVE, True)
    with clock.travel_to(later + timedelta(hours=1)):
        assert run(subscription) is None
    assert (subscription.status, subscription.end_reason) == (State.CANCELLED, "Moved away")
    assert payments_of(subscription) == []


def test_three_years_of_monthly_billing_land_on_the_right_days() -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(2027, 1, 31, 2, 30, tzinfo=zone)
    gateway = make_gateway(time_zone=zone.key)
    subscription = make_due(
        gateway=gateway, started_at=start, due_at=start, try_at=start, anchor_day=31, time_zone=zone.key
    )
    days = []
    for _ in range(36):
        subscription.refresh_from_db()
        assert subscription.due_at is not None
        days.append(subscription.due_at.astimezone(zone))
        with clock.travel_to(subscription.due_at + timedelta(minutes=1)):
            run(subscription)
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    expected = [*lengths, 31, 29, *lengths[2:], *lengths]
    assert [day.day for day in days] == expected
    assert {(day.hour, day.minute) for day in days} == {(2, 30)}
    assert payments_of(subscription) == [(number, "captured") for number in range(2, 38)]
    assert subscription.cycle == 37


# --- once -------------------------------------------------------------------------------------------------------


def test_ten_beats_at_once_bill_each_subscription_once(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    subscriptions = [make_due(gateway=gateway) for _ in range(4)]
    rounds = at_once(10, lambda _: bill_due())
    made = [payment_id for done in rounds for payment_id in done.payments]
    assert len(made) == len(set(made)) == 4
    at_once(10, lambda number: [submit(payment_id) for payment_id in made[number % 4 :] + made[: number % 4]])
    for subscription in subscriptions:
        assert payments_of(subscription) == [(2, "captured")]
        payment = Payment.objects.get(subscription=subscription)
        assert len(charges_of(payment)) == 1
    assert MonthlyVolume.objects.get(gateway=gateway).captured == 6000


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no locks of rows")
def test_a_subscription_that_somebody_has_at_work_is_passed_over() -> None:
    subscription = make_due()
    with transaction.atomic():
        Subscription.objects.select_for_update().get(pk=subscription.pk)
        assert at_once(1, lambda _: bill_due())[0].payments == []
    assert len(bill_due().payments) == 1


def test_when_the_transaction_is_lost_nothing_was_billed_and_the_next_beat_bills_it() -> None:
    subscription = make_due()
    with transaction.atomic():
        assert bill(subscription.pk) is not None
        transaction.set_rollback(True)
    assert payments_of(subscription) == []
    assert not Order.objects.filter(subscription=subscription).exists()
    assert run(subscription) is not None
    assert payments_of(subscription) == [(2, "captured")]


def test_a_fault_of_ours_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = make_gateway()
    broken, good = make_due(gateway=gateway), make_due(gateway=gateway)

    def bill_all_but_one(pk: int, actor: Any) -> Payment | None:
        if pk == broken.pk:
            raise RuntimeError("a fault of ours")
        return bill(pk, actor)

    monkeypatch.setattr("payments.services.rebills.bill", bill_all_but_one)
    assert [Payment.objects.get(pk=pk).subscription for pk in bill_due().payments] == [good]
    broken.refresh_from_db()
    assert broken.try_at is not None
    assert broken.try_at > clock.now()


def test_a_round_that_runs_out_of_time_says_so_and_the_next_goes_on() -> None:
    gateway = make_gateway()
    for _ in range(2):
        make_due(gateway=gateway)
    assert bill_due(seconds=0).more
    assert len(bill_due().payments) == 2


def test_rebilling_takes_few_queries_and_never_all_rows() -> None:
    gateway = make_gateway()
    for _ in range(3):
        make_due(gateway=gateway)
    bill_due()
    for _ in range(3):
        make_due(gateway=gateway)
    with CaptureQueriesContext(connection) as one_by_one:
        assert len(bill_due().payments) == 3
    assert len(one_by_one) / 3 < 45


# --- no gateway -------------------------------------------------------------------------------------------------


def capped(**fields: Any) -> Gateway:
    """Room for nothing."""
    return make_gateway(monthly_cap=100, **fields)


def test_without_room_under_the_cap_it_waits_for_the_month_to_turn_where_the_gateway_is() -> None:
    subscription = make_due(gateway=capped(time_zone="America/New_York"))
    with clock.travel_to(datetime(2027, 1, 15, tzinfo=UTC)):
        Subscription.objects.filter(pk=subscription.pk).update(try_at=clock.now(), due_at=clock.now())
        assert run(subscription) is None
    assert (subscription.status, subscription.held) == (State.ACTIVE, Held.CAP)
    assert subscription.try_at == datetime(2027, 2, 1, tzinfo=ZoneInfo("America/New_York"))
    assert not Order.objects.filter(subscription=subscription).exists()
    assert "monthly cap" in subscription.events.get(kind="held").detail
    Gateway.objects.filter(pk=subscription.gateway_id).update(monthly_cap=None)
    with clock.travel_to(datetime(2027, 2, 1, 6, tzinfo=UTC)):
        run(subscription)
    assert payments_of(subscription) == [(2, "captured")]


def test_a_cap_that_is_raised_is_used_at_once() -> None:
    subscription = make_due(gateway=capped())
    run(subscription)
    gateway = subscription.gateway
    assert bill_due().payments == []
    gateway.monthly_cap = 10_000
    gateway.save()
    assert len(bill_due().payments) == 1


def test_where_the_gateway_says_so_another_on_its_account_takes_the_rebill() -> None:
    subscription = make_due(gateway=capped(account="merchant", when_capped="other"))
    make_gateway("merchant", active=False)
    spare = make_gateway("merchant")
    payment = run(subscription)
    assert payment is not None
    assert (payment.gateway, payment.status) == (spare, "captured")
    assert [(row["gateway"], row["verdict"]) for row in payment.route] == [
        (spare.name, "chosen"),
        (subscription.gateway.name, "dropped"),
    ]
    assert subscription.gateway != spare


def test_a_gateway_on_another_account_never_takes_it() -> None:
    subscription = make_due(gateway=make_gateway("merchant", active=False, when_capped="other"))
    make_gateway("stranger")
    assert run(subscription) is None
    assert (subscription.held, subscription.status) == (Held.GATEWAY, State.ACTIVE)


def test_an_inactive_gateway_holds_it_until_it_is_switched_on() -> None:
    subscription = make_due()
    gateway = subscription.gateway
    gateway.active = False
    gateway.save()
    assert run(subscription) is None
    assert subscription.held == Held.GATEWAY
    assert bill_due().payments == []
    gateway.active = True
    gateway.save()
    assert len(bill_due().payments) == 1
    subscription.refresh_from_db()
    assert subscription.held == ""


def test_one_that_is_held_says_so_once() -> None:
    subscription = make_due(gateway=capped())
    for _ in range(3):
        Subscription.objects.filter(pk=subscription.pk).update(try_at=clock.now())
        run(subscription)
    assert told(subscription) == ["held"]


def test_the_kill_switch_holds_it_and_the_release_lets_it_go() -> None:
    subscription = make_due()
    stop = stop_charging("Something is wrong", TESTER, campaign=Campaign.objects.get())
    assert bill_due().payments == []
    subscription.refresh_from_db()
    assert (subscription.held, subscription.status) == (Held.STOPPED, State.ACTIVE)
    release(stop.pk, TESTER)
    assert len(bill_due().payments) == 1
    subscription.refresh_from_db()
    assert subscription.held == ""


def test_a_gateway_switched_off_before_the_charge_is_sent_is_not_asked(local_stripe: LocalStripe) -> None:
    subscription = make_due()
    payment = bill(subscription.pk)
    assert payment is not None
    Gateway.objects.filter(pk=subscription.gateway_id).update(active=False)
    submit(payment.pk)
    payment.refresh_from_db()
    subscription.refresh_from_db()
    assert (payment.status, charges_of(payment)) == (Status.FAILED, [])
    assert (subscription.held, subscription.retries) == ("", 0)
    assert subscription.try_at is not None
    assert timedelta(minutes=55) < subscription.try_at - clock.now() < timedelta(minutes=65)


# --- no card ----------------------------------------------------------------------------------------------------


def test_without_a_card_it_asks_the_customer_for_one_once() -> None:
    subscription = make_due()
    Subscription.objects.filter(pk=subscription.pk).update(card=None)
    for _ in range(2):
        Subscription.objects.filter(pk=subscription.pk).update(try_at=clock.now())
        assert run(subscription) is None
    assert (subscription.held, subscription.status, subscription.try_at) == (Held.CARD, State.PAST_DUE, None)
    mail = Mail.objects.get(kind="card_needed")
    assert "/pay/card/" in mail.body


def test_a_card_that_stripe_no_longer_knows_is_not_asked_for_again(local_stripe: LocalStripe) -> None:
    subscription = make_due()
    assert subscription.card is not None
    subscription.card.reference = "pm_000000000000000000000000"
    subscription.card.save()
    payment = run(subscription)
    assert payment is not None
    assert payment.status == Status.FAILED
    assert (subscription.held, subscription.try_at) == (Held.CARD, None)


# --- changes while a charge is on its way -----------------------------------------------------------------------


def test_a_cancellation_before_the_charge_is_sent_wins() -> None:
    subscription = make_due()
    payment = bill(subscription.pk)
    assert payment is not None
    cancel(subscription, "No longer wanted", "tester")
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, charges_of(payment)) == (Status.FAILED, [])
    order = order_of(subscription)
    assert (order.payment_state, subscription.status) == (PaymentState.CANCELLED, State.CANCELLED)


def test_a_charge_that_was_on_its_way_when_it_was_cancelled_is_written_down_and_a_person_looks(
    local_stripe: LocalStripe,
) -> None:
    subscription = make_due()
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CREATE))
    payment = run(subscription)
    cancel(subscription, "No longer wanted", "tester")
    assert payment is not None
    find_out(payment)
    subscription.refresh_from_db()
    assert (payment.status, subscription.status, subscription.cycle) == ("captured", State.CANCELLED, 2)
    assert subscription.due_at is None
    assert "refund it" in payment.review_reason


def test_a_charge_that_was_on_its_way_when_it_was_paused_counts(local_stripe: LocalStripe) -> None:
    subscription = make_due()
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CREATE))
    payment = run(subscription)
    pause(subscription, "tester")
    assert payment is not None
    find_out(payment)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.cycle, subscription.try_at) == (State.PAUSED, 2, None)
    assert subscription.due_at is not None
    assert subscription.due_at > clock.now()


def test_a_decline_of_the_old_card_does_not_matter_to_the_new_one(local_stripe: LocalStripe) -> None:
    subscription = make_due(DECLINED)
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CREATE))
    payment = run(subscription)
    change_card(subscription, keep_card(subscription), "tester")
    assert bill_due().payments == [], "the old card is still being asked"
    assert payment is not None
    find_out(payment)
    assert run_everything() == 1
    assert payments_of(subscription) == [(2, "declined"), (2, "captured")]
    assert len({one["id"] for one in all_intents() if one["status"] == "succeeded"} & set(charges_of(payment))) == 0
