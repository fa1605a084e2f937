"""Payment entry with a card from Stripe's own form: what is sent, what is refused, and the bank's question."""

import json
import logging
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from orders.models import Card, Customer, Order, VaultedCustomer
from payments.models import Payment, Status
from payments.services.reconcile import reconcile
from payments.services.submit import submit
from payments.tasks import charge_payment
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_card, make_customer, make_gateway, make_order
from tests.gateways.processors.conftest import Sent, sent
from tests.legacy import make_offline_gateway, make_v1_gateway
from tests.local_stripe import all_intents, answer_bank, charges_of, confirmation_token, deliver

__all__ = ["sent"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripes_own_form")]

CHALLENGED = "pm_card_threeDSecure2Required"


@pytest.fixture
def order() -> Order:
    return make_order(total=10_000)


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway("own_form", public_key="pk_test_own_form_1", is_default=True)


def page(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def enter(office: Client, order: Order, through: Gateway, card: str = "pm_card_visa", **fields: Any) -> Any:
    headers = fields.pop("headers", None)
    data = {
        "form_token": str(uuid.uuid4()),
        "gateway": through.pk,
        "amount": "100.00",
        "method": "new",
        "confirmation_token": confirmation_token(through.secret_key, card) if card else "",
        "capture": "now",
        **fields,
    }
    return office.post(f"/admin/orders/order/{order.pk}/payment/", data, headers=headers)


def entered(office: Client, order: Order, through: Gateway, card: str = "pm_card_visa", **fields: Any) -> Payment:
    assert enter(office, order, through, card, **fields).status_code == 302
    payment = Payment.objects.latest("pk")
    submit(payment.pk)
    payment.refresh_from_db()
    return payment


# --- what is sent -----------------------------------------------------------------------------------------------


def test_a_token_is_charged_and_nothing_is_kept_unasked(office: Client, order: Order, gateway: Gateway) -> None:
    payment = entered(office, order, gateway)
    assert payment.status == Status.CAPTURED
    assert payment.draft["confirmation_token"].startswith("ctoken_")
    assert payment.draft["use_stripe_sdk"] is True
    assert payment.draft["return_url"] == f"http://testserver{page(order)}"
    assert not {"customer", "setup_future_usage", "payment_method", "payment_method_options"} & set(payment.draft)
    assert not VaultedCustomer.objects.exists()


@pytest.mark.parametrize("capture", ["now", "hold"])
def test_a_card_that_is_to_be_kept_is_kept_for_the_customer(
    office: Client, order: Order, gateway: Gateway, capture: str
) -> None:
    payment = entered(office, order, gateway, save_card="on", capture=capture)
    assert payment.draft["customer"] == VaultedCustomer.objects.get(customer=order.customer).reference
    assert payment.draft["setup_future_usage"] == "off_session"
    assert payment.card == Card.objects.get(customer=order.customer)
    assert payment.status == (Status.CAPTURED if capture == "now" else Status.AUTHORIZED)


def test_a_kept_card_is_offered_and_one_that_was_kept_twice_is_offered_once(
    office: Client, order: Order, gateway: Gateway
) -> None:
    for _ in range(2):
        entered(office, order, gateway, amount="20.00", save_card="on")
    newest, older = Card.objects.all()
    html = office.get(page(order)).content.decode()
    assert f'value="card:{newest.pk}"' in html
    assert f'value="card:{older.pk}"' not in html


@pytest.mark.parametrize("ticked", [True, False])
def test_moto_is_the_operators_word(office: Client, order: Order, gateway: Gateway, ticked: bool) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(moto=True)
    enter(office, order, gateway, **({"moto": "on"} if ticked else {}))
    draft = Payment.objects.get().draft
    assert ("payment_method_options" in draft) == ticked
    assert ("return_url" in draft) == (not ticked)


def test_moto_is_never_sent_through_a_gateway_without_it(office: Client, order: Order, gateway: Gateway) -> None:
    enter(office, order, gateway, moto="on")
    assert "payment_method_options" not in Payment.objects.get().draft


def test_the_box_is_ticked_at_first_where_the_gateway_has_moto(office: Client, order: Order, gateway: Gateway) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(moto=True)
    html = office.get(page(order)).content.decode()
    assert re.search(rf'<option value="{gateway.pk}"[^>]*data-moto="yes"', html)
    assert re.search(r'<input type="checkbox" name="moto"[^>]*checked', html)


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_has_the_card_form_with_the_gateways_key_and_no_test_cards(
    office: Client, order: Order, gateway: Gateway
) -> None:
    html = office.get(page(order)).content.decode()
    entry = re.search(r"<div class=\"card-entry\"[^>]*>", html)
    assert entry
    for told in [
        'data-public-key="pk_test_own_form_1"',
        'data-amount="10000"',
        'data-currency="usd"',
        'data-mode="payment"',
        'data-script="https://js.stripe.com/endive/stripe.js"',
    ]:
        assert told in entry[0]
    assert "pm_card_" not in html


def test_a_gateway_without_a_publishable_key_says_what_to_do(office: Client, order: Order) -> None:
    keyless = make_gateway(name="Keyless", is_default=True)
    html = office.get(page(order)).content.decode()
    assert 'data-remedy="Keyless has no publishable key' in html
    assert f'data-remedy-page="/admin/gateways/gateway/{keyless.pk}/change/"' in html


def test_a_connected_accounts_form_speaks_for_that_account(office: Client, order: Order, gateway: Gateway) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(connected_account=True, mid="acct_connected1")
    assert 'data-account="acct_connected1"' in office.get(page(order)).content.decode()


def test_with_the_local_stripe_test_cards_are_offered_and_no_script_is_allowed(
    office: Client, order: Order, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.stripe_js.uses_local_stripe", lambda: True)
    answer = office.get(page(order))
    html = answer.content.decode()
    assert 'value="test:pm_card_visa"' in html
    assert "data-card-entry" not in html
    assert "stripe.com" not in answer["Content-Security-Policy"]
    assert enter(office, order, gateway).status_code == 400


def test_cards_that_cannot_be_charged_are_shown_with_the_reason(office: Client, order: Order, gateway: Gateway) -> None:
    elsewhere = make_gateway(name="Brightleaf")
    cards = {name: make_card(order.customer, at) for name, at in [("ours", gateway), ("theirs", elsewhere)]}
    old, blocked, live = (make_card(order.customer, gateway, "pm_card_mastercard") for _ in range(3))
    Card.objects.filter(pk=old.pk).update(exp_year=2020, exp_month=4)
    Card.objects.filter(pk=blocked.pk).update(fingerprint="b", blocked_at=clock.now(), block_reason="It was stolen.")
    Card.objects.filter(pk=live.pk).update(fingerprint="c", mode="live")
    html = office.get(page(order)).content.decode()

    def reasons(card: Card) -> dict[str, str]:
        found = re.search(rf'value="card:{card.pk}"[^>]*data-reasons="([^"]*)"', html)
        told: dict[str, str] = json.loads(found[1].replace("&quot;", '"').replace("&#x27;", "'")) if found else {}
        return told

    here = str(gateway.pk)
    assert here not in reasons(cards["ours"])
    assert reasons(cards["theirs"])[here] == "kept on another Stripe account, that of Brightleaf"
    assert str(elsewhere.pk) not in reasons(cards["theirs"])
    assert reasons(old)[here] == "expired 04/20"
    assert reasons(blocked)[here] == "blocked after a decline: It was stolen."
    assert reasons(live)[here] == f"kept in live mode, and {gateway} is in test mode"
    assert re.search(rf'value="card:{old.pk}"[^>]* disabled', html)


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "ctoken_", "tok_visa", "pm_card_visa", "ctoken_1 2", "x" * 300])
def test_a_token_that_is_none_is_told_and_nothing_is_written(
    office: Client, order: Order, gateway: Gateway, token: str
) -> None:
    answer = enter(office, order, gateway, confirmation_token=token)
    assert answer.status_code == 400
    assert 'data-errors="confirmation_token"><ul class="errorlist"' in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_token_is_not_in_the_page_that_comes_back(office: Client, order: Order, gateway: Gateway) -> None:
    answer = enter(office, order, gateway, amount="100.01")
    assert (answer.status_code, "ctoken_" in answer.content.decode()) == (400, False)


@pytest.mark.parametrize("other", ["offline", "v1"])
def test_a_gateway_that_takes_no_tokens_refuses_one(office: Client, order: Order, gateway: Gateway, other: str) -> None:
    through = make_offline_gateway() if other == "offline" else make_v1_gateway()
    answer = enter(office, order, through, "", confirmation_token="ctoken_1abcdefgh")
    assert answer.status_code == 400
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "change", [{"exp_year": 2020}, {"blocked_at": "2026-01-01T00:00Z", "block_reason": "It was stolen."}]
)
def test_an_expired_or_blocked_card_is_refused_whoever_sends_it(
    office: Client, order: Order, gateway: Gateway, change: dict[str, Any]
) -> None:
    card = make_card(order.customer, gateway)
    Card.objects.filter(pk=card.pk).update(**change)
    answer = enter(office, order, gateway, "", method=f"card:{card.pk}")
    assert answer.status_code == 400
    assert "Choose another card." in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_used_token_charges_nothing_and_the_order_stays_open(office: Client, order: Order, gateway: Gateway) -> None:
    first = entered(office, order, gateway, amount="20.00")
    again = entered(office, order, gateway, amount="20.00", confirmation_token=first.draft["confirmation_token"])
    assert (again.status, "already been used" in again.message) == (Status.FAILED, True)
    order.refresh_from_db()
    assert order.amount_paid == 2_000


