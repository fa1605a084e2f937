"""An operator sets gateways up in a real browser."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from gateways.models import Gateway, GoLiveCheck
from payments.models import Payment, Status
from tests.factories import make_gateway

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery staple"
LIST = "/admin/gateways/gateway/"


@pytest.fixture
def user(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def shops(transactional_db: None) -> list[Gateway]:
    names = ["Alpine EU", "Brightleaf US", "Cascade US"]
    return [make_gateway(name=name, monthly_cap=100_000, is_default=name.startswith("Alpine")) for name in names]


def page_of(gateway: Gateway) -> str:
    return f"{LIST}{gateway.pk}/change/"


def rows(page: Page) -> Any:
    return page.locator("#split-rows .split-row")


def current(page: Page) -> Any:
    return page.locator("#split-rows .split-row[aria-current=page]")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def test_a_newcomer_is_walked_to_the_first_gateway(operator: Page, live_server: Any) -> None:
    operator.goto(live_server.url + LIST)
    expect(operator.get_by_text("Gateways must be entered before you begin selling")).to_be_visible()
    expect(operator.get_by_role("heading", name="Register at Stripe")).to_be_visible()
    operator.get_by_role("link", name="Add the first gateway").click()
    operator.get_by_label("Name", exact=True).fill("Northwind")
    operator.get_by_label("Secret key", exact=True).fill("sk_test_northwind_1")
    operator.get_by_label("Monthly cap").fill("2,500.00")
    save(operator)
    expect(operator.get_by_text("was added successfully")).to_be_visible()
    expect(current(operator)).to_contain_text("Northwind")
    gateway = Gateway.objects.get()
    assert operator.url.split("?")[0].endswith(page_of(gateway))
    assert (gateway.monthly_cap, gateway.mode, gateway.secret_key_hint) == (250_000, "test", "nd_1")


def test_selecting_searching_and_saving_never_lose_the_list(
    operator: Page, live_server: Any, shops: list[Gateway]
) -> None:
    operator.goto(live_server.url + LIST)
    rows(operator).filter(has_text="Brightleaf").click()
    expect(operator).to_have_url(re.compile(f"{page_of(shops[1])}$"))
    expect(operator.get_by_role("heading", level=1)).to_contain_text("Brightleaf US")
    expect(current(operator)).to_contain_text("Brightleaf US")
    operator.get_by_label("Name", exact=True).fill("Brightleaf West")
    operator.get_by_label("Search gateways").fill("cascade")
    expect(rows(operator)).to_have_count(2)  # what is found, and the one that is open
    expect(current(operator)).to_contain_text("not in this search")
    expect(operator.locator("#split-status")).to_have_text("1 gateway")
    expect(operator.get_by_label("Name", exact=True)).to_have_value("Brightleaf West")
    save(operator)
    expect(operator.get_by_text("was changed successfully")).to_be_visible()
    expect(operator.get_by_label("Search gateways")).to_have_value("cascade")
    expect(current(operator)).to_contain_text("Brightleaf West")
    operator.reload()
    expect(current(operator)).to_contain_text("Brightleaf West")


def test_arrow_keys_move_through_the_list_and_enter_opens(
    operator: Page, live_server: Any, shops: list[Gateway]
) -> None:
    operator.goto(live_server.url + page_of(shops[0]))
    current(operator).focus()
    operator.keyboard.press("ArrowDown")
    expect(rows(operator).nth(1)).to_be_focused()
    operator.keyboard.press("End")
    expect(rows(operator).nth(2)).to_be_focused()
    assert [rows(operator).nth(at).get_attribute("tabindex") for at in range(3)] == ["-1", "-1", "0"]
    operator.keyboard.press("Enter")
    expect(operator).to_have_url(re.compile(page_of(shops[2])))
    expect(operator.locator("#split-status")).to_have_text("Cascade US opened")
    expect(current(operator)).to_be_focused()
    operator.keyboard.press("Home")
    expect(rows(operator).nth(0)).to_be_focused()
    operator.go_back()
    expect(current(operator)).to_contain_text("Alpine EU")


def test_what_was_typed_is_not_left_without_asking(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    operator.goto(live_server.url + page_of(shops[0]))
    operator.get_by_label("Name", exact=True).fill("Alpine North")
    operator.once("dialog", lambda dialog: dialog.dismiss())
    rows(operator).nth(1).click()
    expect(operator.get_by_label("Name", exact=True)).to_have_value("Alpine North")
    operator.once("dialog", lambda dialog: dialog.accept())
    rows(operator).nth(1).click()
    expect(current(operator)).to_contain_text("Brightleaf US")


def test_the_type_decides_the_fields_and_nothing_typed_is_lost(operator: Page, live_server: Any) -> None:
    operator.goto(f"{live_server.url}{LIST}add/")
    kind = operator.get_by_label("Type", exact=True)
    operator.get_by_label("Secret key", exact=True).fill("sk_test_kept_1")
    operator.get_by_label("Descriptor suffix").fill("KEPT")
    kind.select_option("offline")
    expect(operator.locator("#id_secret_key")).to_be_hidden()
    expect(operator.locator("#id_descriptor_suffix")).to_be_hidden()
    expect(operator.get_by_text("None: nothing is sent to anybody.")).to_be_visible()
    kind.select_option("stripe_v1")
    expect(operator.get_by_label("Username (live secret key)")).to_have_value("sk_test_kept_1")
    expect(operator.locator("#id_public_key")).to_be_hidden()
    expect(operator.get_by_text("Stripe V1 is legacy: do not create new ones")).to_be_visible()
    kind.select_option("stripe_v2")
    expect(operator.get_by_label("Descriptor suffix")).to_have_value("KEPT")
    expect(operator.get_by_text("Stripe V1 is legacy")).to_be_hidden()
    kind.select_option("offline")
    operator.get_by_label("Name", exact=True).fill("Till")
    operator.get_by_label("Currency").fill("usd")
    operator.get_by_label("Mode", exact=True).select_option("test")
    save(operator)
    expect(operator.get_by_text("was added successfully")).to_be_visible()
    till = Gateway.objects.get()
    assert (till.processor, till.mode, till.currency, till.descriptor_suffix) == ("offline", "test", "USD", "")


def test_the_statement_text_is_shown_while_one_types(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    Gateway.objects.filter(pk=shops[0].pk).update(descriptor_prefix="ALPINE")
    operator.goto(live_server.url + page_of(shops[0]))
    suffix = operator.get_by_label("Descriptor suffix")
    suffix.fill("SPRING")
    expect(operator.locator("#statement-text")).to_have_text("ALPINE* SPRING")
    suffix.fill("1234")
    expect(operator.locator("#statement-note")).to_contain_text("needs at least one letter")
    save(operator)
    expect(operator.locator(".field-descriptor_suffix .errorlist")).to_contain_text("needs at least one letter")


def test_duplicate_lands_on_the_copy_with_the_cursor_in_its_suffix(
    operator: Page, live_server: Any, shops: list[Gateway]
) -> None:
    operator.goto(live_server.url + LIST)
    operator.get_by_role("button", name="Duplicate Brightleaf US").click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text("Brightleaf US (copy)")
    expect(operator.get_by_label("Descriptor suffix")).to_be_focused()
    copy = Gateway.objects.get(name="Brightleaf US (copy)")
    assert (copy.active, copy.account_id, copy.secret_key) == (False, shops[1].account_id, shops[1].secret_key)
    operator.get_by_role("button", name="Activate").click()
    expect(operator.get_by_text("is active: new payments may go through it")).to_be_visible()


def test_a_secret_is_changed_with_ones_own_password(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    shop = shops[1]
    operator.goto(live_server.url + page_of(shop))
    password = operator.get_by_label("Your password")
    expect(password).to_be_hidden()
    operator.get_by_label("Signing secret", exact=True).fill("whsec_fresh1")
    password.fill("a wrong guess")
    save(operator)
    expect(operator.get_by_text("This is not your password: nothing was saved.")).to_be_visible()
    operator.get_by_label("Signing secret", exact=True).fill("whsec_fresh1")
    operator.get_by_label("Your password").fill(PASSWORD)
    save(operator)
    expect(operator.get_by_text("was changed successfully")).to_be_visible()
    operator.get_by_role("link", name="History").click()
    expect(operator.get_by_role("cell", name="Changed Signing secret.")).to_be_visible()
    shop.refresh_from_db()
    assert shop.signing_secret == "whsec_fresh1"


def test_deactivating_says_what_stops_and_asks(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    operator.goto(live_server.url + page_of(shops[0]))
    operator.get_by_role("link", name="Deactivate").click()
    expect(operator.get_by_text("It is the default for USD in test mode")).to_be_visible()
    operator.get_by_role("link", name="Go back").click()
    operator.get_by_role("link", name="Deactivate").click()
    operator.get_by_role("button", name="Confirm").click()
    expect(operator.get_by_text("is not active any longer")).to_be_visible()
    shops[0].refresh_from_db()
    assert (shops[0].active, shops[0].is_default) == (False, False)


def test_another_default_takes_the_mark(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    operator.goto(live_server.url + page_of(shops[1]))
    operator.get_by_label("Default", exact=True).check()
    save(operator)
    expect(operator.get_by_text("now, instead of Alpine EU")).to_be_visible()
    assert list(Gateway.objects.filter(is_default=True)) == [shops[1]]


def test_the_webhook_is_registered_with_one_click(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    operator.goto(live_server.url + page_of(shops[1]))
    operator.locator("#webhook summary").click()
    expect(operator.locator("#webhook")).to_contain_text("charge.dispute.funds_reinstated")
    expect(operator.locator("#webhook")).to_contain_text(f"/{shops[1].slug}/")
    operator.get_by_role("button", name="Register webhook").click()
    expect(operator.get_by_text("The webhook is registered")).to_be_visible()
    expect(operator.locator("#webhook summary")).to_contain_text("Registered")
    shops[1].refresh_from_db()
    assert shops[1].webhook_reference
    assert shops[1].signing_secret


def test_the_go_live_check_runs_in_place(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    operator.goto(live_server.url + page_of(shops[1]))
    panel = operator.locator("#go-live")
    expect(panel).to_contain_text("Never run")
    operator.get_by_role("button", name="Run the go-live check").click()
    expect(panel).to_contain_text("Not ready", timeout=20_000)
    expect(panel.locator(".is-ok", has_text="The key works")).to_be_visible()
    expect(panel.locator(".is-failed", has_text="Webhook and its events")).to_contain_text("Register webhook")
    assert GoLiveCheck.objects.filter(gateway=shops[1], outcome="failed").exists()
    operator.reload()
    expect(panel).to_contain_text("red")


def test_a_test_transaction_is_sent_once_and_given_back(operator: Page, live_server: Any, shops: list[Gateway]) -> None:
    operator.goto(live_server.url + page_of(shops[1]))
    operator.get_by_role("link", name="Test transaction").click()
    expect(operator.get_by_label("Amount in USD")).to_have_value("1.00")
    operator.get_by_label("Give it back at once").check()
    operator.get_by_role("button", name="Send the test transaction").dblclick()
    expect(operator.locator("#payment")).to_contain_text("Refunded", timeout=20_000)
    operator.reload()
    payment = Payment.objects.get()
    assert (payment.status, payment.amount, payment.amount_refunded) == (Status.CAPTURED, 100, 100)


def test_on_a_phone_the_list_comes_first_and_the_details_open_over_it(
    operator: Page, live_server: Any, shops: list[Gateway]
) -> None:
    operator.set_viewport_size({"width": 390, "height": 844})
    operator.goto(live_server.url + LIST)
    expect(rows(operator).nth(1)).to_be_in_viewport()
    rows(operator).nth(1).click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text("Brightleaf US")
    expect(operator.locator("#split-list")).to_be_hidden()
    assert operator.evaluate("document.documentElement.scrollWidth") <= 390
    operator.get_by_role("link", name="All gateways").click()
    expect(rows(operator).nth(2)).to_be_visible()
