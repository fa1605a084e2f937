from __future__ import annotations

import pytest
import stripe

from simulator.objects.balance_transactions import card_fee
from tests.simulator.shop import Shop


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (500, 45), (1000, 59), (1999, 88), (99_999_999, 2_900_030)])
def test_the_fee_is_rounded_half_up_in_whole_cents(amount: int, fee: int) -> None:
    assert card_fee(amount) == fee


def test_funds_become_available_after_two_days(shop: Shop) -> None:
    shop.pay(amount=1000)
    before = shop.v1.balance.retrieve()
    assert (before.available[0].amount, before.pending[0].amount) == (0, 941)
    shop.core.clock.advance(2 * 86_400)
    after = shop.v1.balance.retrieve()
    assert (after.available[0].amount, after.pending[0].amount) == (941, 0)
    assert shop.v1.balance_transactions.list().data[0].status == "available"


def test_no_more_is_paid_out_than_is_available(shop: Shop) -> None:
    shop.pay(amount=1000)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payouts.create(params={"amount": 500, "currency": "usd"})
    assert caught.value.code == "balance_insufficient"
    shop.core.clock.advance(2 * 86_400)
    payout = shop.v1.payouts.create(params={"amount": 500, "currency": "usd"})
    assert (payout.status, payout.automatic) == ("pending", False)
    assert shop.v1.balance.retrieve().available[0].amount == 441
    shop.core.clock.advance(2 * 86_400)
    assert shop.v1.payouts.retrieve(payout.id).status == "paid"
    assert "payout.paid" in shop.event_types()


def test_an_automatic_payout_names_its_entries(shop: Shop) -> None:
    first = shop.pay(amount=1000)
    shop.core.clock.advance(2 * 86_400)
    shop.pay(amount=9000)
    answer = shop.core.handle("POST", "/_local/payouts", {}, b'{"account": "northwind"}').json()
    payout = shop.v1.payouts.retrieve(answer["payouts"][0]["id"])
    assert (payout.amount, payout.automatic) == (941, True)
    entries = shop.v1.balance_transactions.list(params={"payout": payout.id}).data
    assert {entry.source for entry in entries} == {first.latest_charge, payout.id}
    assert [one.id for one in shop.v1.payouts.list().data] == [payout.id]


def test_the_account_shows_what_the_control_api_set(shop: Shop) -> None:
    account = shop.v1.accounts.retrieve_current()
    assert account.charges_enabled
    assert account.settings is not None
    assert account.settings.card_payments is not None
    assert account.settings.card_payments.statement_descriptor_prefix == "NORTHWIND"
    changes = b'{"charges_enabled": false, "settings": {"card_payments": {"statement_descriptor_prefix": "NW"}}}'
    assert shop.core.handle("POST", "/_local/accounts/northwind", {}, changes).status == 200
    account = shop.v1.accounts.retrieve(account.id)
    assert not account.charges_enabled
    assert account.settings is not None
    assert account.settings.card_payments is not None
    assert account.settings.card_payments.statement_descriptor_prefix == "NW"
    assert shop.event_types() == ["account.updated"]


def test_an_account_that_is_switched_off_takes_no_money(shop: Shop) -> None:
    shop.switch(charges_enabled=False)
    with pytest.raises(stripe.InvalidRequestError, match="cannot currently make"):
        shop.pay()
