"""A refund from the wish to the row: what is given back, what is refused, and that nothing doubles."""

import uuid
from typing import Any

import pytest
from django.db import transaction

from gateways.models import Gateway
from gateways.processors.stripe_client import TransactionOpenError
from orders.models import PaymentState
from payments.models import Payment, Refund
from payments.services import holds
from payments.services.refunds.reserve import reserve_refund
from payments.services.refunds.rules import RefundRefused
from payments.services.refunds.submit import refund_payment, submit_refund
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_gateway, make_operator, make_order, make_payment
from tests.faults.at_once import at_once
from tests.legacy import make_offline_gateway, make_v1_gateway
from tests.payments.refunds import (
    REFUNDS,
    assert_books,
    calls_counted,
    paid,
    refund_in_dashboard,
    refunds_at_stripe,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def refused(payment: Payment, amount: int, **how: Any) -> RefundRefused:
    """The refusal: nobody was asked, and nothing was written."""
    before = (
        payment.refunds.count(),
        payment.events.count(),
        Payment.objects.values("amount_refunded").get(pk=payment.pk),
    )
    with calls_counted() as calls, pytest.raises(RefundRefused) as refusal:
        refund_payment(payment.pk, amount, TESTER, **how)
    assert calls == []
    after = (
        payment.refunds.count(),
        payment.events.count(),
        Payment.objects.values("amount_refunded").get(pk=payment.pk),
    )
    assert before == after
    return refusal.value


def test_a_part_is_given_back_and_the_order_stays_paid() -> None:
    payment = paid(10_000)
    refund = refund_payment(payment.pk, 4_000, TESTER, reason="duplicate", note="Twice in the basket").refund
    assert (refund.status, refund.amount, refund.currency, refund.source) == ("succeeded", 4_000, "USD", "midway")
    assert refund.number == f"{payment.number}-R1"
    (at_stripe,) = refunds_at_stripe(payment)
    assert refund.reference == at_stripe["id"]
    assert (at_stripe["amount"], at_stripe["reason"]) == (4_000, "duplicate")
    assert at_stripe["metadata"] == {"midway_refund": str(refund.key), "refund": refund.number}
    assert state_of(payment) == (PaymentState.PAID, 10_000, 4_000)
    assert_books(payment)


def test_part_and_part_come_to_the_whole_and_the_order_is_refunded() -> None:
    payment = paid(10_000)
    for amount in (3_000, 3_000, 4_000):
        refund_payment(payment.pk, amount, TESTER)
    assert [refund.ordinal for refund in payment.refunds.order_by("pk")] == [1, 2, 3]
    assert state_of(payment) == (PaymentState.REFUNDED, 10_000, 10_000)
    assert refused(payment, 1).left == 0


def test_one_of_two_payments_refunded_whole_leaves_the_order_paid() -> None:
    order, gateway = make_order(total=10_000), make_gateway()
    first = paid(order=order, gateway=gateway, amount=4_000)
    second = paid(order=order, gateway=gateway, amount=6_000)
    refund_payment(first.pk, 4_000, TESTER)
    assert state_of(first) == (PaymentState.PAID, 10_000, 4_000)
    refund_payment(second.pk, 6_000, TESTER)
    assert state_of(first) == (PaymentState.REFUNDED, 10_000, 10_000)


def test_the_history_tells_who_gave_back_what_and_why() -> None:
    payment, user = paid(), make_operator()
    actor = type(TESTER)("operator", user.username, user)
    refund = refund_payment(payment.pk, 1_000, actor, reason="requested_by_customer", note="Too small").refund
    told = list(payment.events.values_list("kind", "amount", "actor", "detail"))[-2:]
    assert told == [
        ("refund asked", 1_000, user.username, f"{refund.number} · The customer asked for it · Too small"),
        ("refunded", 1_000, user.username, refund.number),
    ]
    assert refund.user == user


@pytest.mark.parametrize(
    ("amount", "field", "said"),
    [
        (10_001, "amount", "100.00 USD of {} can still be refunded: enter that or less."),
        (0, "amount", "Refund more than zero."),
        (-1, "amount", "Refund more than zero."),
    ],
)
def test_an_impossible_amount_is_refused_before_anybody_is_asked(amount: int, field: str, said: str) -> None:
    payment = paid(10_000)
    refusal = refused(payment, amount)
    assert (refusal.field, refusal.message, refusal.left) == (field, said.format(payment), 10_000)


def test_a_reason_that_stripe_does_not_know_is_refused() -> None:
    assert refused(paid(), 100, reason="because").field == "reason"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"capture": False}, "is held only: void it instead"),
        ({"test_card": "pm_card_visa_chargeDeclined"}, "is declined: no money was taken"),
        ({"test_card": "pm_card_threeDSecure2Required"}, "waits for its cardholder"),
    ],
)
def test_what_was_not_taken_is_not_given_back(wish: dict[str, Any], said: str) -> None:
    payment = make_payment(**wish)
    submit(payment.pk)
    payment.refresh_from_db()
    refusal = refused(payment, 100)
    assert refusal.field == "payment"
    assert said in refusal.message


