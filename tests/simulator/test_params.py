from __future__ import annotations

from typing import Any

import pytest
import stripe

from simulator.forms import parse_form
from tests.simulator.shop import NO_REDIRECTS, Shop


def test_brackets_become_objects_and_lists() -> None:
    assert parse_form("a[b][c]=1&d[]=x&d[]=y&e[0][f]=2") == {
        "a": {"b": {"c": "1"}},
        "d": {"0": "x", "1": "y"},
        "e": {"0": {"f": "2"}},
    }


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 2000}, "parameter_missing", "currency"),
        ({"amount": 2000, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        (
            {"amount": 2000, "currency": "usd", "payment_method_types": ["card"]},
            "parameter_unknown",
            "payment_method_types",
        ),
        (
            {"amount": 2000, "currency": "usd", "shipping": {"name": "A", "address": {"zip": "1"}}},
            "parameter_unknown",
            "shipping[address][zip]",
        ),
        ({"amount": "20.00", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 29, "currency": "gbp"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 550, "currency": "isk"}, "parameter_invalid_integer", "amount"),
        ({"amount": 2000, "currency": "xyz"}, None, "currency"),
        ({"amount": 2000, "currency": "usd", "capture_method": "sometimes"}, None, "capture_method"),
        ({"amount": 2000, "currency": "usd", "customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"amount": 2000, "currency": "usd", "customer": ""}, "parameter_invalid_empty", "customer"),
        ({"amount": 2000, "currency": "usd", "off_session": True}, None, "off_session"),
        ({"amount": 2000, "currency": "usd", "statement_descriptor": "SHOP"}, "payment_intent_invalid_parameter", None),
        (
            {"amount": 2000, "currency": "usd", "payment_method_options": {"card": {"moto": True}}},
            "parameter_unknown",
            "payment_method_options[card][moto]",
        ),
    ],
)
def test_a_bad_parameter_is_named(shop: Shop, params: Any, code: str | None, param: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.create(params=params)
    assert caught.value.code == code
    assert param is None or caught.value.param == param


def test_the_words_are_those_of_stripe(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"Amount must be at least \$0\.50 usd"):
        shop.pay(amount=10)
    with pytest.raises(stripe.InvalidRequestError, match="you must provide a `return_url`"):
        shop.pay(automatic_payment_methods={"enabled": True})


@pytest.mark.parametrize("suffix", ["12345", "A*B", "Müller", "A<B", "ORDER 1234567890"])
def test_a_suffix_that_no_statement_could_show_is_refused(shop: Shop, suffix: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.pay(statement_descriptor_suffix=suffix)
    assert caught.value.param == "statement_descriptor_suffix"


def test_moto_needs_the_permission_of_stripe(shop: Shop) -> None:
    options = {"card": {"moto": True}}
    shop.switch(moto=True)
    intent = shop.pay("pm_card_authenticationRequired", payment_method_options=options)
    assert intent.status == "succeeded"


def test_metadata_is_merged_and_cleared(shop: Shop) -> None:
    customer = shop.customer(metadata={"a": "1", "b": "2"})
    changed = shop.v1.customers.update(customer.id, params={"metadata": {"a": "", "c": "3"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    cleared = shop.v1.customers.update(customer.id, params={"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}


def test_an_unknown_address_is_not_found(shop: Shop) -> None:
    answer = shop.core.handle("GET", "/v1/invoices", {"Authorization": "Bearer sk_test_a_1"})
    assert answer.status == 404
    assert "Unrecognized request URL (GET: /v1/invoices)" in answer.json()["error"]["message"]


def test_automatic_and_allowed_methods_exclude_each_other(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.pay(automatic_payment_methods=NO_REDIRECTS, allowed_payment_method_types=["card"])


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({str(number): "x" for number in range(51)}, "at most 50 keys"),
        ({"k" * 41: "x"}, "at most 40 characters"),
        ({"k": "x" * 501}, "up to 500 characters"),
    ],
)
def test_metadata_has_its_limits(shop: Shop, metadata: dict[str, str], words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        shop.customer(metadata=metadata)


@pytest.mark.parametrize(
    "params",
    [
        {"name": "x" * 257},
        {"name": {"first": "Ada"}},
        {"address": "nowhere"},
        {"shipping": {"name": "Ada"}},
        {"preferred_locales": "en"},
        {"preferred_locales": {"first": "en"}},
        {"metadata": "text"},
        {"payment_method": {"id": "pm_1"}},
        {"invoice_settings": {"default_payment_method": "pm_no"}},
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(shop: Shop, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.customer(**params)


@pytest.mark.parametrize("filters", [{"limit": 0}, {"limit": 101}, {"created": {"around": 1}}, {"created": "today"}])
def test_a_filter_that_makes_no_sense_is_refused(shop: Shop, filters: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.customers.list(params=filters)


def test_an_error_names_its_page_and_its_log(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.retrieve("pi_nobody")
    error = caught.value.error
    assert error is not None
    assert error.doc_url == "https://stripe.com/docs/error-codes/resource-missing"
    assert str(caught.value.request_id) in str(error.request_log_url)