def test_a_customer_that_stripe_could_not_be_told_of_charges_nothing(
    office: Client, order: Order, gateway: Gateway, local_stripe: LocalStripe
) -> None:
    local_stripe.faults.add(Fault("error", path="/v1/customers"))
    answer = enter(office, order, gateway, save_card="on")
    assert answer.status_code == 400
    assert "Nothing was charged: try again." in answer.content.decode()
    assert not Payment.objects.exists()


def test_a_refused_amount_asks_stripe_for_nothing(office: Client, order: Order, gateway: Gateway, sent: Sent) -> None:
    before = len(sent)
    enter(office, order, gateway, "", confirmation_token="ctoken_1abcdefgh", save_card="on", amount="100.01")
    assert len(sent) == before


def test_the_same_form_ten_times_makes_one_payment(office: Client, order: Order, gateway: Gateway) -> None:
    once = {"form_token": str(uuid.uuid4()), "amount": "40.00", "save_card": "on"}
    places = {enter(office, order, gateway, **once)["Location"] for _ in range(10)}
    payment = Payment.objects.get()
    charge_payment(payment.pk)
    assert (len(places), len(charges_of(payment))) == (1, 1)


# --- the script's own way ---------------------------------------------------------------------------------------


def test_the_cards_script_is_told_where_to_go(office: Client, order: Order, gateway: Gateway) -> None:
    answer = enter(office, order, gateway, headers={"Accept": "application/json, text/html"})
    assert answer.json() == {"location": f"{page(order)}?payment={Payment.objects.get().pk}#payment"}