def test_of_a_part_capture_no_more_than_was_captured_is_given_back() -> None:
    payment = make_payment(make_order(total=10_000), capture=False)
    submit(payment.pk)
    holds.capture(payment.pk, 6_000, TESTER)
    assert refused(payment, 6_001).left == 6_000
    assert refund_payment(payment.pk, 6_000, TESTER).refund.status == "succeeded"
    assert_books(payment)


@pytest.mark.parametrize(
    ("currency", "total", "part", "asked"),
    [("JPY", 5_000, 500, 500), ("KWD", 12_340, 1_230, 1_230), ("USD", 1_999, 1, 1), ("ISK", 50_000, 10_000, 10_000)],
)
def test_amounts_are_in_the_minor_units_of_the_payments_currency(
    currency: str, total: int, part: int, asked: int
) -> None:
    payment = paid(total, currency=currency)
    refund_payment(payment.pk, part, TESTER)
    (at_stripe,) = refunds_at_stripe(payment)
    assert (at_stripe["amount"], at_stripe["currency"]) == (asked, currency.lower())
    refund_payment(payment.pk, total - part, TESTER)
    assert state_of(payment) == (PaymentState.REFUNDED, total, total)


@pytest.mark.parametrize(("currency", "total", "amount"), [("KWD", 12_340, 1_231), ("ISK", 50_000, 150)])
def test_an_amount_finer_than_the_currency_allows_is_refused(currency: str, total: int, amount: int) -> None:
    assert "go in steps of" in refused(paid(total, currency=currency), amount).message


def test_money_without_a_processor_is_written_down_as_given_back_at_once() -> None:
    payment = paid(10_000, gateway=make_offline_gateway(), test_card="", means="cash", receipt="77")
    refund = refund_payment(payment.pk, 2_500, TESTER).refund
    assert (refund.status, refund.reference[:4]) == ("succeeded", "77-R")
    assert state_of(payment) == (PaymentState.PAID, 10_000, 2_500)


def test_a_legacy_gateway_gives_back_too() -> None:
    payment = paid(10_000, gateway=make_v1_gateway())
    assert refund_payment(payment.pk, 2_500, TESTER).refund.status == "succeeded"
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [2_500]


def test_a_gateway_that_is_switched_off_still_gives_back() -> None:
    payment = paid()
    Gateway.objects.filter(pk=payment.gateway_id).update(active=False)
    assert refund_payment(payment.pk, 100, TESTER).refund.status == "succeeded"


def test_the_same_form_twice_gives_back_once() -> None:
    payment, token = paid(10_000), uuid.uuid4()
    first = refund_payment(payment.pk, 4_000, TESTER, form_token=token)
    again = refund_payment(payment.pk, 4_000, TESTER, form_token=token)
    assert (first.repeated, again.repeated, first.refund.pk) == (False, True, again.refund.pk)
    assert len(refunds_at_stripe(payment)) == 1


def test_a_form_of_another_payment_is_refused() -> None:
    token = uuid.uuid4()
    refund_payment(paid().pk, 100, TESTER, form_token=token)
    assert refused(paid(), 100, form_token=token).field == "form_token"


def test_no_call_is_made_while_a_transaction_is_open() -> None:
    payment = paid()
    with pytest.raises(TransactionOpenError), transaction.atomic():
        refund_payment(payment.pk, 100, TESTER)
    assert not Refund.objects.exists()
    assert_books(payment)


