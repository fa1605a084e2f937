"""The kill switch: nothing new is charged in its scope, what is in flight goes on, and a release charges it once."""

import threading
from datetime import UTC, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from gateways import clock
from gateways.models import MonthlyVolume
from orders.models import CampaignGateway
from payments.models import ChargeStop, Payment, Status
from payments.routing import route_order
from payments.services import holds
from payments.services.gate import chargeable, is_held, why_held
from payments.services.reconcile import reconcile
from payments.services.reserve import PaymentRefused
from payments.services.stops import (
    StopRefused,
    active_stops,
    is_stopped,
    release,
    stop_charging,
    stop_for,
)
from payments.services.submit import submit
from payments.tasks import enqueue_waiting_payments
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_campaign, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once
from tests.gateways.refusals import update_is_refused
from tests.local_stripe import charges_of
from tests.payments.services.test_reconcile import due_now, unheard

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = ["everything", "campaign", "gateway"]


def stop(scope: str, payment: Payment) -> ChargeStop:
    assert payment.order
    return stop_charging(
        "Wrong prices",
        TESTER,
        campaign=payment.order.campaign if scope == "campaign" else None,
        gateway=payment.gateway if scope == "gateway" else None,
    )


@pytest.mark.parametrize("scope", SCOPES)
def test_a_new_payment_is_refused_with_who_and_why_and_nothing_is_written(scope: str) -> None:
    payment = make_payment(make_order(total=9_000), amount=1_000)
    stop(scope, payment)
    with pytest.raises(PaymentRefused) as refused:
        make_payment(payment.order, payment.gateway, amount=1_000)
    assert refused.value.field == "gateway"
    assert "stopped by tester (Wrong prices)" in refused.value.message
    assert Payment.objects.count() == 1
    assert MonthlyVolume.objects.get(gateway=payment.gateway).reserved == 1_000


@pytest.mark.parametrize("scope", SCOPES)
def test_a_waiting_payment_stays_waiting_and_is_charged_once_after_the_release(scope: str) -> None:
    payment = make_payment()
    row = stop(scope, payment)
    assert submit(payment.pk) is None
    payment.refresh_from_db()
    assert (payment.status, payment.submitted_at, charges_of(payment)) == (Status.PENDING, None, [])
    assert release(row.pk, TESTER) == [payment.pk]
    submit(payment.pk)
    submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, len(charges_of(payment))) == (Status.CAPTURED, 1)
    told = [(event.kind, event.actor) for event in payment.events.all()]
    assert told[1:3] == [("held", "tester"), ("released", "tester")]


@pytest.mark.parametrize("scope", ["campaign", "gateway"])
def test_other_campaigns_and_gateways_are_charged_on(scope: str) -> None:
    stop(scope, make_payment())
    other = make_payment()
    submit(other.pk)
    other.refresh_from_db()
    assert other.status == Status.CAPTURED


def test_the_sweep_leaves_held_payments_alone_and_finds_the_others_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, free = make_payment(), make_payment()
    Payment.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    row = stop("gateway", held)
    sent: list[int] = []
    monkeypatch.setattr("payments.tasks.enqueue_charge", sent.append)
    monkeypatch.setattr("payments.tasks.BATCH", 1)
    enqueue_waiting_payments()
    assert sent == [free.pk]
    release(row.pk, TESTER)
    Payment.objects.filter(pk=free.pk).update(status=Status.FAILED)
    enqueue_waiting_payments()
    assert sent == [free.pk, held.pk]


def test_what_another_stop_holds_goes_on_waiting() -> None:
    payment = make_payment()
    everything, gateway = stop("everything", payment), stop("gateway", payment)
    assert release(everything.pk, TESTER) == []
    assert submit(payment.pk) is None
    assert release(gateway.pk, TESTER) == [payment.pk]


def test_a_release_happens_once_however_many_press_it() -> None:
    payment = make_payment()
    row = stop("everything", payment)
    answers = at_once(6, lambda _: release(row.pk, TESTER))
    assert (answers.count(None), answers.count([payment.pk])) == (5, 1)
    row.refresh_from_db()
    assert (row.released_by, row.is_active) == ("tester", False)
    assert payment.events.filter(kind="released").count() == 1


def test_the_same_stop_twice_is_refused_and_can_be_made_again_after_its_release() -> None:
    payment = make_payment()
    for scope in SCOPES:
        row = stop(scope, payment)
        with pytest.raises(StopRefused, match="stopped already"):
            stop(scope, payment)
        release(row.pk, TESTER)
        release(stop(scope, payment).pk, TESTER)
    assert (active_stops(), ChargeStop.objects.count()) == ([], 6)


def test_a_stop_without_a_reason_is_refused() -> None:
    with pytest.raises(StopRefused) as refused:
        stop_charging("  ", TESTER)
    assert (refused.value.field, ChargeStop.objects.count()) == ("reason", 0)


def test_what_is_held_can_still_be_captured_and_voided() -> None:
    first, second = make_payment(capture=False), make_payment(capture=False)
    for payment in (first, second):
        submit(payment.pk)
    stop_charging("Wrong prices", TESTER)
    assert holds.capture(first.pk, first.amount, TESTER).status == Status.CAPTURED
    assert holds.void(second.pk, TESTER).status == Status.VOIDED


def test_an_answer_that_was_lost_before_the_stop_is_still_found(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe))
    stop("everything", payment)
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, len(charges_of(payment))) == (Status.CAPTURED, 1)


