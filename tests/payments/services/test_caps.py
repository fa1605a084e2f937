"""The monthly-cap check: the ledger is right again, what differs from Stripe is told, and charges go on meanwhile."""

import threading
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from gateways import clock
from gateways.models import CapCheck, Gateway, MonthlyVolume
from gateways.services import processor_for
from gateways.volume import month_of, take_room
from payments.models import Payment, Status
from payments.services import holds
from payments.services.cap_compare import bounds_of
from payments.services.caps import check_cap, months_to_compare
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_order, make_payment
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CHARGES = "/v1/charges"


def paid(gateway: Gateway, total: int = 5_000, **wish: Any) -> Payment:
    payment = make_payment(make_order(total=total, currency=gateway.currency), gateway, **wish)
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def books(gateway: Gateway) -> tuple[int, int]:
    row = MonthlyVolume.objects.get(gateway=gateway)
    return row.reserved, row.captured


def dashboard_charge(gateway: Gateway, amount: int, **metadata: str) -> None:
    """A charge on the gateway's account that Midway did not make."""
    client = processor_for(gateway)._client  # type: ignore[attr-defined]
    client.v1.charges.create({"amount": amount, "currency": "usd", "source": "tok_visa", "metadata": metadata})


def test_books_that_are_right_stay_so_and_nothing_drifts() -> None:
    gateway = make_gateway(monthly_cap=100_000)
    paid(gateway, 5_000)
    paid(gateway, 3_000, capture=False)
    paid(gateway, 900, test_card="pm_card_visa_chargeDeclined")
    make_payment(make_order(total=700), gateway)
    check = check_cap(gateway)
    assert (check.captured, check.reserved, check.left, check.cap) == (5_000, 3_700, 91_300, 100_000)
    assert (check.drift, check.processor_captured, check.note, check.drifted_at) == (0, 5_000, "", None)
    assert books(gateway) == (3_700, 5_000)


@pytest.mark.parametrize(
    ("reserved", "captured", "drift"), [(0, 4_500, 500), (0, 6_000, 1_000), (250, 5_000, 250), (300, 4_700, 600)]
)
def test_a_ledger_that_drifted_is_repaired_and_the_drift_told(reserved: int, captured: int, drift: int) -> None:
    gateway = make_gateway(monthly_cap=100_000)
    paid(gateway, 5_000)
    MonthlyVolume.objects.update(reserved=reserved, captured=captured)
    check = check_cap(gateway)
    assert (check.drift, books(gateway)) == (drift, (0, 5_000))
    assert check.drifted_at is not None
    again = check_cap(gateway)
    assert (again.drift, again.pk, again.drifted_at) == (0, check.pk, check.drifted_at)


def test_a_ledger_whose_row_is_gone_is_made_anew() -> None:
    gateway = make_gateway()
    paid(gateway, 5_000)
    MonthlyVolume.objects.all().delete()
    assert (check_cap(gateway).drift, books(gateway)) == (5_000, (0, 5_000))


def test_a_gateway_that_took_nothing_is_given_no_row() -> None:
    check = check_cap(make_gateway(monthly_cap=None))
    assert (check.drift, check.cap, check.left) == (0, None, None)
    assert not MonthlyVolume.objects.exists()


def test_a_capture_in_stripes_dashboard_that_nobody_told_is_settled_and_told() -> None:
    gateway = make_gateway()
    payment = paid(gateway, 5_000, capture=False)
    processor_for(gateway).capture(payment.reference, 4_000, key="in the dashboard")
    check = check_cap(gateway)
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured) == (Status.CAPTURED, 4_000)
    assert (check.drift, check.captured, check.reserved, check.processor_captured) == (4_000, 4_000, 0, 4_000)
    assert check_cap(gateway).drift == 0


def test_charges_that_midway_does_not_know_are_drift_until_they_are_known() -> None:
    gateway = make_gateway()
    paid(gateway, 5_000)
    dashboard_charge(gateway, 700)
    dashboard_charge(gateway, 300, midway_payment=str(uuid4()))
    check = check_cap(gateway)
    assert (check.drift, check.unknown_count, check.unknown_amount) == (1_000, 2, 1_000)
    assert (check.processor_captured, books(gateway)) == (5_000, (0, 5_000))


