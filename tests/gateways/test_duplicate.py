"""One click: everything is copied, the secrets as they are stored."""

import pytest
from django.db import connection
from pytest_django import Settings

from gateways.duplicate import duplicate_gateway
from gateways.errors import GatewayProblem
from gateways.models import Gateway
from payments.models import Status
from payments.services.test_transaction import run_test_transaction
from tests.factories import TESTER, make_card, make_customer, make_gateway
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def stored(gateway: Gateway, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select secret_key, signing_secret from gateways_gateway where id = %s", [gateway.pk])
        return str(dict(zip(("secret_key", "signing_secret"), cursor.fetchone(), strict=True))[column])


def test_a_copy_has_everything_but_is_off_and_marked() -> None:
    gateway = make_gateway(
        webhook=True, name="Shop", is_default=True, moto=True, monthly_cap=5, descriptor_suffix="A1", service_phone="1"
    )
    copy = duplicate_gateway(gateway)
    own = {"id", "slug", "name", "active", "is_default", "created_at", "updated_at", "webhook_reference", "webhook_url"}
    own |= {"signing_secret_proven_at"}
    same = [field.name for field in Gateway._meta.concrete_fields if field.name not in own]
    assert {name: getattr(copy, name) for name in same} == {name: getattr(gateway, name) for name in same}
    assert (copy.name, copy.active, copy.is_default) == ("Shop (copy)", False, False)
    assert (copy.webhook_reference, copy.webhook_url) == ("", "")
    assert copy.slug != gateway.slug
    gateway.refresh_from_db()
    assert gateway.is_default


def test_secrets_are_copied_without_being_opened(settings: Settings) -> None:
    gateway = make_gateway(webhook=True)
    settings.FERNET_KEYS = ["Zmh2dmpKQ0hVbVdCb1d5T3lKTnlQeFZwd2V0dVB2dlY="]  # a key that opens nothing
    copy = duplicate_gateway(gateway)
    for column in ("secret_key", "signing_secret"):
        assert stored(copy, column) == stored(gateway, column) != ""


def test_copies_of_copies_are_counted_and_long_names_cut() -> None:
    gateway = make_gateway(name="Shop")
    names = [duplicate_gateway(gateway).name, duplicate_gateway(duplicate_gateway(gateway)).name]
    assert names == ["Shop (copy)", "Shop (copy 3)"]
    assert duplicate_gateway(make_gateway(name="x" * 80)).name == "x" * 73 + " (copy)"


def test_the_history_tells_whence_it_came() -> None:
    copy = duplicate_gateway(make_gateway(name="Shop"))
    (row,) = copy.history.all()
    assert (row.history_type, row.history_change_reason) == ("+", "Copied from Shop")


def test_many_clicks_at_once_make_copies_of_different_names() -> None:
    gateway = make_gateway(name="Shop")
    names = at_once(6, lambda _: duplicate_gateway(gateway).name)
    assert len(set(names)) == 6


def test_the_originals_cards_work_on_the_copy() -> None:
    gateway = make_gateway()
    card = make_card(make_customer(), gateway)
    copy = duplicate_gateway(gateway)
    Gateway.objects.filter(pk=copy.pk).update(active=True)
    copy.refresh_from_db()
    assert run_test_transaction(copy, 100, card.reference, TESTER).status == Status.CAPTURED


def test_a_legacy_gateway_is_not_copied() -> None:
    gateway = make_gateway()
    Gateway.objects.filter(pk=gateway.pk).update(processor="stripe_v1")
    gateway.refresh_from_db()
    with pytest.raises(GatewayProblem, match="Stripe V2"):
        duplicate_gateway(gateway)
    assert Gateway.objects.count() == 1
