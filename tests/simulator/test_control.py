from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from simulator.core import LocalStripe
from simulator.journal import blot
from tests.simulator.shop import Shop


def call(core: LocalStripe, method: str, path: str, value: Any = None) -> Any:
    body = b"" if value is None else json.dumps(value).encode()
    answer = core.handle(method, path, {}, body)
    assert answer.status == 200, answer.body
    return answer.json()


def test_faults_are_set_added_and_cleared(shop: Shop) -> None:
    call(shop.core, "POST", "/_local/faults", {"set": [{"kind": "error", "when": "after", "path": "/v1/customers"}]})
    assert (
        len(call(shop.core, "POST", "/_local/faults", {"append": [{"kind": "reset", "path": "/v1/x"}]})["faults"]) == 2
    )
    with pytest.raises(stripe.APIError):
        shop.customer()
    assert call(shop.core, "GET", "/_local/faults")["faults"][0]["seen"] == 1
    assert call(shop.core, "POST", "/_local/faults", {"clear": True}) == {"faults": []}
    assert shop.customer().id


def test_the_clock_is_moved_and_time_does_its_work(shop: Shop) -> None:
    intent = shop.pay(capture_method="manual")
    before = call(shop.core, "GET", "/_local/clock")["now"]
    assert call(shop.core, "POST", "/_local/clock", {"advance": 8 * 86_400})["now"] >= before + 8 * 86_400
    assert shop.event_types()[-1] == "payment_intent.canceled"
    assert call(shop.core, "POST", "/_local/clock", {"travel": before})["now"] == before
    assert shop.v1.payment_intents.retrieve(intent.id).status == "canceled"


def test_a_request_may_bring_its_own_clock(shop: Shop) -> None:
    past = shop.core.clock.now() - 90 * 86_400
    intent = shop.pay(options={"headers": {"Local-Clock": str(past)}}, expand=["latest_charge.balance_transaction"])
    assert isinstance(intent.latest_charge, stripe.Charge)
    entry = intent.latest_charge.balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction)
    assert (intent.created, intent.latest_charge.created) == (past, past)
    assert entry.available_on == past + 2 * 86_400
    assert shop.v1.balance.retrieve().pending[0].amount == 0
    assert {event.created for event in shop.v1.events.list().data} == {past}
    newer = shop.pay()
    assert [one.id for one in shop.v1.payment_intents.list().data] == [newer.id, intent.id]


def test_the_log_shows_requests_without_card_numbers(shop: Shop) -> None:
    shop.switch(raw_cards=True)
    card: Any = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2044, "cvc": "987"}
    shop.v1.payment_methods.create(params={"type": "card", "card": card})
    shop.pay()
    log = call(shop.core, "GET", "/_local/log?limit=5")["requests"]
    assert [line["path"] for line in log[:2]] == ["/v1/payment_intents", "/v1/payment_methods"]
    assert "…4242" in log[1]["request"]
    for secret in ("4242424242424242", "987"):
        assert secret not in json.dumps(log)


@pytest.mark.parametrize("text", ["4242 4242 4242 4242", "card[number]=378282246310005", "4000-0025-0000-3155"])
def test_a_card_number_is_blotted_however_it_is_written(text: str) -> None:
    assert sum(letter.isdigit() for letter in blot(text)) == 4


def test_reset_begins_anew(shop: Shop) -> None:
    shop.pay()
    call(shop.core, "POST", "/_local/clock", {"advance": 100})
    call(shop.core, "POST", "/_local/reset")
    assert shop.v1.payment_intents.list().data == []
    assert shop.core.clock.offset == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_local/faults", b'{"append": [{"kind": "error", "colour": "red"}]}'),
        ("/_local/faults", b"not json"),
        ("/_local/faults", b"[]"),
        ("/_local/webhooks", b'{"colour": 1}'),
        ("/_local/payouts", b"{}"),
    ],
)
def test_what_is_not_understood_is_said_so(local_stripe: LocalStripe, path: str, body: bytes) -> None:
    assert local_stripe.handle("POST", path, {}, body).status == 400
    assert local_stripe.handle("POST", "/_local/nothing", {}, b"").status == 404


def test_a_past_that_is_being_written_is_not_overtaken(shop: Shop) -> None:
    def at(days_ago: int) -> dict[str, str]:
        return {"Local-Clock": str(shop.core.clock.now() - days_ago * 86_400)}

    intent = shop.pay(capture_method="manual", options={"headers": at(60)})
    shop.core.deliver(lambda *_letter: 200)
    taken = shop.v1.payment_intents.capture(intent.id, options={"headers": at(58)})
    assert taken.status == "succeeded"
    late = shop.pay(capture_method="manual", options={"headers": at(60)})
    assert shop.v1.payment_intents.retrieve(late.id).status == "canceled"
    assert (shop.v1.events.list().data[0].created or 0) <= shop.core.clock.now() - 53 * 86_400 + 1