def test_gateways_on_one_account_are_each_compared_with_their_own_charges() -> None:
    first, second = make_gateway("shared"), make_gateway("shared")
    assert first.account_id == second.account_id
    paid(first, 5_000)
    paid(second, 2_000)
    found = [check_cap(gateway) for gateway in (first, second)]
    assert [(one.drift, one.processor_captured) for one in found] == [(0, 5_000), (0, 2_000)]


def test_a_payment_that_stripe_does_not_have_is_drift() -> None:
    gateway = make_gateway()
    payment = paid(gateway, 5_000)
    Payment.objects.filter(pk=payment.pk).update(reference="pi_of_another_world", key=uuid4())
    check = check_cap(gateway)
    assert (check.captured, check.processor_captured) == (5_000, 0)
    assert check.drift == 10_000  # one that Stripe does not know, and one that we do not


def test_a_charge_whose_answer_is_still_to_come_is_no_drift(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    payment = make_payment(gateway=gateway)
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path="/v1/payment_intents"))
    submit(payment.pk)
    payment.refresh_from_db()
    check = check_cap(gateway)
    assert (payment.status, check.drift, check.reserved) == (Status.UNKNOWN, 0, payment.amount)


@pytest.mark.parametrize("kind", ["timeout", "error", "reset", "rate_limit"])
def test_a_silent_stripe_hinders_only_the_comparison(local_stripe: LocalStripe, kind: str) -> None:
    gateway = make_gateway()
    paid(gateway, 5_000)
    MonthlyVolume.objects.update(captured=1)
    local_stripe.faults.add(Fault(kind=kind, method="GET", path=CHARGES, times=None))  # type: ignore[arg-type]
    check = check_cap(gateway)
    assert (check.drift, books(gateway)) == (4_999, (0, 5_000))
    assert (check.note.startswith("Stripe did not answer"), check.processor_captured) == (True, None)


def test_a_refused_key_hinders_only_the_comparison() -> None:
    gateway = make_gateway()
    paid(gateway, 5_000)
    gateway.secret_key = "sk_live_not_here"
    gateway.save()
    check = check_cap(gateway)
    assert (check.drift, check.captured) == (0, 5_000)
    assert check.note.startswith("Stripe refuses this gateway's key")


def test_more_charges_than_a_page_are_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.services.cap_compare.CHUNK", 2)
    gateway = make_gateway()
    for _ in range(5):
        paid(gateway, 1_000)
    assert (check_cap(gateway).processor_captured, check_cap(gateway).drift) == (5_000, 0)


def test_a_comparison_that_takes_too_long_says_so() -> None:
    gateway = make_gateway()
    paid(gateway, 1_000)
    assert "check_caps" in check_cap(gateway, patience=-1).note


def test_the_books_alone_ask_no_processor_and_keep_what_was_compared(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    paid(gateway, 5_000)
    check_cap(gateway)
    local_stripe.faults.add(Fault(kind="timeout", times=None))
    check = check_cap(gateway, ask_processor=False)
    assert (check.drift, check.processor_captured, check.note) == (0, 5_000, "")


def test_money_without_a_processor_is_compared_with_its_own_book() -> None:
    gateway = Gateway(name="Till", processor="offline", currency="USD", mode="test")
    gateway.save()
    payment = make_payment(make_order(total=2_500), gateway, test_card="", means="cash")
    submit(payment.pk)
    check = check_cap(gateway)
    assert (check.drift, check.captured, check.processor_captured) == (0, 2_500, 2_500)


def test_a_sale_at_the_turn_of_the_month_counts_once_where_its_gateway_is() -> None:
    gateway = make_gateway(time_zone="America/New_York")
    with clock.travel_to(datetime(2026, 11, 1, 3, 59, 50, tzinfo=UTC)):  # 23:59:50 on 31 October there
        payment = make_payment(make_order(total=1_000), gateway)
    with clock.travel_to(datetime(2026, 11, 1, 4, 0, 10, tzinfo=UTC)):
        submit(payment.pk)
        paid(gateway, 300)
    october, november = check_cap(gateway, date(2026, 10, 1)), check_cap(gateway, date(2026, 11, 1))
    assert [(one.captured, one.processor_captured, one.drift) for one in (october, november)] == [
        (1_000, 1_000, 0),
        (300, 300, 0),
    ]


def test_a_payment_that_was_charged_long_after_the_month_is_looked_for_by_itself() -> None:
    gateway = make_gateway()
    with clock.travel_to(datetime(2026, 10, 31, 12, tzinfo=UTC)):
        payment = make_payment(make_order(total=1_000), gateway)
    with clock.travel_to(datetime(2026, 11, 5, 12, tzinfo=UTC)):
        submit(payment.pk)
    check = check_cap(gateway, date(2026, 10, 1))
    assert (check.captured, check.processor_captured, check.drift) == (1_000, 1_000, 0)
    assert check_cap(gateway, date(2026, 11, 1)).drift == 0


def test_the_last_month_is_compared_for_a_week_more() -> None:
    gateway = make_gateway(time_zone="Asia/Tokyo")
    for moment, months in [
        (datetime(2026, 11, 6, 12, tzinfo=UTC), [10, 11]),
        (datetime(2026, 11, 9, 12, tzinfo=UTC), [11]),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), [11, 12]),
    ]:
        with clock.travel_to(moment):
            assert [month.month for month in months_to_compare(gateway)] == months


