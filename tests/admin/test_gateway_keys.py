"""The gateway's form: keys are written and never read; they are tried before anything is stored."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gateways.models import Gateway, Mode
from gateways.services import Connection, GatewayProblem
from tests.admin import rows
from tests.factories import make_operator

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/gateways/gateway/add/"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def office() -> Client:
    """An operator who knows a password: it is asked for when a secret changes."""
    client = Client()
    user = make_operator()
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Replaces the processor. Tells for each try whether a transaction was open at that moment."""
    tries: list[bool] = []

    def connect(processor_key: str, secret_key: str, public_key: str = "", *, stripe_account: str = "") -> Connection:
        tries.append(connection.in_atomic_block)
        if "REVOKED" in secret_key:
            raise GatewayProblem("secret_key", "Stripe refuses the key. Copy the key again, or make a new one.")
        return Connection("acct_opened", "Opened Shop", "EUR", Mode.TEST)

    monkeypatch.setattr("gateways.trial.connect", connect)
    return tries


def typed(**fields: Any) -> dict[str, Any]:
    return {"name": "Main", "processor": "stripe_v2", "active": "on", "time_zone": "UTC", **fields}


def change(row: Gateway) -> str:
    return reverse("admin:gateways_gateway_change", args=[row.pk])


def test_a_new_gateway_takes_account_mode_and_currency_from_its_key(office: Client, opened: list[bool]) -> None:
    response = office.post(ADD, typed(secret_key=rows.SECRET_KEY, monthly_cap="1,250.50"))
    assert response.status_code == 302
    row = Gateway.objects.get()
    assert (row.account_id, row.account_name, row.mode, row.currency) == ("acct_opened", "Opened Shop", "test", "EUR")
    assert (row.secret_key, row.secret_key_hint) == (rows.SECRET_KEY, "1234")
    assert row.monthly_cap == 125_050


def test_the_key_is_tried_outside_a_transaction(office: Client, opened: list[bool]) -> None:
    office.post(ADD, typed(secret_key=rows.SECRET_KEY))
    assert opened == [False]


def test_a_refused_key_is_told_on_its_field_and_nothing_is_stored(office: Client, opened: list[bool]) -> None:
    response = office.post(ADD, typed(secret_key="sk_test_REVOKED"))
    errors = response.context["adminform"].form.errors
    assert errors["secret_key"] == ["Stripe refuses the key. Copy the key again, or make a new one."]
    assert "REVOKED" not in response.content.decode()
    assert not Gateway.objects.exists()


def test_a_gateway_without_a_key_is_refused(office: Client, opened: list[bool]) -> None:
    response = office.post(ADD, typed(currency="USD"))
    assert response.context["adminform"].form.errors["secret_key"] == ["A gateway needs its secret key."]
    assert opened == []


def test_an_empty_key_keeps_the_old_one(office: Client, opened: list[bool]) -> None:
    row = rows.gateway()
    response = office.post(change(row), typed(name="Renamed", secret_key="", signing_secret="", monthly_cap="75"))
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.monthly_cap) == ("Renamed", 7_500)
    assert (row.secret_key, row.signing_secret) == (rows.SECRET_KEY, rows.SIGNING_SECRET)
    assert opened == []


def test_the_page_tells_only_the_last_four_characters(office: Client) -> None:
    body = office.get(change(rows.gateway())).content.decode()
    assert "•••• 1234" in body
    assert "•••• 5678" in body
    assert "MUSTNEVERBESHOWN" not in body


def test_a_key_that_was_typed_is_not_sent_back_when_another_field_is_wrong(office: Client, opened: list[bool]) -> None:
    response = office.post(ADD, typed(secret_key=rows.SECRET_KEY, monthly_cap="a lot"))
    assert response.status_code == 200
    assert "MUSTNEVERBESHOWN" not in response.content.decode()


def test_a_key_of_another_account_is_refused_on_its_field(office: Client, opened: list[bool]) -> None:
    row = rows.gateway()
    response = office.post(change(row), typed(name=row.name, secret_key="sk_test_OTHER9999", current_password=PASSWORD))
    (problem,) = response.context["adminform"].form.errors["secret_key"]
    assert "Add a new gateway for the other account." in problem
    row.refresh_from_db()
    assert row.secret_key == rows.SECRET_KEY


