"""A new card through Stripe's own form on a sales order, and the bank's question; a stand-in plays the script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from gateways.models import Gateway
from orders.models import Card, Order
from payments.models import Payment, Status
from simulator.core import LocalStripe
from simulator.objects import accounts
from tests.e2e.stripe_js import LEFT, StripeJs
from tests.factories import make_card, make_customer, make_gateway, make_order
from tests.local_stripe import charges_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("worker")]

CHALLENGED = "pm_card_threeDSecure2Required"
SOON = 20_000


@pytest.fixture
def gateway(transactional_db: None) -> Gateway:
    return make_gateway("northwind", public_key="pk_test_northwind_1", is_default=True, name="Northwind US")


def open_order(page: Page, live_server: Any, order: Order, *, frame: bool = True) -> None:
    page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/change/")
    if frame:
        expect(card_form(page)).to_be_visible()


def card_form(page: Page) -> Locator:
    return page.locator("[data-card-mount] iframe")


def press(page: Page) -> None:
    page.get_by_role("button", name="Enter payment").click()


def answer(page: Page) -> Locator:
    return page.locator("#payment")


def problem(page: Page) -> Locator:
    return page.locator("[data-card-problem]")


def test_a_card_is_typed_into_stripes_form_and_charged(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    open_order(operator, live_server, make_order(total=12_300))
    assert operator.locator("input[name*=card_number], input[autocomplete^=cc-]").count() == 0
    expect(operator.get_by_label(re.compile("4242"))).to_have_count(0)
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    payment = Payment.objects.get()
    assert (payment.status, payment.card_last4, payment.card) == (Status.CAPTURED, "4242", None)
    assert payment.draft["confirmation_token"] == stripe_js.tokens[0]
    assert stripe_js.asked == [
        {
            "key": "pk_test_northwind_1",
            "account": "",
            "mode": "payment",
            "currency": "usd",
            "amount": "12300",
            "usage": "",
            "captureMethod": "automatic",
        }
    ]


def test_a_declined_card_is_told_and_another_may_be_typed(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    stripe_js.next_card = "pm_card_visa_chargeDeclinedInsufficientFunds"
    open_order(operator, live_server, make_order())
    press(operator)
    expect(answer(operator)).to_contain_text("There is not enough money on the card", timeout=SOON)
    stripe_js.next_card = "pm_card_mastercard"
    expect(card_form(operator)).to_be_visible()
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert len(set(stripe_js.tokens)) == 2
    assert [one.status for one in Payment.objects.order_by("pk")] == [Status.DECLINED, Status.CAPTURED]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    ("challenge", "words", "status"),
    [("passed", "The money is taken", Status.CAPTURED), ("failed", "can still try again", Status.REQUIRES_ACTION)],
)
def test_the_banks_question_is_asked_in_the_page(
    operator: Page,
    live_server: Any,
    gateway: Gateway,
    stripe_js: StripeJs,
    challenge: Any,
    words: str,
    status: Status,
    width: int,
) -> None:
    stripe_js.next_card, stripe_js.challenge = CHALLENGED, challenge
    operator.set_viewport_size({"width": width, "height": 844})
    open_order(operator, live_server, make_order())
    assert operator.evaluate("document.documentElement.scrollWidth") <= width
    press(operator)
    expect(answer(operator)).to_contain_text(words, timeout=SOON)
    assert operator.evaluate("document.documentElement.scrollWidth") <= width
    payment = Payment.objects.get()
    assert (payment.status, len(charges_of(payment))) == (status, 1)
    assert "_secret_" not in operator.content()


def test_who_failed_is_asked_again_and_charged_once(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    stripe_js.next_card, stripe_js.challenge = CHALLENGED, "failed"
    open_order(operator, live_server, make_order())
    press(operator)
    expect(answer(operator)).to_contain_text("can still try again", timeout=SOON)
    operator.reload()
    expect(answer(operator)).to_contain_text("can still try again")
    stripe_js.challenge = "passed"
    answer(operator).get_by_role("button", name="Confirm with the bank").click()
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert len(charges_of(Payment.objects.get())) == 1


def test_a_question_that_was_left_waits_and_can_be_asked_again(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    stripe_js.next_card, stripe_js.challenge = CHALLENGED, "left"
    order = make_order()
    open_order(operator, live_server, order)
    press(operator)
    expect(answer(operator)).to_contain_text(LEFT, timeout=SOON)
    expect(answer(operator)).to_contain_text("Needs authentication")
    payment = Payment.objects.get()
    operator.goto(f"{live_server.url}/admin/payments/payment/{payment.pk}/change/")
    stripe_js.challenge = "passed"
    operator.get_by_role("link", name="Confirm with the bank").click()
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)


def test_a_saved_cards_question_is_asked_in_the_page_as_well(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    customer = make_customer()
    stripe_js.next_card = CHALLENGED
    open_order(operator, live_server, make_order(customer=customer))
    operator.get_by_label(re.compile("Save the card for later")).check()
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    open_order(operator, live_server, make_order(customer=customer), frame=False)
    operator.get_by_label(re.compile("Visa •••• 3220")).check()
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert [one.card for one in Payment.objects.all()] == [Card.objects.get(), Card.objects.get()]


def test_a_mistake_elsewhere_leaves_the_typed_card_where_it_is(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs, complaints: list[str]
) -> None:
    open_order(operator, live_server, make_order(total=5_000))
    card_form(operator).evaluate("frame => { frame.dataset.typed = 'yes' }")
    operator.get_by_label("Amount in USD").fill("50.01")
    press(operator)
    expect(operator.locator("[data-errors=amount]")).to_contain_text("Only 50.00 USD of this order is open")
    expect(operator.get_by_text("Nothing was charged")).to_be_visible()
    assert not Payment.objects.exists()
    assert [complaint for complaint in complaints if "status of 400" not in complaint] == []
    complaints.clear()
    expect(card_form(operator)).to_have_attribute("data-typed", "yes")
    operator.get_by_label("Amount in USD").fill("20.00")
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert [asked["amount"] for asked in stripe_js.asked] == ["5001", "2000"]
    assert Payment.objects.get().amount == 2_000


def test_what_the_card_form_itself_refuses_is_told_and_sends_nothing(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    stripe_js.mistake = "Your card number is incomplete."
    open_order(operator, live_server, make_order())
    press(operator)
    expect(problem(operator)).to_have_text("Your card number is incomplete.")
    expect(operator.get_by_role("button", name="Enter payment")).to_be_enabled()
    assert not Payment.objects.exists()
    stripe_js.mistake = ""
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)


def test_a_lost_connection_loses_nothing_and_charges_once(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs, complaints: list[str]
) -> None:
    open_order(operator, live_server, make_order())
    operator.route("**/payment/", lambda route: (route.fetch(), route.abort())[0], times=1)  # arrives, unanswered
    press(operator)
    expect(problem(operator)).to_contain_text("Midway could not be reached")
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert len(charges_of(Payment.objects.get())) == 1
    assert [complaint for complaint in complaints if "ERR_FAILED" not in complaint] == []
    complaints.clear()


def test_a_script_that_cannot_be_loaded_is_told_and_tried_again(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs, complaints: list[str]
) -> None:
    operator.route("https://js.stripe.com/**", lambda route: route.abort(), times=1)
    open_order(operator, live_server, make_order(), frame=False)
    expect(problem(operator)).to_contain_text("Stripe's card form could not be loaded")
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert [complaint for complaint in complaints if "ERR_FAILED" not in complaint] == []
    complaints.clear()


def test_the_card_form_follows_the_theme(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    operator.emulate_media(color_scheme="light")
    open_order(operator, live_server, make_order())
    seen = "window.standIn.at(-1).options.appearance"
    assert operator.evaluate(seen)["theme"] == "stripe"
    light = operator.evaluate(seen)["variables"]["colorText"]
    operator.emulate_media(color_scheme="dark")
    operator.wait_for_function(f"{seen}.theme === 'night'")
    dark = operator.evaluate(seen)["variables"]["colorText"]
    assert light.startswith("rgb")
    assert dark.startswith("rgb")
    assert light != dark


def test_a_double_click_charges_once(operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs) -> None:
    open_order(operator, live_server, make_order())
    operator.get_by_role("button", name="Enter payment").dblclick()
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert len(stripe_js.tokens) == len(charges_of(Payment.objects.get())) == 1


def test_another_gateway_has_its_own_key_and_one_without_a_key_says_what_to_do(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    other = make_gateway("brightleaf", public_key="pk_test_brightleaf_1", name="Brightleaf US")
    keyless = make_gateway(name="Keyless US")
    open_order(operator, live_server, make_order())
    operator.get_by_label("Gateway", exact=True).select_option(str(keyless.pk))
    expect(problem(operator)).to_contain_text("Keyless US has no publishable key")
    expect(card_form(operator)).to_have_count(0)
    press(operator)
    expect(problem(operator)).to_contain_text("enter the key on the gateway's page")
    expect(problem(operator).get_by_role("link")).to_have_attribute(
        "href", f"/admin/gateways/gateway/{keyless.pk}/change/"
    )
    assert not Payment.objects.exists()
    operator.get_by_label("Gateway", exact=True).select_option(str(other.pk))
    expect(card_form(operator)).to_have_count(1)
    press(operator)
    expect(answer(operator)).to_contain_text("Captured", timeout=SOON)
    assert stripe_js.asked[0]["key"] == "pk_test_brightleaf_1"
    assert Payment.objects.get().gateway == other


def test_a_card_that_is_saved_is_offered_the_next_time(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    customer = make_customer()
    open_order(operator, live_server, make_order(customer=customer))
    operator.get_by_label(re.compile("Save the card for later")).check()
    operator.get_by_label("Authorize only").check()
    press(operator)
    expect(answer(operator)).to_contain_text("Authorized", timeout=SOON)
    assert (stripe_js.asked[0]["usage"], stripe_js.asked[0]["captureMethod"]) == ("off_session", "manual")
    assert Card.objects.get().customer == customer
    open_order(operator, live_server, make_order(customer=customer), frame=False)
    expect(operator.get_by_label(re.compile("Visa •••• 4242"))).to_be_checked()


def test_cards_that_cannot_be_charged_say_why(
    operator: Page, live_server: Any, gateway: Gateway, stripe_js: StripeJs
) -> None:
    customer, other = make_customer(), make_gateway("brightleaf", name="Brightleaf US")
    elsewhere, old = make_card(customer, other), make_card(customer, gateway, "pm_card_mastercard")
    Card.objects.filter(pk=old.pk).update(exp_year=2020, exp_month=4)
    open_order(operator, live_server, make_order(customer=customer))
    for card, why in [(elsewhere, "kept on another Stripe account, that of Brightleaf US"), (old, "expired 04/20")]:
        radio = operator.locator(f"input[value='card:{card.pk}']")
        expect(radio).to_be_disabled()
        expect(radio.locator("..").locator("[data-why]")).to_have_text(why)
    operator.get_by_label("Gateway", exact=True).select_option(str(other.pk))
    expect(operator.locator(f"input[value='card:{elsewhere.pk}']")).to_be_enabled()


@pytest.mark.parametrize("on_the_phone", [True, False])
def test_the_operator_says_whether_the_customer_is_on_the_phone(
    operator: Page,
    live_server: Any,
    gateway: Gateway,
    stripe_js: StripeJs,
    local_stripe: LocalStripe,
    on_the_phone: bool,
) -> None:
    world = local_stripe.world(gateway.account_id)
    with local_stripe.store.transaction():
        accounts.change(world, {"moto": True})
        world.flush()
    phone = make_gateway("northwind", public_key="pk_test_northwind_1", name="Northwind phone", moto=True)
    stripe_js.next_card, stripe_js.challenge = CHALLENGED, "left"
    open_order(operator, live_server, make_order())
    box = operator.get_by_label(re.compile("The customer is on the phone"))
    expect(box).to_be_hidden()
    operator.get_by_label("Gateway", exact=True).select_option(str(phone.pk))
    expect(box).to_be_checked()
    box.set_checked(on_the_phone)
    press(operator)
    expect(answer(operator)).to_contain_text("Captured" if on_the_phone else LEFT, timeout=SOON)