def test_a_month_has_its_bounds_where_the_gateway_is() -> None:
    start, end = bounds_of(Gateway(time_zone="Europe/Berlin"), date(2026, 10, 1))
    assert (start, end) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )


@pytest.mark.postgres
def test_forty_workers_at_a_cap_with_room_for_twenty_five_charge_twenty_five() -> None:
    gateway = make_gateway(monthly_cap=25 * 400 + 399)
    orders = [make_order(total=400) for _ in range(40)]

    def sell(number: int) -> bool:
        try:
            payment = make_payment(orders[number], gateway)
        except PaymentRefused:
            return False
        submit(payment.pk)
        return True

    sold = at_once(40, sell)
    assert (sold.count(True), sold.count(False)) == (25, 15)
    assert Payment.objects.filter(status=Status.CAPTURED).count() == 25
    check = check_cap(gateway)
    assert (check.captured, check.reserved, check.left) == (10_000, 0, 399)
    assert (check.drift, check.processor_captured) == (0, 10_000)


@pytest.mark.postgres
def test_checks_beside_charges_find_no_drift_where_there_is_none_and_end_exact() -> None:
    """Between reserve and settle, captured late, declined, voided: at each moment the books agree."""
    gateway = make_gateway(monthly_cap=10_000_000)
    orders = [make_order(total=400) for _ in range(60)]
    selling = threading.Event()
    cards = ["pm_card_visa", "pm_card_visa_chargeDeclined"]

    def work(number: int) -> list[int]:
        if number < 2:
            drifts = []
            while not selling.is_set():
                drifts.append(check_cap(gateway, ask_processor=number == 0).drift)
            return drifts
        for place in range(number - 2, 60, 4):
            payment = make_payment(orders[place], gateway, test_card=cards[place % 5 == 0], capture=place % 3 != 0)
            submit(payment.pk)
            payment.refresh_from_db()
            if payment.status == Status.AUTHORIZED:
                holds.capture(payment.pk, 300, TESTER) if place % 2 else holds.void(payment.pk, TESTER)
        return []

    def run(number: int) -> list[int]:
        try:
            return work(number)
        finally:
            if number >= 2 and done.is_over():
                selling.set()

    done = _Countdown(4)
    drifts = [drift for found in at_once(6, run) for drift in found]
    assert len(drifts) > 2
    assert set(drifts) == {0}
    captured = sum(Payment.objects.values_list("amount_captured", flat=True))
    assert books(gateway) == (0, captured)


@pytest.mark.postgres
def test_a_repair_beside_charges_leaves_exact_books() -> None:
    gateway = make_gateway(monthly_cap=10_000_000)
    orders = [make_order(total=400) for _ in range(24)]
    month = month_of(gateway, clock.now())
    take_room(gateway, month, 123_456)  # nobody's

    def work(number: int) -> int:
        if number == 0:
            return sum(check_cap(gateway, ask_processor=False).drift for _ in range(30))
        for place in range(number - 1, 24, 4):
            submit(make_payment(orders[place], gateway).pk)
        return 0

    assert sum(at_once(5, work)) == 123_456
    assert books(gateway) == (0, 24 * 400)
    assert CapCheck.objects.count() == 1


class _Countdown:
    """True for the last of so many threads."""

    def __init__(self, threads: int) -> None:
        self._left = threads
        self._lock = threading.Lock()

    def is_over(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0
