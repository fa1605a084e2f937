"""What the gateway's form refuses, each on its field with the remedy, and what it does not save."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from gateways.models import Gateway
from tests.admin import rows
from tests.admin.pages import inline_code
from tests.factories import make_gateway, make_operator

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/gateways/gateway/add/"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def office() -> Client:
    client = Client()
    user = make_operator()
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def typed(**fields: Any) -> dict[str, Any]:
    return {"name": "Main", "processor": "stripe_v2", "active": "on", "time_zone": "UTC", **fields}


def page(row: Gateway, name: str = "change") -> str:
    return reverse(f"admin:gateways_gateway_{name}", args=[row.pk])


def errors_of(office: Client, address: str, **fields: Any) -> dict[str, list[str]]:
    response = office.post(address, typed(**fields))
    assert response.status_code == 200, response.headers
    return dict(response.context["adminform"].form.errors)


def test_a_new_gateway_of_the_legacy_type_is_refused_with_the_reason(office: Client) -> None:
    errors = errors_of(office, ADD, processor="stripe_v1", secret_key="sk_test_old_1")
    assert "do not create new ones, use Stripe V2" in errors["processor"][0]
    assert not Gateway.objects.exists()


def test_the_legacy_type_opens_and_saves_where_it_is(office: Client) -> None:
    row = rows.gateway(processor="stripe_v1")
    body = office.get(page(row)).content.decode()
    assert "Username (live secret key)" in body
    assert "Not needed any longer" in body
    assert "Handle card information directly" in body
    saved = office.post(page(row), typed(name="Old", processor="stripe_v1", create_customer="on"))
    assert saved.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.create_customer) == ("Old", True)


def test_fields_of_another_type_are_not_saved_and_do_not_stand_in_the_way(office: Client) -> None:
    foreign = {"descriptor_suffix": "12345", "send_radar_sessions": "on", "discount_rate": "much", "mid": "kept"}
    cash = typed(processor="offline", currency="USD", wanted_mode="test", secret_key="sk_test_1", **foreign)
    assert office.post(ADD, cash).status_code == 302
    row = Gateway.objects.get()
    assert (row.descriptor_suffix, row.send_radar_sessions, row.discount_rate, row.mid) == ("", False, 0, "")
    assert (row.mode, row.secret_key, row.secret_key_hint) == ("test", "", "")


def test_money_without_a_processor_needs_a_currency_and_is_live_unless_told_otherwise(office: Client) -> None:
    assert "currency" in errors_of(office, ADD, processor="offline")
    office.post(ADD, typed(processor="offline", currency="eur"))
    assert (Gateway.objects.get().mode, Gateway.objects.get().currency) == ("live", "EUR")


def test_two_keys_of_different_modes_are_refused(office: Client) -> None:
    errors = errors_of(office, ADD, secret_key="sk_test_shop_1", public_key="pk_live_shop_1")
    assert "copy both from the same page" in errors["public_key"][0]


def test_two_keys_of_different_accounts_are_refused(office: Client) -> None:
    errors = errors_of(office, ADD, secret_key="sk_test_shopa_1", public_key="pk_test_shopb_1")
    assert "not of the account" in errors["public_key"][0]
    assert not Gateway.objects.exists()


def test_a_new_publishable_key_is_held_against_the_kept_secret_one(office: Client) -> None:
    row = make_gateway("shopa")
    errors = errors_of(office, page(row), name=row.name, public_key="pk_test_shopb_1")
    assert "not of the account" in errors["public_key"][0]


@pytest.mark.parametrize("mid", ["", "12345", "acct_"])
def test_a_connected_account_needs_its_number(office: Client, mid: str) -> None:
    row = rows.gateway()
    errors = errors_of(office, page(row), name=row.name, connected_account="on", mid=mid)
    assert "needs its account number" in errors["mid"][0]


def test_radar_sessions_need_the_publishable_key(office: Client) -> None:
    row = rows.gateway()
    errors = errors_of(office, page(row), name=row.name, send_radar_sessions="on")
    assert list(errors) == ["public_key"]
    assert "Radar sessions need the publishable key" in errors["public_key"][0]


@pytest.mark.parametrize(
    ("suffix", "words"),
    [("12345", "one letter"), ("SALE*", "leave them out"), ("A" * 19, "shorten it"), ("CAFÉ", "without accents")],
)
def test_a_suffix_that_may_not_stand_on_a_statement_is_refused(office: Client, suffix: str, words: str) -> None:
    row = rows.gateway()
    assert words in errors_of(office, page(row), name=row.name, descriptor_suffix=suffix)["descriptor_suffix"][0]


def test_a_suffix_leaves_room_for_the_known_prefix(office: Client) -> None:
    row = rows.gateway(descriptor_prefix="LONGPREFIX")
    errors = errors_of(office, page(row), name=row.name, descriptor_suffix="SPRING SALE")
    assert "beside the prefix LONGPREFIX" in errors["descriptor_suffix"][0]


@pytest.mark.parametrize(("currency", "least"), [("USD", "0.49"), ("JPY", "49"), ("SEK", "2.99")])
def test_a_minimum_below_the_currencys_own_is_refused(office: Client, currency: str, least: str) -> None:
    row = rows.gateway(currency=currency)
    errors = errors_of(office, page(row), name=row.name, minimum_amount=least)
    assert "takes no payment below" in errors["minimum_amount"][0]


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_secret_is_not_changed_without_the_operators_password(office: Client, password: str) -> None:
    row = rows.gateway()
    fields = {"name": "Renamed", "signing_secret": "whsec_new1", "current_password": password}
    assert list(errors_of(office, page(row), **fields)) == ["current_password"]
    row.refresh_from_db()
    assert (row.name == "Renamed", row.signing_secret) == (False, rows.SIGNING_SECRET)


def test_the_history_tells_who_changed_which_secret_and_never_the_secret(office: Client) -> None:
    row = rows.gateway()
    office.post(page(row), typed(name=row.name, signing_secret="whsec_freshNEVER", current_password=PASSWORD))
    body = office.get(page(row, "history")).content.decode()
    assert "Signing secret" in body
    assert "NEVER" not in body
    assert PASSWORD not in body
    newest = row.history.first()
    assert newest.history_change_reason == "Replaced: signing secret"
    assert newest.history_user is not None


def test_a_lost_encryption_key_is_told_on_its_gateway_and_the_others_work(office: Client) -> None:
    broken, well = rows.gateway(), rows.gateway()
    Gateway.objects.filter(pk=broken.pk).update(name="Broken")
    with connection.cursor() as cursor:
        cursor.execute("update gateways_gateway set secret_key = 'gAAAAAnonsense' where id = %s", [broken.pk])
    assert "cannot be read" in office.get(page(broken)).content.decode()
    assert "cannot be read" not in office.get(page(well)).content.decode()
    assert office.get("/admin/gateways/gateway/").status_code == 200
    assert office.get(page(broken, "test")).status_code == 200


def test_buttons_of_a_gateway_want_a_post_and_the_permission(office: Client, client: Client) -> None:
    row = rows.gateway()
    for name in ("duplicate", "activate", "webhook", "go_live"):
        assert office.get(page(row, name)).status_code == 302
        assert "/admin/login/" in client.post(page(row, name))["Location"]
    assert Gateway.objects.count() == 1
    clerk = make_operator()
    clerk.is_superuser = False
    clerk.save()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    for name in ("duplicate", "activate", "deactivate", "webhook", "go_live", "test"):
        assert client.post(page(row, name)).status_code in {403, 404}, name


def test_a_webhook_that_cannot_be_registered_says_what_to_paste(office: Client, settings: Any) -> None:
    settings.PUBLIC_URL, settings.STRIPE_SESSION_FACTORY = "http://localhost:8000", ""
    row = rows.gateway()
    body = office.post(page(row, "webhook"), follow=True).content.decode()
    assert "The webhook was not registered." in body
    assert "charge.dispute.funds_withdrawn" in body


def test_a_live_gateway_asks_for_a_saved_card_and_a_tick(office: Client) -> None:
    row = rows.gateway(mode="live")
    response = office.get(page(row, "test"))
    token = response.context["form"]["form_token"].value()
    assert inline_code(response.content.decode()) == []
    typed_test = {"form_token": token, "amount": "1.00", "capture": "now", "card": "4000"}
    errors = office.post(page(row, "test"), typed_test).context["form"].errors
    assert errors["confirmed"] == ["Tick this first: a live gateway charges real money."]
    refused = office.post(page(row, "test"), {**typed_test, "card": "pm_card_visa", "confirmed": "on"})
    assert "takes real cards only" in refused.context["form"].errors["card"][0]


def test_a_gateway_that_is_off_is_refused_a_test_transaction(office: Client) -> None:
    row = make_gateway(active=False)
    token = office.get(page(row, "test")).context["form"]["form_token"].value()
    sent = {"form_token": token, "amount": "1.00", "capture": "now", "card": "pm_card_visa"}
    response = office.post(page(row, "test"), sent)
    assert response.status_code == 400
    assert response.context["form"].errors


def test_the_same_test_form_twice_charges_once(office: Client) -> None:
    row = make_gateway()
    token = office.get(page(row, "test")).context["form"]["form_token"].value()
    sent = {"form_token": token, "amount": "1.00", "capture": "hold", "card": "pm_card_visa"}
    first = office.post(page(row, "test"), sent)
    assert "Authorized" in office.get(first["Location"]).content.decode()
    again = office.post(page(row, "test"), sent, follow=True).content.decode()
    assert "nothing was charged again" in again
    assert row.payments.count() == 1


def test_who_may_only_look_sees_the_page_without_buttons(client: Client) -> None:
    clerk = User.objects.create_user("clerk", password=PASSWORD, is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_gateway"))
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    row = rows.gateway()
    body = client.get(page(row)).content.decode()
    assert row.name in body
    assert not [word for word in ("Duplicate", "Deactivate", "Run the go-live", "Register webhook<") if word in body]
    assert "MUSTNEVERBESHOWN" not in body


def test_the_go_live_check_runs_without_a_script(office: Client) -> None:
    row = make_gateway()
    assert "Never run" in office.get(page(row)).content.decode()
    body = office.post(page(row, "go_live"), follow=True).content.decode()
    assert "has run" in body
    assert "The key works" in body
