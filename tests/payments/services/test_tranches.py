"""The reserve of a sale: one tranche, by the terms of the day, that nothing changes afterwards."""

from datetime import date
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from gateways import money
from gateways.models import Gateway
from gateways.services import processor_for
from payments.models import Payment, ReserveTranche
from payments.services import holds, tranches
from payments.services.settle import settle
from payments.services.submit import submit
from payments.services.test_transaction import run_test_transaction
from payments.services.tranches import reserve_of
from tests.factories import TESTER, make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db(transaction=True)


def sell(gateway: Gateway, total: int = 10_000, **wish: Any) -> Payment:
    payment = make_payment(make_order(total=total, currency=gateway.currency), gateway, **wish)
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


def test_a_captured_payment_leaves_one_tranche_by_the_terms_of_its_gateway() -> None:
    gateway = make_gateway(reserve_rate=1000, reserve_days=180)
    with time_machine.travel("2026-11-20T12:00Z"):
        payment = sell(gateway)
    tranche = ReserveTranche.objects.get()
    assert (tranche.payment, tranche.gateway, tranche.mode) == (payment, gateway, "test")
    assert (tranche.captured, tranche.rate, tranche.amount, tranche.currency) == (10_000, 1000, 1000, "USD")
    assert (tranche.held_on, tranche.release_on) == (date(2026, 11, 20), date(2027, 5, 19))
    assert payment.order is not None
    assert tranche.campaign_id == payment.order.campaign_id


@pytest.mark.parametrize(
    ("zone", "held_on"), [("America/Los_Angeles", date(2026, 11, 30)), ("Europe/Berlin", date(2026, 12, 1))]
)
def test_the_day_is_the_gateways_own(zone: str, held_on: date) -> None:
    gateway = make_gateway(reserve_rate=500, reserve_days=1, time_zone=zone)
    with time_machine.travel("2026-11-30T23:30Z"):
        sell(gateway)
    assert ReserveTranche.objects.get().held_on == held_on


def test_later_terms_change_no_tranche() -> None:
    gateway = make_gateway(reserve_rate=1000, reserve_days=90)
    sell(gateway)
    before = list(ReserveTranche.objects.values())
    gateway.reserve_rate, gateway.reserve_days = 2500, 10
    gateway.save()
    assert list(ReserveTranche.objects.values()) == before
    sell(gateway)
    assert ReserveTranche.objects.latest("pk").amount == 2500


def test_a_gateway_without_a_reserve_leaves_none() -> None:
    sell(make_gateway(reserve_rate=0, reserve_days=180))
    assert not ReserveTranche.objects.exists()


def test_a_hold_is_reserved_when_it_is_captured_and_of_what_was_captured() -> None:
    payment = sell(make_gateway(reserve_rate=1000), capture=False)
    assert not ReserveTranche.objects.exists()
    holds.capture(payment.pk, 4000, TESTER)
    assert ReserveTranche.objects.get().amount == 400


def test_a_declined_card_and_a_released_hold_leave_none() -> None:
    gateway = make_gateway(reserve_rate=1000)
    sell(gateway, test_card="pm_card_visa_chargeDeclined")
    holds.void(sell(gateway, capture=False).pk, TESTER)
    assert not ReserveTranche.objects.exists()


def test_the_same_news_twice_leaves_one_tranche() -> None:
    gateway = make_gateway(reserve_rate=1000)
    payment = sell(gateway)
    for _ in range(3):
        settle(payment.pk, processor_for(gateway).fetch(payment.reference), TESTER)
    assert ReserveTranche.objects.count() == 1


def test_a_tranche_that_cannot_be_written_leaves_the_payment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = make_payment(gateway=make_gateway(reserve_rate=1000))
    monkeypatch.setattr(tranches, "day_of", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        submit(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured) == ("submitted", 0)
    assert not ReserveTranche.objects.exists()


def test_a_test_transaction_has_no_campaign() -> None:
    run_test_transaction(make_gateway(reserve_rate=1000), 1000, "pm_card_visa", TESTER)
    assert ReserveTranche.objects.get().campaign is None


@pytest.mark.parametrize(
    ("captured", "rate", "currency", "amount"),
    [
        (10_000, 1000, "USD", 1000),
        (1999, 500, "USD", 100),  # 99.95
        (1989, 500, "USD", 99),  # 99.45
        (1990, 500, "USD", 100),  # 99.5 is rounded up
        (9, 500, "USD", 0),
        (10, 500, "USD", 1),
        (500, 333, "JPY", 17),  # 16.65
        (10_050, 1000, "KWD", 1010),  # 1005 of thousandths: in steps of ten
        (12_300, 500, "ISK", 600),  # sent times 100: whole krónur
        (12_345, 10_000, "USD", 12_345),
    ],
)
def test_a_share_is_rounded_half_up_to_what_the_currency_allows(
    captured: int, rate: int, currency: str, amount: int
) -> None:
    assert reserve_of(captured, rate, currency) == amount


@given(st.integers(1, 99_999_999), st.integers(0, 10_000), st.sampled_from(sorted(money.CURRENCIES)))
def test_a_share_is_within_half_a_step_of_the_exact_one(units: int, rate: int, currency: str) -> None:
    step = money.step(currency)
    captured = units - units % step or step
    amount = reserve_of(captured, rate, currency)
    assert 0 <= amount <= captured
    assert amount % step == 0
    assert abs(2 * (10_000 * amount - captured * rate)) <= 10_000 * step