# --- the bank's question ----------------------------------------------------------------------------------------


def part(payment: Payment, name: str) -> str:
    return f"/admin/orders/order/{payment.order_id}/payment/{payment.pk}/{name}/"


def waiting(office: Client, order: Order, gateway: Gateway, **fields: Any) -> Payment:
    payment = entered(office, order, gateway, CHALLENGED, **fields)
    assert (payment.status, payment.action_url) == (Status.REQUIRES_ACTION, "")
    return payment


def test_the_answer_asks_in_the_page(office: Client, order: Order, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway)
    html = office.get(f"{page(order)}?payment={payment.pk}").content.decode()
    assert "data-bank-question data-ask-now" in html
    assert f'data-secret-url="{part(payment, "secret")}"' in html
    assert "Open the bank&#x27;s page" not in html
    assert "_secret_" not in html
    assert "data-ask-now" in office.get(part(payment, "").replace("//", "/")).content.decode()


def test_the_secret_is_in_one_answer_that_no_cache_keeps(office: Client, order: Order, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway)
    answer = office.post(part(payment, "secret"))
    assert list(answer.json()) == ["client_secret"]
    assert answer.json()["client_secret"].startswith(f"{payment.reference}_secret_")
    assert "no-store" in answer["Cache-Control"]
    assert office.get(part(payment, "secret")).status_code == 405


