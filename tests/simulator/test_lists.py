from __future__ import annotations

import pytest
import stripe

from simulator.core import LocalStripe
from tests.simulator.shop import Shop


def test_pages_follow_each_other_newest_first(shop: Shop) -> None:
    made = [shop.customer(name=str(number)).id for number in range(7)]
    found = [customer.id for customer in shop.v1.customers.list(params={"limit": 3}).auto_paging_iter()]
    assert found == made[::-1]


def test_a_page_says_whether_more_follows(shop: Shop) -> None:
    made = [shop.customer().id for _ in range(3)]
    first = shop.v1.customers.list(params={"limit": 2})
    assert (first.has_more, [one.id for one in first.data]) == (True, [made[2], made[1]])
    last = shop.v1.customers.list(params={"starting_after": made[1]})
    assert (last.has_more, [one.id for one in last.data]) == (False, [made[0]])
    back = shop.v1.customers.list(params={"ending_before": made[0], "limit": 1})
    assert (back.has_more, [one.id for one in back.data]) == (True, [made[1]])


def test_a_cursor_of_nothing_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.customers.list(params={"starting_after": "cus_nobody"})
    assert caught.value.param == "starting_after"


def test_lists_filter_by_time(shop: Shop, local_stripe: LocalStripe) -> None:
    early = shop.customer()
    local_stripe.clock.advance(100)
    late = shop.customer()
    assert early.created is not None
    since = shop.v1.customers.list(params={"created": {"gt": early.created}})
    until = shop.v1.customers.list(params={"created": {"lte": early.created}})
    assert [one.id for one in since.data] == [late.id]
    assert [one.id for one in until.data] == [early.id]


def test_lists_filter_by_what_they_belong_to(shop: Shop) -> None:
    customer = shop.customer()
    paid = shop.pay(customer=customer.id)
    shop.pay()
    assert [one.id for one in shop.v1.payment_intents.list(params={"customer": customer.id}).data] == [paid.id]
    assert [one.id for one in shop.v1.charges.list(params={"payment_intent": paid.id}).data] == [paid.latest_charge]
    entries = shop.v1.balance_transactions.list(params={"source": str(paid.latest_charge)}).data
    assert [entry.source for entry in entries] == [paid.latest_charge]


def test_expand_reaches_through_objects_and_lists(shop: Shop) -> None:
    intent = shop.pay(expand=["latest_charge.balance_transaction", "payment_method"], customer=shop.customer().id)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert isinstance(intent.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    listed = shop.v1.payment_intents.list(params={"expand": ["data.latest_charge", "data.customer"]}).data[0]
    assert isinstance(listed.latest_charge, stripe.Charge)
    assert isinstance(listed.customer, stripe.Customer)


def test_a_charge_shows_its_refunds_when_asked(shop: Shop) -> None:
    intent = shop.pay()
    refund = shop.v1.refunds.create(params={"payment_intent": intent.id, "amount": 100})
    charge = shop.v1.charges.retrieve(str(intent.latest_charge), params={"expand": ["refunds"]})
    assert charge.refunds is not None
    assert [one.id for one in charge.refunds.data] == [refund.id]


@pytest.mark.parametrize("path", ["amount", "nothing", "latest_charge.payment_method"])
def test_what_cannot_be_expanded_is_refused(shop: Shop, path: str) -> None:
    intent = shop.pay()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.v1.payment_intents.retrieve(intent.id, params={"expand": [path]})
