from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import stripe

from simulator.server import Server
from tests.simulator.shop import Shop

RETURN = "https://shop.example/done?order=7"
REDIRECTED: dict[str, Any] = {"return_url": RETURN, "automatic_payment_methods": {"enabled": True}}


def page_of(intent: stripe.PaymentIntent | stripe.SetupIntent) -> str:
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    return str(intent.next_action.redirect_to_url.url)


def press(url: str, outcome: str) -> requests.Response:
    assert f"value='{outcome}'" in requests.get(url, timeout=5).text
    return requests.post(url, data={"outcome": outcome}, timeout=5, allow_redirects=False)


def test_passing_the_challenge_takes_the_money(shop: Shop, server: Server) -> None:
    intent = shop.pay("pm_card_authenticationRequired", **REDIRECTED)
    assert page_of(intent).startswith(server.url)
    answer = press(page_of(intent), "complete")
    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query == {
        "order": ["7"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [str(intent.client_secret)],
        "redirect_status": ["succeeded"],
    }
    intent = shop.v1.payment_intents.retrieve(intent.id)
    assert intent.status == "succeeded"
    details = shop.charge_of(intent).payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.three_d_secure is not None
    assert details.card.three_d_secure.result == "authenticated"
    assert shop.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_failing_the_challenge_asks_for_another_card(shop: Shop, server: Server) -> None:
    intent = shop.pay("pm_card_threeDSecure2Required", **REDIRECTED)
    assert "redirect_status=failed" in press(page_of(intent), "fail").headers["Location"]
    intent = shop.v1.payment_intents.retrieve(intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert server.url


def test_a_card_may_be_declined_after_the_challenge(shop: Shop, server: Server) -> None:
    intent = shop.pay("pm_card_threeDSecureRequiredChargeDeclined", **REDIRECTED)
    assert "redirect_status=failed" in press(page_of(intent), "complete").headers["Location"]
    intent = shop.v1.payment_intents.retrieve(intent.id)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "card_declined"
    assert server.url


def test_pressing_twice_charges_once(shop: Shop, server: Server) -> None:
    intent = shop.pay("pm_card_authenticationRequired", **REDIRECTED)
    for _ in range(2):
        requests.post(page_of(intent), data={"outcome": "complete"}, timeout=5, allow_redirects=False)
    assert len(shop.v1.charges.list().data) == 1
    assert "Nothing to do" in requests.get(page_of(intent), timeout=5).text
    assert server.url


def test_without_a_return_address_the_browser_library_is_to_act(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired")
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"
    assert intent.next_action.use_stripe_sdk is not None
    page = f"{intent.next_action.use_stripe_sdk['stripe_js']}&return_url=https://shop.example/"
    answer = shop.core.handle("POST", page, {}, b"outcome=complete")
    assert answer.headers["Location"].startswith("https://shop.example/?payment_intent=")


def test_the_page_opens_to_those_who_know_the_secret(shop: Shop) -> None:
    intent = shop.pay("pm_card_authenticationRequired")
    assert shop.core.handle("POST", f"/_local/3ds/{intent.id}", {}, b"outcome=complete").status == 404
    assert shop.v1.payment_intents.retrieve(intent.id).status == "requires_action"


@pytest.mark.parametrize("how", [{"off_session": True}, {"error_on_requires_action": True}])
def test_with_nobody_there_the_challenge_is_a_decline(shop: Shop, how: Any) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay("pm_card_authenticationRequiredOnSetup", **how)
    assert caught.value.code == "authentication_required"
    assert caught.value.error is not None
    assert caught.value.error.payment_intent is not None
    intent = shop.v1.payment_intents.retrieve(caught.value.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    back = shop.v1.payment_intents.confirm(
        intent.id, params={"payment_method": "pm_card_authenticationRequired", "return_url": RETURN}
    )
    assert back.status == "requires_action"


def test_a_card_set_up_before_passes_with_nobody_there(shop: Shop, server: Server) -> None:
    customer = shop.customer()
    setup = shop.v1.setup_intents.create(
        params={
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "customer": customer.id,
            "confirm": True,
            "return_url": RETURN,
        }
    )
    method = str(setup.payment_method)
    assert "redirect_status=succeeded" in press(page_of(setup), "complete").headers["Location"]
    assert shop.pay(method, customer=customer.id, off_session=True).status == "succeeded"
    assert shop.pay(method, customer=customer.id).status == "requires_action"
    assert server.url


def test_a_payment_may_set_its_card_up(shop: Shop, server: Server) -> None:
    customer = shop.customer()
    usage: dict[str, Any] = {"customer": customer.id, "setup_future_usage": "off_session"}
    intent = shop.pay("pm_card_authenticationRequiredOnSetup", **usage, **REDIRECTED)
    press(page_of(intent), "complete")
    assert shop.pay(str(intent.payment_method), customer=customer.id, off_session=True).status == "succeeded"
    assert server.url


def test_a_failed_setup_saves_nothing(shop: Shop, server: Server) -> None:
    setup = shop.v1.setup_intents.create(
        params={"payment_method": "pm_card_authenticationRequired", "confirm": True, "return_url": RETURN}
    )
    press(page_of(setup), "fail")
    setup = shop.v1.setup_intents.retrieve(setup.id)
    assert setup.status == "requires_payment_method"
    assert setup.last_setup_error is not None
    assert setup.last_setup_error.code == "setup_intent_authentication_failure"
    assert server.url


def test_the_page_is_plain_and_safe(shop: Shop, server: Server) -> None:
    answer = requests.get(page_of(shop.pay("pm_card_authenticationRequired", **REDIRECTED)), timeout=5)
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert requests.get(f"{server.url}/_local/3ds/pi_nobody", timeout=5).status_code == 404
    assert requests.get(f"{server.url}/_local/pages.css", timeout=5).headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(("off_session", "status"), [(False, "requires_action"), (True, "succeeded")])
def test_some_cards_pass_off_session_alone(shop: Shop, off_session: bool, status: str) -> None:
    card = "pm_card_authenticationRequiredSetupForOffSession"
    params = {"off_session": True} if off_session else {}
    assert shop.pay(card, **params).status == status


def test_a_challenge_can_be_asked_for(shop: Shop) -> None:
    intent = shop.pay(payment_method_options={"card": {"request_three_d_secure": "any"}})
    assert intent.status == "requires_action"


def test_an_intent_that_waits_may_be_canceled(shop: Shop) -> None:
    intent = shop.v1.payment_intents.cancel(shop.pay("pm_card_authenticationRequired").id)
    assert (intent.status, intent.next_action) == ("canceled", None)


def test_a_setup_may_be_declined_after_the_challenge(shop: Shop) -> None:
    setup = shop.v1.setup_intents.create(
        params={
            "payment_method": "pm_card_threeDSecureRequiredChargeDeclined",
            "confirm": True,
            "return_url": RETURN,
        }
    )
    shop.core.handle("POST", page_of(setup), {}, b"outcome=complete")
    assert shop.v1.setup_intents.retrieve(setup.id).status == "requires_payment_method"