@pytest.mark.postgres
def test_two_refunds_of_sixty_on_a_hundred_at_once_and_one_is_refused_before_any_call() -> None:
    payment = paid(10_000)

    def act(_: int) -> str:
        try:
            return refund_payment(payment.pk, 6_000, TESTER).refund.status
        except RefundRefused as refusal:
            return f"{refusal.field} {refusal.left}"

    with calls_counted() as calls:
        assert sorted(at_once(2, act)) == ["amount 4000", "succeeded"]
    assert len(calls) == 1
    assert_books(payment)


@pytest.mark.postgres
def test_twenty_threads_that_refund_a_tenth_each_make_exactly_ten_refunds() -> None:
    payment = paid(10_000)

    def act(_: int) -> bool:
        try:
            refund_payment(payment.pk, 1_000, TESTER)
        except RefundRefused:
            return False
        return True

    with calls_counted() as calls:
        assert sum(at_once(20, act)) == 10
    assert len(calls) == len(refunds_at_stripe(payment)) == 10
    assert state_of(payment) == (PaymentState.REFUNDED, 10_000, 10_000)
    assert sorted(payment.refunds.values_list("ordinal", flat=True)) == list(range(1, 11))


@pytest.mark.postgres
def test_one_form_from_ten_clicks_at_once_gives_back_once() -> None:
    payment, token = paid(10_000), uuid.uuid4()
    with calls_counted() as calls:
        made = at_once(10, lambda _: refund_payment(payment.pk, 1_000, TESTER, form_token=token).refund.pk)
    assert (len(set(made)), len(calls)) == (1, 1)
    assert_books(payment)


@pytest.mark.postgres
def test_a_waiting_refund_that_ten_workers_take_is_sent_once() -> None:
    payment = paid(10_000)
    refund = reserve_refund(payment.pk, 1_000, TESTER).refund
    with calls_counted() as calls:
        told = at_once(10, lambda _: submit_refund(refund.pk, TESTER))
    assert sum(answer is not None for answer in told) == len(calls) == 1


def test_what_stripe_refuses_has_failed_and_may_be_refunded_anew(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    reference = refund_in_dashboard(payment, 7_000)  # nobody has told us
    refund = refund_payment(payment.pk, 6_000, TESTER).refund
    assert (refund.status, refund.reference) == ("failed", "")
    assert "greater than unrefunded amount" in refund.message
    found = payment.refunds.exclude(pk=refund.pk).get()
    assert (found.reference, found.source, found.amount, found.ordinal) == (reference, "elsewhere", 7_000, 2)
    assert_books(payment)
    assert refused(payment, 6_000).left == 3_000


def test_a_refused_key_pauses_the_gateway_and_nothing_is_given_back() -> None:
    payment = paid()
    gateway = payment.gateway
    gateway.secret_key = "sk_live_not_here"
    gateway.save()
    refund = refund_payment(payment.pk, 100, TESTER).refund
    gateway.refresh_from_db()
    assert (refund.status, gateway.paused_at is not None) == ("failed", True)
    assert "sk_live_not_here" not in refund.message
    assert_books(payment)


def test_two_refunds_have_two_keys(local_stripe: LocalStripe) -> None:
    payment = paid()
    for _ in range(2):
        refund_payment(payment.pk, 100, TESTER)
    sent = [line["idempotency_key"] for line in local_stripe.journal.last(20) if line["path"] == REFUNDS]
    keys = [key for key in sent if str(payment.key) in key]
    assert keys == [f"{payment.key}-refund-2", f"{payment.key}-refund-1"]


def test_a_silent_stripe_leaves_the_amount_taken_and_the_outcome_open(local_stripe: LocalStripe) -> None:
    payment = paid(10_000)
    local_stripe.faults.add(Fault(kind="timeout", method="POST", path=REFUNDS))
    refund = refund_payment(payment.pk, 6_000, TESTER).refund
    assert (refund.status, refund.reference) == ("unknown", "")
    assert refund.next_try_at is not None
    assert state_of(payment) == (PaymentState.PAID, 10_000, 6_000)
    assert refused(payment, 6_000).left == 4_000
