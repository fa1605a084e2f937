"""Monthly caps in the admin: warnings where they are needed, and the check with a button."""

import re
from typing import Any

import pytest
from django.test import Client

from gateways.models import Gateway, MonthlyVolume
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gateway() -> Gateway:
    """96 % of its cap is used."""
    gateway = make_gateway(name="Northwind", monthly_cap=10_000, is_default=True)
    submit(make_payment(make_order(total=9_600), gateway).pk)
    return gateway


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def page(gateway: Gateway) -> str:
    return f"/admin/gateways/gateway/{gateway.pk}/change/"


def check_now(office: Client, gateway: Gateway) -> str:
    answer = office.post(f"/admin/gateways/gateway/{gateway.pk}/cap/")
    assert answer["Location"] == f"{page(gateway)}?panel=cap#cap"
    return text(office.get(answer["Location"]))


def test_a_nearly_used_cap_is_told_at_home_on_its_page_and_where_a_gateway_is_chosen(
    office: Client, gateway: Gateway
) -> None:
    words = "96 % of the monthly cap is used: 4.00 USD left until the end of"
    assert words in text(office.get("/admin/"))
    assert words in text(office.get(page(gateway)))
    order = make_order(total=300)
    told = text(office.get(f"/admin/orders/order/{order.pk}/change/"))
    assert "Northwind · USD · test · 4.00 USD left this month · ⚠ 96 % of its cap used" in told


def test_a_cap_with_room_is_told_nowhere(office: Client, gateway: Gateway) -> None:
    Gateway.objects.update(monthly_cap=100_000)
    for address in ("/admin/", page(gateway)):
        assert "of the monthly cap is used" not in text(office.get(address))


def test_the_check_tells_that_all_agrees(office: Client, gateway: Gateway) -> None:
    assert "Never run" in text(office.get(page(gateway)))
    told = check_now(office, gateway)
    assert "agree with the payments and with the processor" in told
    assert re.search(r"Captured \$96\.00 .*Left of \$100\.00 \$4\.00 Drift None At the processor \$96\.00", told)


def test_the_check_mends_and_tells_a_drift(office: Client, gateway: Gateway) -> None:
    MonthlyVolume.objects.update(captured=9_000)
    assert "A drift of 6.00 USD was found." in check_now(office, gateway)
    assert MonthlyVolume.objects.get().captured == 9_600
    assert "Drift found" in text(office.get(page(gateway)))
    assert "$6.00" in text(office.get("/admin/gateways/capcheck/"))


def test_a_silent_stripe_is_told(office: Client, gateway: Gateway, local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(kind="timeout", path="/v1/charges", times=None))
    assert "The books agree with the payments. Stripe did not answer" in check_now(office, gateway)


def test_looking_at_the_address_of_the_check_checks_nothing(office: Client, gateway: Gateway) -> None:
    office.get(f"/admin/gateways/gateway/{gateway.pk}/cap/")
    assert not gateway.cap_checks.exists()