def test_what_stripe_never_saw_is_not_sent_again_before_the_release(local_stripe: LocalStripe) -> None:
    payment = due_now(unheard(local_stripe, when="before"))
    row = stop("everything", payment)
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, charges_of(payment)) == (Status.UNKNOWN, [])
    assert payment.next_try_at is not None
    assert payment.next_try_at > clock.now()
    release(row.pk, TESTER)
    reconcile(due_now(payment).pk)
    payment.refresh_from_db()
    assert (payment.status, len(charges_of(payment))) == (Status.CAPTURED, 1)


def test_a_silent_gateway_leaves_a_stop_and_its_release_untouched(local_stripe: LocalStripe) -> None:
    payment = make_payment()
    local_stripe.faults.add(Fault(kind="timeout", times=None))
    row = stop("gateway", payment)
    assert release(row.pk, TESTER) == [payment.pk]
    submit(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.UNKNOWN


def test_a_payment_that_waited_over_the_turn_of_a_month_counts_to_the_month_of_its_charge() -> None:
    gateway = make_gateway(monthly_cap=10_000)
    with clock.travel_to(datetime(2026, 11, 30, 12, tzinfo=UTC)):
        payment = make_payment(make_order(total=6_000), gateway)
        row = stop("everything", payment)
    with clock.travel_to(datetime(2026, 12, 1, 12, tzinfo=UTC)):
        release(row.pk, TESTER)
        submit(payment.pk)
    books = {(volume.month.month, volume.reserved, volume.captured) for volume in MonthlyVolume.objects.all()}
    assert books == {(11, 0, 0), (12, 0, 6_000)}


def test_what_finds_no_room_in_the_new_month_fails_and_is_not_charged() -> None:
    gateway = make_gateway(monthly_cap=10_000)
    with clock.travel_to(datetime(2026, 11, 30, 12, tzinfo=UTC)):
        payment = make_payment(make_order(total=6_000), gateway)
        row = stop_charging("Wrong prices", TESTER, campaign=payment.order.campaign if payment.order else None)
    with clock.travel_to(datetime(2026, 12, 1, 12, tzinfo=UTC)):
        make_payment(make_order(total=5_000), gateway)
        release(row.pk, TESTER)
        submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, charges_of(payment)) == (Status.FAILED, [])
    assert "50.00 USD left under its cap" in payment.message
    assert sum(volume.reserved for volume in MonthlyVolume.objects.all()) == 5_000


def test_a_stop_is_asked_for_by_campaign_and_gateway() -> None:
    campaign, gateway, other = make_campaign(), make_gateway(), make_gateway()
    row = stop_charging("Wrong prices", TESTER, campaign=campaign)
    assert stop_for(campaign.pk, gateway.pk) == row
    assert not is_stopped(None, gateway.pk)
    stop_charging("Wrong key", TESTER, gateway=gateway)
    assert (is_stopped(None, gateway.pk), is_stopped(None, other.pk)) == (True, False)


def test_rows_can_be_asked_for_without_what_is_stopped() -> None:
    held, free = make_payment(), make_payment()
    stop("campaign", held)
    rows = chargeable(Payment.objects.all(), campaign="order__campaign", gateway="gateway")
    assert list(rows) == [free]


def test_asking_costs_one_query_while_nothing_is_stopped(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_payment()
    monkeypatch.setattr("gateways.installation.CACHE_SECONDS", 60)
    assert not is_held(payment.pk)
    with django_assert_num_queries(1):
        assert not is_held(payment.pk)
    with django_assert_num_queries(1):
        assert not why_held(payment.gateway, None)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("charge_stop_has_a_reason", {"reason": ""}),
        ("charge_stop_release_has_a_name", {"released_at": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("charge_stop_names_what_its_scope_says", {"scope": "gateway"}),
        ("charge_stop_names_what_its_scope_says", {"scope": "nothing"}),
    ],
)
def test_the_database_refuses_a_stop_that_cannot_be(name: str, fields: dict[str, object]) -> None:
    row = stop_charging("Wrong prices", TESTER)
    update_is_refused(row, name, **fields)


def test_two_who_stop_at_once_make_one_stop() -> None:
    def press(_: int) -> bool:
        try:
            stop_charging("Wrong prices", TESTER)
        except StopRefused:
            return False
        return True

    assert at_once(6, press).count(True) == 1


@pytest.mark.postgres
def test_from_the_stop_on_no_worker_takes_up_a_charge(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    payments = [make_payment(gateway=gateway) for _ in range(60)]
    stopped = threading.Event()
    taken_after: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            stop_charging("Wrong prices", TESTER)
            stopped.set()
            return
        for payment in payments[number - 1 :: 5]:
            was_stopped = stopped.is_set()
            if submit(payment.pk) and was_stopped:
                taken_after.append(payment.pk)

    at_once(6, work)
    assert taken_after == []
    waiting = Payment.objects.filter(status=Status.PENDING).count()
    assert waiting + Payment.objects.filter(status=Status.CAPTURED).count() == 60
    release(active_stops()[0].pk, TESTER)
    for payment in payments:
        submit(payment.pk)
    assert [len(charges_of(payment)) for payment in payments] == [1] * 60


def test_routing_goes_around_a_stopped_gateway_and_says_why() -> None:
    first, second = make_gateway(), make_gateway()
    order = make_order()
    for priority, gateway in enumerate((first, second), start=1):
        CampaignGateway.objects.create(campaign=order.campaign, gateway=gateway, priority=priority)
    stop_charging("Wrong key", TESTER, gateway=first)
    route = route_order(order, order.total)
    assert route.gateway == second
    assert route.trace[-1]["reason"].startswith(f"Charging of the gateway {first} was stopped by tester (Wrong key)")
