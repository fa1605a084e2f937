from __future__ import annotations

import pytest
import stripe

from tests.simulator.shop import Shop


def dispute_of(shop: Shop, card: str = "pm_card_createDispute") -> stripe.Dispute:
    intent = shop.pay(card, amount=5000)
    assert shop.charge_of(intent).disputed
    return shop.v1.disputes.list(params={"payment_intent": intent.id}).data[0]


def balance(shop: Shop) -> int:
    return sum(entry.net for entry in shop.v1.balance_transactions.list().data)


def answer(shop: Shop, dispute: stripe.Dispute, text: str) -> stripe.Dispute:
    return shop.v1.disputes.update(dispute.id, params={"evidence": {"uncategorized_text": text}})


def test_a_dispute_takes_the_money_and_a_fee(shop: Shop) -> None:
    dispute = dispute_of(shop)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 5000)
    assert balance(shop) == 5000 - 175 - 5000 - 1500
    assert shop.event_types()[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_winning_evidence_brings_the_money_back(shop: Shop) -> None:
    dispute = answer(shop, dispute_of(shop), "winning_evidence")
    assert dispute.status == "won"
    assert balance(shop) == 5000 - 175 - 1500
    assert shop.event_types()[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]


def test_losing_evidence_and_acceptance_lose_it(shop: Shop) -> None:
    assert answer(shop, dispute_of(shop), "losing_evidence").status == "lost"
    accepted = shop.v1.disputes.close(dispute_of(shop, "pm_card_createDisputeProductNotReceived").id)
    assert (accepted.status, accepted.reason) == ("lost", "product_not_received")
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.v1.disputes.close(accepted.id)


def test_an_inquiry_moves_no_money_until_it_escalates(shop: Shop) -> None:
    dispute = dispute_of(shop, "pm_card_createDisputeInquiry")
    assert (dispute.status, balance(shop)) == ("warning_needs_response", 5000 - 175)
    dispute = answer(shop, dispute, "escalate_inquiry_evidence")
    assert (dispute.status, balance(shop)) == ("needs_response", -175 - 1500)


def test_contested_money_cannot_be_refunded_too(shop: Shop) -> None:
    dispute = dispute_of(shop)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.refunds.create(params={"charge": str(dispute.charge)})
    assert caught.value.code == "charge_disputed"


def test_a_draft_is_not_sent(shop: Shop) -> None:
    dispute = shop.v1.disputes.update(
        dispute_of(shop).id, params={"evidence": {"product_description": "A lamp"}, "submit": False}
    )
    assert (dispute.status, dispute.evidence_details.submission_count) == ("needs_response", 0)
    assert dispute.evidence_details.has_evidence


def test_any_charge_can_be_disputed_through_the_control_api(shop: Shop) -> None:
    intent = shop.pay()
    path = f"/_local/charges/{intent.latest_charge}/dispute"
    assert shop.core.handle("POST", path, {}, b'{"reason": "duplicate"}').status == 200
    assert shop.v1.disputes.list().data[0].reason == "duplicate"
