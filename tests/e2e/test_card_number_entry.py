"""In a real browser: fields for a card number on a V1 gateway alone, and a receipt instead of a card at the till."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from payments.models import Payment, Status
from tests.e2e.test_payment_entry import answer, open_order, press
from tests.factories import make_gateway, make_order
from tests.legacy import make_offline_gateway, make_v1_gateway

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]


def choose(page: Page, gateway: Any) -> None:
    page.get_by_label("Gateway", exact=True).select_option(str(gateway.pk))


def test_the_fields_come_and_go_with_the_gateway(operator: Page, live_server: Any) -> None:
    modern, legacy, till = make_gateway(is_default=True), make_v1_gateway(), make_offline_gateway()
    open_order(operator, live_server, make_order())
    number, receipt = operator.get_by_label("Card number", exact=True), operator.get_by_label(re.compile("receipt"))
    for each in (number, receipt, operator.get_by_label(re.compile("Type a card number"))):
        expect(each).to_be_hidden()
    choose(operator, legacy)
    expect(number).to_be_hidden()
    operator.get_by_label(re.compile("Type a card number")).check()
    expect(number).to_be_visible()
    choose(operator, till)
    expect(number).to_be_hidden()
    expect(receipt).to_be_visible()
    expect(operator.get_by_label("Authorize only")).to_be_disabled()
    choose(operator, modern)
    expect(receipt).to_be_hidden()
    expect(operator.get_by_label("Authorize only")).to_be_enabled()


def test_a_typed_card_is_charged(operator: Page, live_server: Any) -> None:
    make_v1_gateway(is_default=True)
    open_order(operator, live_server, make_order(total=4_200))
    operator.get_by_label(re.compile("Type a card number")).check()
    operator.get_by_label("Card number", exact=True).fill("4242 4242 4242 4242")
    operator.get_by_label(re.compile("^Expiry")).fill("04/39")
    operator.get_by_label("Security code").fill("737")
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=20_000)
    assert Payment.objects.get().card_text == "Visa •••• 4242"


def test_cash_is_taken_at_the_till(operator: Page, live_server: Any) -> None:
    till = make_offline_gateway(is_default=True)
    open_order(operator, live_server, make_order(total=4_200))
    choose(operator, till)
    operator.get_by_role("radio", name="Cheque").check()
    operator.get_by_label(re.compile("receipt")).fill("CHQ 77")
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=20_000)
    payment = Payment.objects.get()
    assert (payment.status, payment.reference) == (Status.CAPTURED, "CHQ 77")