def test_whoever_may_not_charge_gets_no_secret(order: Order, office: Client, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway)
    watcher = User.objects.create(username="watcher", is_staff=True, password="!")
    watcher.user_permissions.add(*Permission.objects.filter(codename__in=["view_order", "view_payment"]))
    client = Client()
    client.force_login(watcher, backend="django.contrib.auth.backends.ModelBackend")
    for name in ("secret", "confirmed", "again"):
        assert client.post(part(payment, name)).status_code == 403
        assert Client().post(part(payment, name)).status_code == 302
        assert Client(enforce_csrf_checks=True).post(part(payment, name)).status_code in {302, 403}


def test_a_payment_of_another_order_is_not_found(office: Client, order: Order, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway)
    other = make_order()
    for name in ("secret", "confirmed", "again"):
        assert office.post(part(payment, name).replace(f"/{order.pk}/", f"/{other.pk}/")).status_code == 404


def test_nothing_is_asked_about_a_payment_that_does_not_wait(office: Client, order: Order, gateway: Gateway) -> None:
    payment = entered(office, order, gateway)
    answer = office.post(part(payment, "secret"))
    assert answer.status_code == 409
    assert answer.json() == {"problem": f"{payment} is captured: there is nothing left to confirm."}


@pytest.mark.parametrize("when", ["before", "after"])
def test_silence_about_the_secret_is_told(
    office: Client, order: Order, gateway: Gateway, local_stripe: LocalStripe, when: Any
) -> None:
    payment = waiting(office, order, gateway)
    local_stripe.faults.add(Fault("error", when=when, path="/v1/payment_intents/*"))
    answer = office.post(part(payment, "secret"))
    assert answer.status_code == 502
    assert "Stripe did not answer" in answer.json()["problem"]
    assert office.post(part(payment, "secret")).status_code == 200


def test_what_came_of_it_is_looked_up_at_once(office: Client, order: Order, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway, save_card="on")
    answer_bank(payment, passed=True)
    answer = office.post(part(payment, "confirmed"))
    assert "Captured" in answer.content.decode()
    assert answer["HX-Refresh"] == "true"
    payment.refresh_from_db()
    assert payment.card == Card.objects.get()
    assert office.post(part(payment, "confirmed")).status_code == 200


def test_a_question_that_is_still_open_stays_and_does_not_ask_by_itself(
    office: Client, order: Order, gateway: Gateway
) -> None:
    payment = waiting(office, order, gateway)
    answer = office.post(part(payment, "confirmed"))
    assert "HX-Refresh" not in answer
    assert "data-bank-question" in answer.content.decode()
    assert "data-ask-now" not in answer.content.decode()


def test_whoever_says_that_they_confirmed_has_paid_nothing_by_it(
    office: Client, order: Order, gateway: Gateway
) -> None:
    payment = waiting(office, order, gateway)
    office.post(part(payment, "confirmed"))
    payment.refresh_from_db()
    assert (payment.status, payment.amount_captured) == (Status.REQUIRES_ACTION, 0)


