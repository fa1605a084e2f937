"""Each switch of a gateway changes the request that is sent."""

from dataclasses import replace
from typing import Any

import pytest

from gateways.processors.base import ChargeRequest, Recipient, Switches
from gateways.processors.stripe_body import customer_body, intent_body

ANNE = Recipient("Anne", "anne@mail.test", "+15550100", "1 Main Street", city="Austin", country="US")
REQUEST = ChargeRequest(
    our_key="k",
    amount=5000,
    currency="USD",
    payment_method="pm_1",
    capture=True,
    description="Shop, SO-1",
    customer_reference="cus_1",
    return_url="https://shop.test/",
    moto=True,
    products=("Glow Serum", "Kit"),
    recipient=ANNE,
    radar_session="rse_1",
)


def sent(**switches: Any) -> dict[str, Any]:
    return dict(intent_body(REQUEST, Switches(**switches)))


def difference(**switches: Any) -> dict[str, Any]:
    plain, changed = sent(), sent(**switches)
    return {name: changed.get(name) for name in plain | changed if plain.get(name) != changed.get(name)}


def test_without_switches_the_customer_is_told_of_and_the_statement_is_stripes() -> None:
    body = sent()
    assert body["receipt_email"] == "anne@mail.test"
    assert body["shipping"]["phone"] == "+15550100"
    assert body["shipping"]["address"] == {"line1": "1 Main Street", "city": "Austin", "country": "US"}
    assert body["description"] == "Shop, SO-1"
    assert "statement_descriptor_suffix" not in body


@pytest.mark.parametrize(
    ("switches", "change"),
    [
        ({"send_product_name": True}, {"description": "Shop, SO-1: Glow Serum, Kit"}),
        ({"descriptor_suffix": "GLOW"}, {"statement_descriptor_suffix": "GLOW"}),
        ({"send_product_as_suffix": True}, {"statement_descriptor_suffix": "Glow Serum"}),
        ({"send_product_as_suffix": True, "descriptor_suffix": "X"}, {"statement_descriptor_suffix": "Glow Serum"}),
        ({"descriptor_suffix": "GLOW", "do_not_send_descriptor": True}, {}),
        ({"send_upsell_token": True}, {"setup_future_usage": "off_session"}),
        ({"send_radar_sessions": True}, {"radar_options": {"session": "rse_1"}}),
        ({"disable_email_receipt": True}, {"receipt_email": None}),
        ({"disable_email": True}, {"receipt_email": None}),
        ({"do_not_send_address": True}, {"shipping": None}),
        ({"moto": True}, {"payment_method_options": {"card": {"moto": True}}, "return_url": None}),
    ],
)
def test_a_switch_changes_the_request(switches: dict[str, Any], change: dict[str, Any]) -> None:
    assert difference(**switches) == change


@pytest.mark.parametrize("switches", [Switches(), Switches(moto=True)])
def test_an_operator_may_say_that_the_customer_is_not_on_the_phone(switches: Switches) -> None:
    body = intent_body(replace(REQUEST, moto=False), switches)
    assert "payment_method_options" not in body
    assert body["return_url"] == "https://shop.test/"


def test_moto_is_never_sent_for_a_gateway_that_does_not_have_it() -> None:
    assert "payment_method_options" not in sent()


def test_a_card_is_kept_when_it_is_asked_for() -> None:
    assert intent_body(replace(REQUEST, save_card=True), Switches())["setup_future_usage"] == "off_session"


@pytest.mark.parametrize("change", [{"customer_reference": ""}, {"off_session": True}])
def test_no_card_is_kept_for_nobody_nor_behind_the_customers_back(change: dict[str, Any]) -> None:
    body = intent_body(replace(REQUEST, save_card=True, **change), Switches(send_upsell_token=True))
    assert "setup_future_usage" not in body


@pytest.mark.parametrize("in_page", [True, False])
def test_a_confirmation_token_stands_in_the_cards_place(in_page: bool) -> None:
    plain, request = sent(), replace(REQUEST, payment_method="", confirmation_token="ctoken_1", in_page=in_page)
    body = dict(intent_body(request, Switches()))
    assert (body.pop("confirmation_token"), body.pop("use_stripe_sdk")) == ("ctoken_1", in_page)
    assert body == {name: value for name, value in plain.items() if name != "payment_method"}


def test_a_saved_cards_question_is_shown_in_the_page_that_can() -> None:
    assert intent_body(replace(REQUEST, in_page=True), Switches())["use_stripe_sdk"] is True
    assert "use_stripe_sdk" not in intent_body(replace(REQUEST, in_page=True, off_session=True), Switches())
    assert "use_stripe_sdk" not in sent()


def test_disable_phone_leaves_the_phone_out() -> None:
    assert "phone" not in sent(disable_phone=True)["shipping"]
    assert "phone" not in customer_body(ANNE, Switches(disable_phone=True))


def test_disable_email_and_address_hold_for_the_customer_record_too() -> None:
    assert customer_body(ANNE, Switches(disable_email=True, do_not_send_address=True)) == {
        "name": "Anne",
        "phone": "+15550100",
    }


def test_a_product_that_may_not_stand_on_a_statement_gives_way_to_the_suffix() -> None:
    request = ChargeRequest("k", 5000, "USD", "pm_1", capture=True, description="d", products=("12345",))
    switches = Switches(send_product_as_suffix=True, descriptor_suffix="SHOP")
    assert intent_body(request, switches)["statement_descriptor_suffix"] == "SHOP"
