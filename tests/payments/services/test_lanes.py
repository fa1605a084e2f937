"""Rebills go out at each account's own pace, and one account is never in another's way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from config.celery import app
from payments import tasks
from payments.models import Lane, Payment, Status
from payments.services import lanes
from payments.services.lanes import Way, free_ways
from payments.services.rebills import bill_due
from payments.services.stops import stop_charging
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_payment
from tests.faults.at_once import at_once
from tests.local_stripe import charges_of
from tests.payments.services.test_charge import CREATE
from tests.payments.subscriptions import make_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _two_lanes(settings: Any) -> None:
    settings.STRIPE_CHARGES_AT_ONCE = 2
    settings.STRIPE_CHARGES_PER_SECOND = 1000


def waiting(count: int, **fields: Any) -> list[Payment]:
    """Rebills of one gateway that wait to be sent."""
    gateway = make_gateway(**fields)
    for _ in range(count):
        make_due(gateway=gateway)
    return list(Payment.objects.filter(pk__in=bill_due().payments).order_by("pk"))


def statuses(payments: list[Payment]) -> set[str]:
    return set(Payment.objects.filter(pk__in=[one.pk for one in payments]).values_list("status", flat=True))


def account(payment: Payment, number: int = 0) -> Way:
    return Way(payment.account_id, "test", number)


def test_an_account_with_rebills_waiting_has_its_lanes_and_no_other() -> None:
    make_payment()
    first, second = waiting(3)[0], waiting(2)[0]
    ways = {account(payment, number) for payment in (first, second) for number in (0, 1)}
    assert set(free_ways()) == ways


def test_one_turn_charges_what_waits_for_the_account_and_leaves_the_others() -> None:
    ours, others = waiting(3), waiting(1)
    assert lanes.run(account(ours[0])) is False
    assert (statuses(ours), statuses(others)) == ({"captured"}, {"pending"})
    assert free_ways() == [account(others[0])], "one that waits needs one lane"


def test_a_turn_that_is_over_leaves_the_rest_for_the_next() -> None:
    payments = waiting(2)
    assert lanes.run(account(payments[0]), seconds=0) is True
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["captured", "pending"]
    assert lanes.run(account(payments[0])) is False
    assert statuses(payments) == {"captured"}


def test_the_same_messages_many_times_at_once_charge_each_once() -> None:
    payments = waiting(4)
    at_once(8, lambda number: lanes.run(account(payments[0], number % 2)))
    lanes.run(account(payments[0]))
    assert statuses(payments) == {"captured"}
    assert [len(charges_of(payment)) for payment in payments] == [1] * 4


def test_nobody_takes_a_lane_that_somebody_is_on_until_their_lease_ends() -> None:
    payments = waiting(2)
    until = timezone.now() + timedelta(seconds=9)
    Lane.objects.create(account_id=payments[0].account_id, mode="test", number=0, taken_until=until, next_at=until)
    assert lanes.run(account(payments[0])) is False
    assert statuses(payments) == {"pending"}
    assert free_ways() == [account(payments[0], 1)]
    past = timezone.now() - timedelta(seconds=1)
    Lane.objects.update(taken_until=past, next_at=past)
    lanes.run(account(payments[0]))
    assert statuses(payments) == {"captured"}


def test_who_was_thought_dead_sends_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    payments = waiting(2)

    def slow(payment_id: int) -> Payment | None:
        Lane.objects.update(taken_until=timezone.now() + timedelta(seconds=99))  # somebody else has taken it
        return submit(payment_id)

    monkeypatch.setattr(lanes, "submit", slow)
    assert lanes.run(account(payments[0])) is False
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["captured", "pending"]


def test_it_keeps_the_pace_that_is_set(settings: Any) -> None:
    settings.STRIPE_CHARGES_PER_SECOND = 10  # two lanes: each every 200 ms
    payments = waiting(3)
    started = timezone.now()
    lanes.run(account(payments[0]), seconds=60)
    assert statuses(payments) == {"captured"}
    assert Lane.objects.get().next_at - started >= timedelta(milliseconds=3 * 200)


@pytest.mark.parametrize("kind", ["rate_limit", "error", "timeout"])
def test_an_account_that_does_not_answer_rests_and_the_payment_is_neither_failed_nor_declined(
    local_stripe: LocalStripe, kind: Any
) -> None:
    payments = waiting(3)
    local_stripe.faults.add(Fault(kind=kind, when="before", method="POST", path=CREATE))
    assert lanes.run(account(payments[0])) is False
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["pending", "pending", "unknown"]
    assert free_ways() == [account(payments[0], 1)]
    assert lanes.run(account(payments[0])) is False
    assert lanes.run(account(payments[0], 1)) is False
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["captured", "captured", "unknown"]


def test_one_that_is_slow_rests_longer(local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SLOW", 0.05)
    payments = waiting(1)
    local_stripe.faults.add(
        Fault(kind="latency", seconds=0.1, method="POST", path=CREATE),
        Fault(kind="error", when="before", method="POST", path=CREATE),
    )
    lanes.run(account(payments[0]))
    assert Lane.objects.get().next_at > timezone.now() + timedelta(seconds=10)


def test_a_slow_account_gives_the_worker_back_after_its_turn(local_stripe: LocalStripe) -> None:
    slow, quick = waiting(3), waiting(3)
    local_stripe.faults.add(Fault(kind="latency", seconds=1.1, method="POST", path=CREATE))
    assert lanes.run(account(slow[0]), seconds=1) is True
    assert Payment.objects.filter(pk__in=[one.pk for one in slow], status=Status.CAPTURED).count() == 1
    assert lanes.run(account(quick[0]), seconds=60) is False
    assert statuses(quick) == {"captured"}


def test_while_charging_is_stopped_no_lane_is_free() -> None:
    payments = waiting(1)
    stop_charging("Something is wrong", TESTER)
    assert free_ways() == []
    lanes.run(account(payments[0]))
    assert statuses(payments) == {"pending"}


# --- Celery's side ----------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...], int]]:
    """The messages that were sent: task, arguments, priority."""
    messages: list[tuple[str, tuple[object, ...], int]] = []

    def catch(task: Any, *arguments: object, priority: int = tasks.FIRST) -> bool:
        messages.append((task.name.rpartition(".")[2], arguments, priority))
        return True

    monkeypatch.setattr(tasks, "_send", catch)
    return messages


Messages = list[tuple[str, tuple[object, ...], int]]


def test_beat_bills_what_is_due_and_starts_the_lanes_behind_what_people_wait_for(sent: Messages) -> None:
    subscription = make_due()
    tasks.bill_due_subscriptions()
    name = subscription.gateway.account_id
    assert sent == [("charge_rebills", (name, "test", 0), tasks.BEHIND)]


def test_beats_own_messages_for_them_come_behind_as_well() -> None:
    for name in ("bill-due-subscriptions", "enqueue-rebills"):
        assert app.conf.beat_schedule[name]["options"] == {"priority": tasks.BEHIND}


def test_a_round_without_an_end_goes_on_in_a_message_of_its_own(
    sent: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_due()
    monkeypatch.setattr(tasks, "BILLING_TURN", 0.0)
    tasks.bill_due_subscriptions()
    assert sent == [("bill_due_subscriptions", (), tasks.BEHIND)]


def test_a_turn_that_leaves_something_asks_for_another(sent: Messages, monkeypatch: pytest.MonkeyPatch) -> None:
    payments = waiting(1)
    run: Callable[[Way], bool] = lambda way: way == account(payments[0])  # noqa: E731
    monkeypatch.setattr(tasks, "run_lane", run)
    tasks.charge_rebills(payments[0].account_id, "test", 0)
    tasks.charge_rebills(payments[0].account_id, "test", 1)
    assert [message[1] for message in sent] == [(payments[0].account_id, "test", 0)]


def test_the_sweep_of_waiting_payments_leaves_rebills_to_their_lanes(sent: Messages) -> None:
    rebills, sale = waiting(1), make_payment()
    Payment.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    tasks.enqueue_waiting_payments()
    assert [message[:2] for message in sent] == [("charge_payment", (sale.pk,))]
    sent.clear()
    tasks.enqueue_rebills()
    assert {message[1][0] for message in sent} == {rebills[0].account_id}
