"""A test drive goes from the first sale to the rebill and back, and leaves nothing that bills, wherever it stops."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, Order, Subscription
from payments.models import Payment, Refund, Status, TestDrive
from payments.services.reconcile import reconcile
from payments.services.reserve import PaymentRefused
from payments.services.test_drive.drive import run_drive, start_drive
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["campaign", "order", "charge", "force_bill", "refund_sale", "refund_rebill", "archive"]


def drive(gateway: Gateway, card: str = "pm_card_visa") -> TestDrive:
    driven = run_drive(start_drive(gateway, card, TESTER).pk, TESTER)
    assert driven is not None
    return driven


def assert_nothing_bills() -> None:
    assert not Subscription.objects.filter(ended_at=None).exists()
    assert not Campaign.objects.kept().exists()


def test_every_step_is_made_and_named_with_stripes_reference() -> None:
    gateway = make_gateway()
    done = drive(gateway)
    assert (done.ok, done.reason) == (True, "")
    assert [(step["name"], step["ok"]) for step in done.steps] == [(name, True) for name in NAMES]
    references = {step["name"]: step["reference"] for step in done.steps}
    assert references["charge"].startswith("pi_")
    assert references["force_bill"].startswith("pi_")
    assert references["refund_sale"].startswith("re_")
    assert_nothing_bills()


def test_the_campaign_is_a_phone_campaign_with_an_unshippable_offer_and_half_a_unit_more_in_cycle_2() -> None:
    gateway = make_gateway()
    drive(gateway)
    campaign = Campaign.objects.get()
    assert (campaign.kind, campaign.mode) == ("phone", "test")
    assert not campaign.offers.filter(shippable=True).exists()
    assert [offer.price for offer in campaign.offers.all()] == [100, 100]
    sale, rebill = Payment.objects.order_by("pk")
    assert (sale.amount, rebill.amount, rebill.cycle) == (200, 150, 2)
    assert {sale.gateway, rebill.gateway} == {gateway}
    assert [refund.amount for refund in Refund.objects.order_by("pk")] == [200, 150]


def test_a_second_drive_restores_the_same_campaign() -> None:
    gateway = make_gateway()
    drive(gateway)
    assert drive(gateway).ok
    assert Campaign.objects.count() == 1
    assert_nothing_bills()


@pytest.mark.parametrize(("currency", "prices"), [("JPY", [50, 100]), ("KWD", [1000, 1500]), ("HUF", [17_500, 35_000])])
def test_prices_are_what_the_currency_allows(currency: str, prices: list[int]) -> None:
    assert drive(make_gateway(currency=currency)).ok
    offer = Campaign.objects.get().offers.get(kind="recurring")
    rebill = Payment.objects.order_by("-pk")[0]
    assert [offer.price, rebill.amount] == prices


@pytest.mark.parametrize(
    ("card", "step", "why"),
    [
        ("pm_card_chargeCustomerFail", "charge", "declined"),
        ("pm_card_visa_chargeDeclinedLostCard", "charge", "Nothing was charged"),
        ("pm_card_authenticationRequiredOnSetup", "charge", ""),
    ],
)
def test_it_stops_where_a_step_fails_and_says_why(card: str, step: str, why: str) -> None:
    stopped = drive(make_gateway(), card)
    assert (stopped.ok, stopped.steps[-1]["name"], stopped.steps[-1]["ok"]) == (False, step, False)
    assert why in stopped.reason
    assert not Payment.objects.filter(status=Status.CAPTURED).exists()
    assert_nothing_bills()


def test_a_rebill_that_fails_gives_the_sale_back(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    creates = {"method": "POST", "path": "/v1/payment_intents"}
    local_stripe.faults.add(Fault("rate_limit", nth=2, times=None, **creates))  # type: ignore[arg-type]
    stopped = drive(gateway)
    assert (stopped.ok, stopped.steps[-1]["name"]) == (False, "force_bill")
    sale = Payment.objects.order_by("pk")[0]
    assert (sale.status, sale.amount_refunded) == (Status.CAPTURED, sale.amount)
    assert_nothing_bills()


def test_a_charge_without_an_answer_starts_no_subscription_when_it_turns_out_to_be_captured(
    local_stripe: LocalStripe,
) -> None:
    local_stripe.faults.add(Fault("timeout", "after", "POST", "/v1/payment_intents"))
    stopped = drive(make_gateway())
    assert "is still being settled" in stopped.reason
    payment = Payment.objects.get()
    assert payment.status == Status.UNKNOWN
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now())
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert_nothing_bills()


def test_one_at_a_time_for_each_gateway() -> None:
    gateway = make_gateway()
    first = start_drive(gateway, "pm_card_visa", TESTER)
    with pytest.raises(PaymentRefused, match="under way"):
        start_drive(gateway, "pm_card_visa", TESTER)
    assert start_drive(make_gateway(), "pm_card_visa", TESTER).pk != first.pk


def test_the_same_message_twice_drives_once() -> None:
    started = start_drive(make_gateway(), "pm_card_visa", TESTER)
    assert run_drive(started.pk, TESTER) is not None
    assert run_drive(started.pk, TESTER) is None
    assert Order.objects.filter(subscription=None).count() == 1


def test_a_drive_that_a_crash_left_behind_is_closed_by_the_next() -> None:
    gateway = make_gateway()
    lost = start_drive(gateway, "pm_card_visa", TESTER)
    TestDrive.objects.filter(pk=lost.pk).update(started_at=clock.now() - timedelta(minutes=11), taken_at=clock.now())
    assert drive(gateway).ok
    lost.refresh_from_db()
    assert (lost.ok, "interrupted" in lost.reason) == (False, True)


def test_a_gateway_that_cannot_be_driven_is_refused() -> None:
    with pytest.raises(PaymentRefused, match="not active"):
        start_drive(make_gateway(active=False), "pm_card_visa", TESTER)
    assert not TestDrive.objects.exists()


# --- its page ---------------------------------------------------------------------------------------------------


def test_the_page_says_what_it_will_do_and_shows_each_step(office: Client) -> None:
    gateway = make_gateway()
    page = f"/admin/gateways/gateway/{gateway.pk}/drive/"
    assert "$1.50" in office.get(page).content.decode()
    answer = office.post(page)
    made = TestDrive.objects.get()
    assert answer["Location"] == f"{page}{made.pk}/"
    assert "Under way" in office.get(answer["Location"]).content.decode()
    run_drive(made.pk, TESTER)
    body = re.sub(r"\s+", " ", office.get(answer["Location"]).content.decode())
    for words in ("Everything works", "Force Bill NOW, cycle 2", "pi_", "re_"):
        assert words in body
    assert "hx-get" not in body


def test_the_page_refuses_a_second_one_with_the_reason(office: Client) -> None:
    gateway = make_gateway()
    start_drive(gateway, "pm_card_visa", TESTER)
    answer = office.post(f"/admin/gateways/gateway/{gateway.pk}/drive/")
    assert answer.status_code == 400
    assert "under way" in answer.content.decode()
