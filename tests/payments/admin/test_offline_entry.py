"""Cash, a cheque or a wire on the sales order: written down by the same way as a card, and asked of nobody."""

from typing import Any

import pytest
from django.test import Client

from gateways.models import Gateway, MonthlyVolume, OfflineReceipt
from orders.models import Order, PaymentState
from payments.models import Payment, Status
from payments.pacing import KEY_LIFETIME
from payments.services.reconcile import reconcile
from payments.services.submit import submit
from payments.tasks import charge_payment
from tests.factories import make_campaign, make_gateway, make_order
from tests.gateways.processors.conftest import Sent, sent
from tests.legacy import make_offline_gateway
from tests.payments.admin.test_payment_entry import enter, page
from tests.payments.services.test_reconcile import due_now

__all__ = ["sent"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order() -> Order:
    return make_order(total=10_000)


@pytest.fixture
def till() -> Gateway:
    return make_offline_gateway(name="Till", is_default=True)


def hand_over(office: Client, order: Order, through: Gateway, **fields: Any) -> Any:
    return enter(office, order, through, **{"method": "offline:cash", **fields})


def charged() -> Payment:
    payment = Payment.objects.latest("pk")
    charge_payment(payment.pk)
    payment.refresh_from_db()
    return payment


def test_cash_pays_the_order_and_nobody_is_asked(office: Client, order: Order, till: Gateway, sent: Sent) -> None:
    answer = hand_over(office, order, till)
    payment = charged()
    assert (payment.status, payment.amount_captured, payment.fee) == (Status.CAPTURED, 10_000, 0)
    assert payment.reference.startswith("OFF-")
    order.refresh_from_db()
    assert order.payment_state == PaymentState.PAID
    assert sent == []
    assert "Cash" in office.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(("means", "text"), [("cash", "Cash"), ("cheque", "Cheque"), ("wire", "Wire")])
def test_each_kind_keeps_the_receipts_number(
    office: Client, order: Order, till: Gateway, means: str, text: str
) -> None:
    hand_over(office, order, till, method=f"offline:{means}", receipt="INV-2026/11")
    assert (charged().reference, charged().card_text) == ("INV-2026/11", text)


def test_every_step_is_in_the_history_as_with_a_card(office: Client, order: Order, till: Gateway) -> None:
    hand_over(office, order, till)
    kinds = list(charged().events.values_list("kind", flat=True))
    assert kinds == ["reserved", "submitted", "captured"]


def test_ten_messages_write_one_receipt(office: Client, order: Order, till: Gateway) -> None:
    hand_over(office, order, till)
    for _ in range(10):
        submit(Payment.objects.get().pk)
    assert OfflineReceipt.objects.count() == 1


def test_a_receipt_number_that_is_known_is_told_with_its_payment(office: Client, order: Order, till: Gateway) -> None:
    hand_over(office, order, till, amount="10.00", receipt="77")
    first = charged()
    answer = hand_over(office, order, till, amount="10.00", receipt="77")
    assert answer.status_code == 400
    assert f"Receipt 77 is {first} already" in answer.content.decode()


def test_two_payments_that_wait_with_one_receipt_number_end_as_one(office: Client, order: Order, till: Gateway) -> None:
    hand_over(office, order, till, amount="10.00", receipt="77")
    hand_over(office, order, till, amount="20.00", receipt="77")
    for payment in Payment.objects.order_by("pk"):
        submit(payment.pk)
    assert list(Payment.objects.order_by("pk").values_list("status", flat=True)) == [Status.CAPTURED, Status.FAILED]
    assert "in this gateway's book already" in Payment.objects.latest("pk").message
    assert MonthlyVolume.objects.get(gateway=till).used == 1_000


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"capture": "hold"}, "cannot hold money"),
        ({"method": "offline:gold"}, "cannot be used on this order"),
        ({"receipt": "off-12"}, "are Midway&#x27;s own"),
        ({"receipt": "a<b>"}, "letters, digits, spaces"),
        ({"receipt": "x" * 41}, "at most 40 characters"),
        ({"receipt": "4242 4242 4242 4242"}, "looks like a card number"),
        ({"amount": "0"}, "least that can be charged is 0.01 USD"),
        ({"amount": "100.01"}, "Only 100.00 USD of this order is open"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    office: Client, order: Order, till: Gateway, fields: dict[str, str], said: str
) -> None:
    answer = hand_over(office, order, till, **fields)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_card_is_refused_at_the_till_and_cash_on_a_stripe_gateway(
    office: Client, order: Order, till: Gateway
) -> None:
    stripe = make_gateway()
    told = hand_over(office, order, till, method="test:pm_card_visa").content.decode()
    assert "Till takes no cards: choose cash or cheque or wire transfer" in told
    assert "Choose a card" in hand_over(office, order, stripe).content.decode()
    assert not Payment.objects.exists()


def test_less_than_stripes_minimum_is_money_too(office: Client, order: Order, till: Gateway) -> None:
    hand_over(office, order, till, amount="0.05")
    assert charged().amount_captured == 5


def test_the_monthly_cap_holds_for_cash(office: Client, order: Order) -> None:
    answer = hand_over(office, order, make_offline_gateway(monthly_cap=9_999))
    assert "99.99 USD left under its monthly cap" in answer.content.decode()


def test_a_live_till_is_for_live_campaigns_only(office: Client, order: Order) -> None:
    live = make_offline_gateway(mode="live")
    assert "is a live gateway" in hand_over(office, order, live).content.decode()
    sold = make_order(total=2_000, campaign=make_campaign(mode="live"))
    hand_over(office, sold, live, amount="20.00")
    assert (charged().status, charged().mode) == (Status.CAPTURED, "live")


@pytest.mark.parametrize("written", [True, False])
def test_a_worker_that_died_is_made_good_by_the_sweep(
    office: Client, order: Order, till: Gateway, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    hand_over(office, order, till)
    payment = Payment.objects.get()
    place = "payments.services.submit.settle" if written else "gateways.processors.offline.Offline.charge"
    with monkeypatch.context() as broken:
        broken.setattr(place, die)
        with pytest.raises(KeyboardInterrupt):
            submit(payment.pk)
    assert OfflineReceipt.objects.exists() is written
    reconcile(due_now(payment).pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    assert OfflineReceipt.objects.count() == 1


def test_what_was_written_is_found_a_day_later(
    office: Client, order: Order, till: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(office, order, till)
    payment = Payment.objects.get()
    with monkeypatch.context() as broken:
        broken.setattr("payments.services.submit.settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            submit(payment.pk)
    payment.refresh_from_db()
    assert payment.submitted_at is not None
    payment.submitted_at -= KEY_LIFETIME
    payment.save()
    reconcile(due_now(payment).pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED


def test_the_page_offers_cash_only_where_there_is_a_till(office: Client, order: Order) -> None:
    make_gateway(is_default=True)
    assert "offline:cash" not in office.get(page(order)).content.decode()
    make_offline_gateway()
    told = office.get(page(order)).content.decode()
    assert "offline:cash" in told
    assert 'name="receipt"' in told