def test_who_failed_is_asked_again_and_pays_once(office: Client, order: Order, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway)
    answer_bank(payment, passed=False)
    answer = office.post(part(payment, "confirmed")).content.decode()
    assert "can still try again" in answer
    assert "data-ask-now" not in office.get(f"{page(order)}?payment={payment.pk}").content.decode()
    assert office.post(part(payment, "secret")).json()["client_secret"]
    payment.refresh_from_db()
    assert (payment.authentication_failed, payment.decline_code) == (False, "")
    answer_bank(payment, passed=True)
    assert "Captured" in office.post(part(payment, "confirmed")).content.decode()
    assert len(charges_of(payment)) == 1


def test_a_question_of_a_payment_that_is_given_up_is_not_asked(office: Client, order: Order, gateway: Gateway) -> None:
    payment = waiting(office, order, gateway)
    Payment.objects.filter(pk=payment.pk).update(void_asked_at=clock.now())
    assert "is being voided" in office.post(part(payment, "secret")).json()["problem"]


def test_where_the_page_cannot_ask_the_cardholder_is_sent_to_the_bank_again(
    office: Client, order: Order, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateways.stripe_js.uses_local_stripe", lambda: True)
    enter(office, order, gateway, "", method=f"test:{CHALLENGED}")
    payment = Payment.objects.get()
    submit(payment.pk)
    payment.refresh_from_db()
    before = payment.action_url
    answer_bank(payment, passed=False)
    assert "Ask the bank again" in office.post(part(payment, "confirmed")).content.decode()
    answer = office.post(part(payment, "again"))
    payment.refresh_from_db()
    assert answer["Location"] == payment.action_url != before
    answer_bank(payment, passed=True)
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now())
    reconcile(payment.pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED


def test_asking_again_in_vain_says_so(
    office: Client, order: Order, gateway: Gateway, local_stripe: LocalStripe
) -> None:
    payment = waiting(office, order, gateway)
    local_stripe.faults.add(Fault("error", path="/v1/payment_intents/*"))
    answer = office.post(part(payment, "again"), follow=True)
    assert "Stripe did not answer" in answer.content.decode()


# --- no client secret anywhere else -----------------------------------------------------------------------------


def everything_kept() -> str:
    kept = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'select * from "{table}"')  # noqa: S608  the names come from the database itself
            kept += [str(row) for row in cursor.fetchall()]
    return "\n".join(kept)


def test_no_client_secret_is_in_the_database_the_log_or_a_page(
    office: Client, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = make_gateway("own_form", public_key="pk_test_own_form_1", webhook=True)
    payment = waiting(office, order, gateway, save_card="on")
    secret = office.post(part(payment, "secret")).json()["client_secret"]
    assert secret in {one["client_secret"] for one in all_intents()}
    answer_bank(payment, passed=True)
    office.post(part(payment, "confirmed"))
    assert deliver(Client()) != []
    pages = [page(order), f"{page(order)}?payment={payment.pk}", f"/admin/payments/payment/{payment.pk}/change/"]
    shown = "".join(office.get(address).content.decode() for address in pages)
    for place, text in [("page", shown), ("log", caplog.text), ("database", everything_kept())]:
        assert secret not in text, place
        assert not re.search(r"(?<!src_client)_secret_[A-Za-z0-9]{8}", text), place


def test_the_customer_of_one_order_is_not_offered_anothers_card(office: Client, gateway: Gateway) -> None:
    stranger: Customer = make_customer()
    card = make_card(stranger, gateway)
    order = make_order()
    assert f'value="card:{card.pk}"' not in office.get(page(order)).content.decode()
    assert enter(office, order, gateway, "", method=f"card:{card.pk}").status_code == 400
