"""Offline: the same verbs, answered by Midway's own book of receipts."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from gateways import clock
from gateways.duplicate import duplicate_gateway
from gateways.models import Gateway, Mode, OfflineReceipt
from gateways.processors.base import BadSignature, ChargeRequest, Draft, InvalidRequest, Outcome
from gateways.processors.offline import Offline
from gateways.services import GatewayProblem, connect, processor_for, store_gateway
from tests.faults.at_once import at_once
from tests.gateways.refusals import database_refuses
from tests.legacy import make_offline_gateway

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Offline:
    return Offline(f"offline-{uuid4().hex[:8]}", livemode=False)


def draft(book: Offline, **fields: Any) -> Draft:
    plain = {"our_key": str(uuid4()), "amount": 1250, "currency": "USD", "payment_method": "cash"}
    return book.prepare(ChargeRequest(**{**plain, "capture": True, "description": "Shop, SO-1", **fields}))


def test_money_in_hand_is_captured_at_once_with_a_number_of_ours(book: Offline) -> None:
    result = book.charge(draft(book), key="k")
    receipt = OfflineReceipt.objects.get()
    assert (result.outcome, result.amount_captured, result.fee, result.net) == (Outcome.CAPTURED, 1250, 0, 1250)
    assert result.reference == f"OFF-{receipt.pk}"
    assert (result.card_brand, result.livemode) == ("cash", False)


def test_the_operators_own_receipt_number_is_the_reference(book: Offline) -> None:
    assert book.charge(draft(book, receipt="CHQ 0815", payment_method="cheque"), key="k").reference == "CHQ 0815"


def test_a_replay_writes_one_receipt(book: Offline) -> None:
    once = draft(book)
    assert book.charge(once, key="k") == book.charge(once, key="k")
    assert OfflineReceipt.objects.count() == 1


def test_a_receipt_number_is_used_once_and_the_second_is_told(book: Offline) -> None:
    book.charge(draft(book, receipt="7"), key="a")
    with pytest.raises(InvalidRequest, match="7 is in this gateway's book already"):
        book.charge(draft(book, receipt="7"), key="b")
    assert OfflineReceipt.objects.count() == 1


def test_another_gateway_has_a_book_of_its_own(book: Offline) -> None:
    other = Offline("offline-other", livemode=False)
    book.charge(draft(book, receipt="7"), key="a")
    assert other.charge(draft(other, receipt="7"), key="b").reference == "7"
    with pytest.raises(InvalidRequest, match="no receipt 8"):
        other.fetch("8")


def test_one_receipt_number_from_many_at_once_is_taken_once(book: Offline) -> None:
    def take(number: int) -> str:
        try:
            return book.charge(draft(book, receipt="99"), key=str(number)).reference
        except InvalidRequest as refusal:
            return refusal.code

    assert sorted(at_once(5, take)) == ["99", *["receipt_number_used"] * 4]


def test_it_is_found_by_its_reference_and_by_our_key(book: Offline) -> None:
    sent = draft(book)
    result = book.charge(sent, key="k")
    assert book.fetch(result.reference) == result
    assert book.find(sent["our_key"], around=clock.now()) == result
    assert book.find(str(uuid4()), around=clock.now()) is None


def test_a_refund_is_written_down_once_for_each_key_and_never_exceeds_what_came(book: Offline) -> None:
    reference = book.charge(draft(book), key="k").reference
    first = book.refund(reference, 1000, key="r1", reason="returned")
    assert book.refund(reference, 1000, key="r1") == first
    assert (first.amount, first.status) == (1000, "succeeded")
    assert first.reference.startswith(f"{reference}-R")
    with pytest.raises(InvalidRequest, match=r"2\.50 USD of .* can be given back"):
        book.refund(reference, 251, key="r2")
    assert book.fetch(reference).amount_refunded == 1000


def test_refunds_are_listed_by_our_key_which_makes_each_one(book: Offline) -> None:
    reference = book.charge(draft(book), key="k").reference
    first = book.refund(reference, 1000, key="r1", our_key="ours")
    assert book.refund(reference, 1000, key="another", our_key="ours") == first
    second = book.refund(reference, 200, key="r2")
    assert book.refunds_of(reference) == [first, second]
    assert (first.our_key, first.status, first.currency) == ("ours", "succeeded", "USD")
    assert book.refunds_of("nothing") == []


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("authorize", {"draft": {}, "key": "k"}),
        ("capture", {"reference": "OFF-1", "amount": 1, "key": "k"}),
        ("void", {"reference": "OFF-1", "key": "k"}),
        ("refund", {"reference": "OFF-1", "amount": 1, "key": "k"}),
        ("fetch", {"reference": "OFF-1"}),
        ("verify", {"payment_method": "pm_1", "customer_reference": "", "key": "k"}),
        ("create_customer", {"recipient": None, "label": "1", "key": "k"}),
        ("register_webhook", {"url": "https://shop.test/"}),
    ],
)
def test_what_makes_no_sense_without_a_processor_is_refused_in_a_sentence(
    book: Offline, verb: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequest, match=r"\.$"):
        getattr(book, verb)(**arguments)


def test_it_has_no_events(book: Offline) -> None:
    assert book.list_webhooks() == []
    with pytest.raises(BadSignature):
        book.parse_event(b"{}", "")
    with pytest.raises(ValueError, match="no events"):
        book.read_event(b"{}")


def test_the_database_refuses_a_receipt_number_twice(book: Offline) -> None:
    book.charge(draft(book, receipt="7"), key="a")
    row = OfflineReceipt.objects.get()
    row.pk, row.our_key = None, "another"
    database_refuses(OfflineReceipt, "offline_receipt_number_is_used_once", row.save)
    with pytest.raises(IntegrityError):
        OfflineReceipt.objects.update(amount=0)


def test_a_gateway_without_a_key_has_an_account_of_its_own_and_is_live() -> None:
    gateway = store_gateway(Gateway(name="Till", processor="offline", currency="USD"))
    assert gateway.account_id == f"offline-{gateway.slug}"
    assert gateway.mode == Mode.LIVE
    assert gateway.secret_key == ""
    assert isinstance(processor_for(gateway), Offline)


def test_for_test_campaigns_one_of_test_mode_is_made_and_stays_so() -> None:
    gateway = make_offline_gateway()
    assert gateway.mode == Mode.TEST
    gateway.mode = Mode.LIVE
    with pytest.raises(GatewayProblem, match="has worked in test mode") as refusal:
        store_gateway(gateway)
    assert refusal.value.field == "mode"


def test_a_copy_keeps_the_book_of_its_original() -> None:
    till = make_offline_gateway()
    copy = store_gateway(duplicate_gateway(till))
    assert copy.slug != till.slug
    assert copy.account_id == till.account_id


def test_connecting_it_asks_nobody_and_a_key_is_refused() -> None:
    connection = connect("offline", "")
    assert (connection.mode, connection.account_id) == (Mode.LIVE, "")
    gateway = Gateway(name="Till", processor="offline", currency="USD")
    with pytest.raises(GatewayProblem, match="has no keys"):
        store_gateway(gateway, secret_key="sk_test_x_1", connection=connection)


def test_it_needs_a_currency() -> None:
    with pytest.raises(GatewayProblem, match="Choose the currency"):
        store_gateway(Gateway(name="Till", processor="offline"))


@pytest.mark.parametrize(("currency", "least"), [("USD", 1), ("JPY", 1), ("ISK", 100), ("KWD", 10)])
def test_stripes_minimum_does_not_apply_but_the_currencys_step_does(currency: str, least: int) -> None:
    assert make_offline_gateway(currency=currency).amount_bounds()[0] == least
