"""What the reports count: by gateway and currency, in the gateway's own days, and never what is only a test."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from gateways.models import MonthlyVolume
from payments.models import DisputeStatus, Payment, Status
from payments.reports.caps import CapFigures, cap_figures
from payments.reports.chargebacks import ChargebackFigures, chargeback_figures, chargeback_rows, chargeback_totals
from payments.reports.reserve import reserve_figures, reserve_rows
from tests.admin import rows
from tests.payments.reports.sales import NOW, contested, held, hide, live_gateway, sale, scope_of, trial_sale

pytestmark = pytest.mark.django_db

LEFT_OUT = pytest.mark.parametrize("how", ["of kind test", "deleted"])


@pytest.fixture(autouse=True)
def _a_day_in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


# --- the reserve ------------------------------------------------------------------------------------------------


def test_a_reserve_is_held_until_its_day_and_free_from_then_on() -> None:
    gateway = live_gateway()
    for days, amount in [(-10, 100), (0, 200), (1, 400), (40, 800)]:
        held(sale(gateway), amount=amount, held_on=date(2026, 11, 1), release_on=NOW.date() + timedelta(days=days))
    (figures,) = reserve_figures(scope_of())
    assert (figures.held, figures.released) == (1200, 300)
    assert figures.next_on == date(2026, 11, 26)
    coming = [f"{month:%Y-%m} {amount}" for month, amount in figures.coming]
    assert coming == ["2026-11 400", "2026-12 0", "2027-01 800", "2027-02 0", "2027-03 0", "2027-04 0"]
    assert figures.bars[2].label == "January 2027: $8.00"


@pytest.mark.parametrize(("zone", "is_held"), [("Pacific/Auckland", False), ("America/Los_Angeles", True)])
def test_the_day_of_release_begins_at_the_gateways_midnight(zone: str, is_held: bool) -> None:
    """At noon in Greenwich it is the 26th in Auckland, and the 25th in Los Angeles."""
    live_gateway(time_zone="Pacific/Honolulu")
    held(sale(live_gateway(time_zone=zone)), amount=100, release_on=date(2026, 11, 26))
    (figures,) = reserve_figures(scope_of())
    assert (figures.held, figures.released) == ((100, 0) if is_held else (0, 100))


def test_the_period_says_which_sales_are_listed_and_not_what_is_held() -> None:
    gateway = live_gateway()
    now, before = held(sale(gateway)), held(sale(gateway), held_on=date(2026, 10, 31))
    (figures,) = reserve_figures(scope_of())
    assert (figures.held, figures.sales, figures.captured_in_period, figures.held_in_period) == (2000, 1, 10_000, 1000)
    assert list(reserve_rows(scope_of())) == [now]
    assert list(reserve_rows(scope_of(period="last"))) == [before]
    assert list(reserve_rows(scope_of(period="3"))) == [now, before]


def test_currencies_of_one_gateway_are_told_apart() -> None:
    gateway = live_gateway()
    held(sale(gateway))
    held(sale(gateway), currency="EUR")
    assert [(one.currency, one.held) for one in reserve_figures(scope_of())] == [("EUR", 1000), ("USD", 1000)]


@LEFT_OUT
def test_a_reserve_of_a_hidden_campaign_is_not_counted(how: str) -> None:
    payment = sale(live_gateway())
    held(payment)
    hide(payment, how)
    assert reserve_figures(scope_of()) == []
    assert not reserve_rows(scope_of()).exists()


def test_reserves_of_test_gateways_and_test_transactions_are_not_counted() -> None:
    gateway = live_gateway()
    held(trial_sale(gateway))
    held(sale(rows.gateway()))
    kept = held(sale(gateway))
    assert list(reserve_rows(scope_of())) == [kept]
    assert [one.held for one in reserve_figures(scope_of())] == [1000]


def test_test_gateways_are_shown_where_that_is_asked_for_and_then_alone() -> None:
    held(sale(live_gateway()))
    test = held(sale(rows.gateway()))
    assert list(reserve_rows(scope_of(mode="test"))) == [test]


def test_one_gateway_can_be_looked_at() -> None:
    held(sale(live_gateway()))
    wanted = held(sale(live_gateway()))
    assert list(reserve_rows(scope_of(gateway=wanted.gateway_id))) == [wanted]


# --- chargebacks ------------------------------------------------------------------------------------------------


def figures_of(**asked: Any) -> ChargebackFigures:
    (figures,) = chargeback_figures(scope_of(**asked))
    return figures


def test_chargebacks_are_counted_with_their_money_and_how_they_ended() -> None:
    gateway = live_gateway()
    payments = [sale(gateway) for _ in range(8)]
    contested(payments[0])
    contested(payments[1], status=DisputeStatus.UNDER_REVIEW)
    contested(payments[2], status=DisputeStatus.WON, amount_reinstated=10_000)
    contested(payments[3], status=DisputeStatus.LOST)
    contested(payments[4], status=DisputeStatus.WARNING_NEEDS_RESPONSE, fee=None, amount_withdrawn=0, fee_taken=0)
    figures = figures_of()
    assert (figures.payments, figures.captured) == (8, 80_000)
    assert (figures.chargebacks, figures.inquiries) == (4, 1)
    assert (figures.won, figures.lost, figures.open) == (1, 1, 2)
    assert (figures.disputed, figures.fees) == (40_000, 10_000)
    assert (figures.taken_text, figures.returned_text) == (["$400.00"], ["$100.00"])
    assert (figures.share, figures.share_text, figures.tone) == (5000, "50.00 %", "error")


@pytest.mark.parametrize(
    ("chargebacks", "payments", "text", "tone"),
    [
        (0, 0, "–", ""),
        (1, 0, "–", ""),
        (0, 7, "0.00 %", ""),
        (1, 200, "0.50 %", ""),
        (1, 150, "0.67 %", "warning"),  # 0.666… is rounded up
        (3, 400, "0.75 %", "warning"),
        (1, 100, "1.00 %", "error"),
        (3, 2, "150.00 %", "error"),
    ],
)
def test_the_share_is_what_card_networks_look_at(chargebacks: int, payments: int, text: str, tone: str) -> None:
    figures = ChargebackFigures(live_gateway(), "USD", payments=payments, chargebacks=chargebacks)
    assert (figures.share_text, figures.tone) == (text, tone)


def test_a_dispute_counts_to_the_month_in_which_it_was_opened_whenever_the_sale_was() -> None:
    gateway = live_gateway()
    old = sale(gateway, at=datetime(2026, 8, 3, tzinfo=UTC))
    contested(old)
    figures = figures_of()
    assert (figures.payments, figures.chargebacks) == (0, 1)
    (august,) = chargeback_figures(scope_of(period="2026-08"))
    assert (august.payments, august.chargebacks) == (1, 0)


@pytest.mark.parametrize(("zone", "month"), [("America/Los_Angeles", "2026-11"), ("Europe/Berlin", "2026-12")])
def test_this_month_is_the_gateways_own(zone: str, month: str) -> None:
    gateway = live_gateway(time_zone=zone)
    payment = sale(gateway)
    contested(payment, opened_on=date.fromisoformat(f"{month}-01"))
    Payment.objects.update(cap_month=date.fromisoformat(f"{month}-01"))
    with time_machine.travel("2026-12-01T05:00Z", tick=False):
        assert (figures_of().payments, figures_of().chargebacks) == (1, 1)


def test_what_did_not_move_money_is_no_captured_payment() -> None:
    gateway = live_gateway()
    for status in (Status.AUTHORIZED, Status.DECLINED, Status.VOIDED):
        sale(gateway, status=status)
    assert chargeback_figures(scope_of()) == []


def test_totals_add_up_counts_and_keep_currencies_apart() -> None:
    dollars, euros = live_gateway(), live_gateway(currency="EUR")
    contested(sale(dollars, 5000))
    contested(sale(euros, 3000))
    contested(sale(euros, 4000), status=DisputeStatus.LOST)
    totals = chargeback_totals(chargeback_figures(scope_of()))
    assert (totals.payments, totals.chargebacks, totals.won, totals.lost) == (3, 3, 0, 1)
    assert totals.disputed_text == ["€70.00", "$50.00"]
    assert totals.fees_text == ["€50.00", "$25.00"]


def test_money_that_moved_in_another_currency_is_told_in_that() -> None:
    contested(sale(live_gateway()), amount_withdrawn=9100, settled_currency="EUR", amount_reinstated=9000)
    figures = figures_of()
    assert (figures.disputed, figures.taken_text, figures.returned_text) == (10_000, ["€91.00"], ["€90.00"])


@LEFT_OUT
def test_chargebacks_and_payments_of_a_hidden_campaign_are_not_counted(how: str) -> None:
    payment = sale(live_gateway())
    contested(payment)
    hide(payment, how)
    assert chargeback_figures(scope_of()) == []
    assert not chargeback_rows(scope_of()).exists()


def test_chargebacks_of_test_gateways_and_test_transactions_are_not_counted() -> None:
    gateway = live_gateway()
    contested(trial_sale(gateway), campaign=None)
    contested(sale(rows.gateway()))
    kept = contested(sale(gateway))
    assert list(chargeback_rows(scope_of())) == [kept]
    assert (figures_of().payments, figures_of().chargebacks) == (1, 1)


# --- caps -------------------------------------------------------------------------------------------------------


def cap_of(**asked: Any) -> CapFigures:
    (figures,) = cap_figures(scope_of(single_months=True, **asked))
    return figures


def use(gateway: Any, month: date, captured: int, reserved: int = 0) -> None:
    MonthlyVolume.objects.create(gateway=gateway, month=month, captured=captured, reserved=reserved)


def test_a_cap_tells_what_is_used_and_left() -> None:
    gateway = live_gateway(monthly_cap=100_000)
    use(gateway, date(2026, 11, 1), 60_000, 15_000)
    figures = cap_of()
    assert (figures.shown.captured, figures.shown.reserved, figures.shown.tests) == (60_000, 15_000, 0)
    assert (figures.left, figures.percent) == (25_000, 75)


def test_six_months_are_shown_and_one_without_sales_is_empty() -> None:
    gateway = live_gateway(monthly_cap=100_000)
    use(gateway, date(2026, 11, 1), 10_000)
    use(gateway, date(2026, 9, 1), 120_000)
    use(gateway, date(2026, 4, 1), 5_000)
    figures = cap_of()
    assert [month.used for month in figures.months] == [0, 0, 0, 120_000, 0, 10_000]
    assert figures.bars[0].label == "June 2026: $0.00"
    assert max(bar.height for bar in figures.bars) == figures.height
    assert figures.cap_line == round(figures.height / 6, 2)


def test_an_older_month_can_be_looked_at() -> None:
    gateway = live_gateway(monthly_cap=100_000)
    use(gateway, date(2026, 9, 1), 40_000)
    assert (cap_of(period="2026-09").shown.captured, cap_of(period="2026-09").left) == (40_000, 60_000)


def test_a_gateway_without_a_cap_has_no_line_and_nothing_left_to_tell() -> None:
    use(live_gateway(monthly_cap=None), date(2026, 11, 1), 10_000)
    figures = cap_of()
    assert (figures.left, figures.cap_line, figures.shown.captured) == (None, None, 10_000)
    assert len(figures.bars) == 6


def test_more_than_the_cap_leaves_nothing() -> None:
    use(live_gateway(monthly_cap=10_000), date(2026, 11, 1), 12_000)
    assert (cap_of().left, cap_of().percent) == (0, 120)


@pytest.mark.parametrize("which", ["a test transaction", "of kind test", "deleted"])
@pytest.mark.parametrize("status", [Status.CAPTURED, Status.AUTHORIZED])
def test_what_is_no_sale_is_told_apart_and_uses_up_the_cap(which: str, status: Status) -> None:
    gateway = live_gateway(monthly_cap=100_000)
    payment = trial_sale(gateway) if which == "a test transaction" else sale(gateway)
    if which != "a test transaction":
        hide(payment, which)
    taken = status == Status.CAPTURED
    Payment.objects.filter(pk=payment.pk).update(status=status, amount_captured=10_000 if taken else 0)
    sale(gateway, 20_000)
    use(gateway, date(2026, 11, 1), 30_000 if taken else 20_000, 0 if taken else 10_000)
    figures = cap_of()
    assert (figures.shown.captured, figures.shown.reserved, figures.shown.tests) == (20_000, 0, 10_000)
    assert figures.left == 70_000


def test_caps_of_test_gateways_are_shown_only_where_that_is_asked_for() -> None:
    live, test = live_gateway(), rows.gateway()
    assert [one.gateway for one in cap_figures(scope_of(single_months=True))] == [live]
    assert [one.gateway for one in cap_figures(scope_of(single_months=True, mode="test"))] == [test]


def test_no_gateway_makes_no_figures() -> None:
    scope = scope_of()
    assert not [*reserve_figures(scope), *chargeback_figures(scope), *cap_figures(scope)]
    assert not reserve_rows(scope).exists()
    assert not chargeback_rows(scope).exists()
