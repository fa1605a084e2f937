from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.simulator.shop import Shop


def test_refunds_are_bounded_by_what_is_left(shop: Shop) -> None:
    intent = shop.pay(amount=1000)
    shop.v1.refunds.create(params={"payment_intent": intent.id, "amount": 600})
    with pytest.raises(stripe.InvalidRequestError, match=r"Refund amount \(\$5\.00\) is greater than .* \(\$4\.00\)"):
        shop.v1.refunds.create(params={"payment_intent": intent.id, "amount": 500})
    rest = shop.v1.refunds.create(params={"charge": str(intent.latest_charge)})
    assert rest.amount == 400
    assert shop.charge_of(intent).refunded
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.create(params={"payment_intent": intent.id})
    assert caught.value.code == "charge_already_refunded"


def test_a_part_captured_payment_refunds_no_more_than_was_captured(shop: Shop) -> None:
    intent = shop.pay(amount=1000, capture_method="manual")
    shop.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 600})
    assert shop.v1.refunds.create(params={"payment_intent": intent.id}).amount == 600


def test_a_refund_comes_off_the_balance_without_a_fee(shop: Shop) -> None:
    intent = shop.pay(amount=1000)
    refund = shop.v1.refunds.create(
        params={"payment_intent": intent.id, "amount": 250, "reason": "requested_by_customer"}
    )
    entry = shop.v1.balance_transactions.retrieve(str(refund.balance_transaction))
    assert (entry.amount, entry.fee, entry.net, entry.type) == (-250, 0, -250, "refund")
    assert shop.event_types()[-2:] == ["refund.created", "charge.refunded"]


def test_twenty_at_once_refund_no_more_than_there_is(shop: Shop) -> None:
    intent = shop.pay(amount=1000)

    def refund(_number: int) -> bool:
        try:
            shop.v1.refunds.create(params={"payment_intent": intent.id, "amount": 100})
        except stripe.InvalidRequestError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(refund, range(20))) == 10
    assert shop.charge_of(intent).amount_refunded == 1000


def test_a_refund_may_be_pending_first(shop: Shop) -> None:
    refund = shop.v1.refunds.create(params={"payment_intent": shop.pay("pm_card_pendingRefund").id})
    assert refund.status == "pending"
    shop.core.clock.advance(61)
    assert shop.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert "refund.updated" in shop.event_types()


def test_a_pending_refund_can_be_called_back(shop: Shop) -> None:
    intent = shop.pay("pm_card_pendingRefund")
    refund = shop.v1.refunds.create(params={"payment_intent": intent.id})
    assert shop.v1.refunds.cancel(refund.id).status == "canceled"
    assert shop.charge_of(intent).amount_refunded == 0
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.refunds.cancel(refund.id)


def test_a_refund_may_fail_later_and_the_money_comes_back(shop: Shop) -> None:
    intent = shop.pay("pm_card_refundFail", amount=1000)
    refund = shop.v1.refunds.create(params={"payment_intent": intent.id})
    assert refund.status == "succeeded"
    shop.core.clock.advance(61)
    refund = shop.v1.refunds.retrieve(refund.id)
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert shop.charge_of(intent).amount_refunded == 0
    net = sum(entry.net for entry in shop.v1.balance_transactions.list().data)
    assert net == 1000 - 59
    assert "refund.failed" in shop.event_types()


def test_nothing_is_refunded_that_was_not_taken(shop: Shop) -> None:
    held = shop.pay(capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.v1.refunds.create(params={"payment_intent": held.id})
    with pytest.raises(stripe.InvalidRequestError, match="should be provided"):
        shop.v1.refunds.create()


def test_a_refund_keeps_notes(shop: Shop) -> None:
    refund = shop.v1.refunds.create(params={"payment_intent": shop.pay().id, "metadata": {"a": "1"}})
    refund = shop.v1.refunds.update(refund.id, params={"metadata": {"b": "2"}})
    assert refund.metadata is not None
    assert refund.metadata.to_dict() == {"a": "1", "b": "2"}
    assert [one.id for one in shop.v1.refunds.list(params={"charge": str(refund.charge)}).data] == [refund.id]