def test_a_publishable_key_of_the_other_mode_is_refused(office: Client) -> None:
    row = rows.gateway()
    response = office.post(change(row), typed(name=row.name, public_key="pk_live_1"))
    assert "public_key" in response.context["adminform"].form.errors


def test_an_unsigned_looking_signing_secret_is_refused_on_its_field(office: Client) -> None:
    row = rows.gateway()
    response = office.post(change(row), typed(name=row.name, signing_secret="not one", current_password=PASSWORD))
    assert response.context["adminform"].form.errors["signing_secret"]


def test_a_replaced_signing_secret_stays_valid_beside_the_new_one(office: Client) -> None:
    row = rows.gateway()
    office.post(change(row), typed(name=row.name, signing_secret="whsec_new1", current_password=PASSWORD))
    row.refresh_from_db()
    assert (row.signing_secret, row.previous_signing_secret) == ("whsec_new1", rows.SIGNING_SECRET)
    assert row.signing_secret_hint == "new1"


@pytest.mark.parametrize(
    ("field", "text"), [("monthly_cap", "0"), ("minimum_amount", "-5"), ("maximum_amount", "1.005")]
)
def test_a_bad_amount_is_told_on_its_field(office: Client, field: str, text: str) -> None:
    row = rows.gateway()
    response = office.post(change(row), typed(name=row.name, **{field: text}))
    assert list(response.context["adminform"].form.errors) == [field]


def test_gateways_are_not_deleted(office: Client) -> None:
    row = rows.gateway()
    assert office.post(reverse("admin:gateways_gateway_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_the_list_stays_beside_the_form_with_its_filters(office: Client) -> None:
    dollars, euros = rows.gateway(currency="USD"), rows.gateway(currency="EUR")
    assert beside(office, change(dollars)) == [(dollars, False), (euros, False)]
    found = beside(office, change(dollars), _changelist_filters="currency=EUR")
    assert found == [(dollars, True), (euros, False)]


def test_a_search_beside_the_form_keeps_the_selection_and_goes_along(office: Client) -> None:
    first, second = rows.gateway(name="Alpha"), rows.gateway(name="Beta")
    assert beside(office, change(first), q="beta") == [(first, True), (second, False)]
    body = office.get(change(first), {"q": "beta"}).content.decode()
    assert f'href="{change(second)}?_changelist_filters=q%3Dbeta"' in body
    saved = office.post(f"{change(first)}?q=beta", typed(name="Alpha"))
    assert saved["Location"] == f"{change(first)}?_changelist_filters=q%3Dbeta"


def beside(office: Client, address: str, **query: str) -> list[tuple[Gateway, bool]]:
    split = office.get(address, query).context["split"]
    return [(row.gateway, row.outside) for row in split.rows]


@pytest.mark.parametrize("filters", ["nonsense__x=1", "p=none", "currency__bogus=EUR", "%00"])
def test_filters_that_mean_nothing_show_all_gateways(office: Client, filters: str) -> None:
    row = rows.gateway()
    assert beside(office, change(row), _changelist_filters=filters) == [(row, False)]


@pytest.mark.parametrize(
    ("typed_rate", "kept"), [("2.9", 290), ("2.90 %", 290), ("0.25", 25), ("", 0), ("100", 10_000)]
)
def test_rates_are_typed_in_percent(office: Client, typed_rate: str, kept: int) -> None:
    row = rows.gateway()
    costs = {"discount_rate": typed_rate, "transaction_fee": "0.30", "reserve_days": ""}
    assert office.post(change(row), typed(name=row.name, **costs)).status_code == 302
    row.refresh_from_db()
    assert (row.discount_rate, row.transaction_fee, row.reserve_days) == (kept, 30, 0)


@pytest.mark.parametrize("rate", ["101", "-1", "2.905", "much"])
def test_a_bad_rate_is_told_on_its_field(office: Client, rate: str) -> None:
    row = rows.gateway()
    response = office.post(change(row), typed(name=row.name, reserve_rate=rate))
    assert list(response.context["adminform"].form.errors) == ["reserve_rate"]
