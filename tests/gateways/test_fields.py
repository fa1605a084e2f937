"""Secrets are ciphertext in the database, and hurt nobody who does not need them."""

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from gateways.fields import DecryptionError, Token, validate_currency
from gateways.models import SECRETS, Gateway
from payments.models import Payment, Status
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from tests.factories import make_card, make_customer, make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db

SECRET_KEY, SIGNING_SECRET, PREVIOUS = "sk_test_shop_MUSTNEVERBESHOWN1", "whsec_MUSTNEVERBESHOWN2", "whsec_MUSTNEVER3"


@pytest.fixture
def gateway() -> Gateway:
    row = make_gateway("shop")
    row.secret_key, row.signing_secret, row.previous_signing_secret = SECRET_KEY, SIGNING_SECRET, PREVIOUS
    row.save()
    return row


def stored(gateway: Gateway) -> dict[str, str]:
    """The columns as they are in the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(SECRETS)} from gateways_gateway where id = %s", [gateway.pk])  # noqa: S608
        return dict(zip(SECRETS, cursor.fetchone(), strict=True))


def put(gateway: Gateway, column: str, text: str) -> None:
    """Write a column past every field of ours."""
    with connection.cursor() as cursor:
        cursor.execute(f"update gateways_gateway set {column} = %s where id = %s", [text, gateway.pk])  # noqa: S608


def fresh(gateway: Gateway) -> Gateway:
    return Gateway.objects.get(pk=gateway.pk)


def lose_the_key(settings: Settings) -> None:
    settings.FERNET_KEYS = [Fernet.generate_key().decode()]


def test_the_database_holds_ciphertext_only(gateway: Gateway) -> None:
    columns = stored(gateway)
    assert all(text.startswith("gAAAA") for text in columns.values())
    assert not any(secret in text for secret in (SECRET_KEY, SIGNING_SECRET, PREVIOUS) for text in columns.values())


def test_a_secret_is_decrypted_when_it_is_read(gateway: Gateway) -> None:
    row = fresh(gateway)
    assert (row.secret_key, row.signing_secret, row.previous_signing_secret) == (SECRET_KEY, SIGNING_SECRET, PREVIOUS)
    assert row.secret_key == SECRET_KEY  # a second time, too


def test_an_empty_secret_stays_empty(gateway: Gateway) -> None:
    gateway.signing_secret = ""
    gateway.save()
    assert stored(gateway)["signing_secret"] == ""
    assert fresh(gateway).signing_secret == ""


def test_the_same_secret_is_never_the_same_ciphertext(gateway: Gateway) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(signing_secret=PREVIOUS)
    columns = stored(gateway)
    assert columns["signing_secret"] != columns["previous_signing_secret"]


def test_a_row_that_was_read_and_saved_keeps_its_ciphertext(gateway: Gateway) -> None:
    before = stored(gateway)
    row = fresh(gateway)
    row.name = "Renamed"
    row.save()
    assert stored(gateway) == before


def test_update_encrypts(gateway: Gateway) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(secret_key="sk_test_shop_other")
    assert stored(gateway)["secret_key"].startswith("gAAAA")
    assert fresh(gateway).secret_key == "sk_test_shop_other"


def test_bulk_update_of_another_field_leaves_secrets_alone(gateway: Gateway) -> None:
    before, row = stored(gateway), fresh(gateway)
    row.descriptor = "SHOP"
    Gateway.objects.bulk_update([row], ["descriptor"])
    assert stored(gateway) == before


@pytest.mark.parametrize("read_first", [True, False])
def test_bulk_update_of_secrets_keeps_them_readable(gateway: Gateway, read_first: bool) -> None:
    row = fresh(gateway)
    if read_first:
        assert row.secret_key == SECRET_KEY
    row.signing_secret = "whsec_new"
    Gateway.objects.bulk_update([row], ["secret_key", "signing_secret"])
    assert stored(gateway)["signing_secret"].startswith("gAAAA")
    assert (fresh(gateway).secret_key, fresh(gateway).signing_secret) == (SECRET_KEY, "whsec_new")


@pytest.mark.parametrize("read_first", [True, False])
def test_bulk_create_encrypts_once(gateway: Gateway, read_first: bool) -> None:
    copy = fresh(gateway)
    if read_first:
        assert copy.secret_key == SECRET_KEY
    copy.pk, copy.name, copy.slug, copy.is_default = None, "Copy", "copy", False
    Gateway.objects.bulk_create([copy])
    made = Gateway.objects.get(name="Copy")
    assert stored(made)["secret_key"].startswith("gAAAA")
    assert (made.secret_key, made.signing_secret) == (SECRET_KEY, SIGNING_SECRET)


def test_a_deferred_secret_is_kept_and_fetched_when_it_is_read(gateway: Gateway) -> None:
    before = stored(gateway)
    row = Gateway.objects.defer(*SECRETS).get(pk=gateway.pk)
    row.name = "Renamed"
    row.save()
    assert stored(gateway) == before
    assert row.secret_key == SECRET_KEY


def test_refreshing_a_row_brings_the_secret_of_now(gateway: Gateway) -> None:
    row = fresh(gateway)
    Gateway.objects.filter(pk=gateway.pk).update(secret_key="sk_test_shop_other")
    row.refresh_from_db()
    assert row.secret_key == "sk_test_shop_other"


def test_the_first_key_encrypts_and_all_decrypt(gateway: Gateway, settings: Settings) -> None:
    new = Fernet.generate_key().decode()
    settings.FERNET_KEYS = [new, *settings.FERNET_KEYS]
    Gateway.objects.filter(pk=gateway.pk).update(signing_secret="whsec_new")
    assert fresh(gateway).secret_key == SECRET_KEY
    assert Fernet(new).decrypt(stored(gateway)["signing_secret"].encode()) == b"whsec_new"


def test_after_rotation_the_old_key_alone_no_longer_opens_what_is_new(gateway: Gateway, settings: Settings) -> None:
    old = settings.FERNET_KEYS
    settings.FERNET_KEYS = [Fernet.generate_key().decode(), *old]
    Gateway.objects.filter(pk=gateway.pk).update(signing_secret="whsec_new")
    settings.FERNET_KEYS = old
    assert fresh(gateway).secret_key == SECRET_KEY
    with pytest.raises(DecryptionError):
        _ = fresh(gateway).signing_secret


def test_a_lost_key_is_told_with_the_remedy_when_the_secret_is_read(gateway: Gateway, settings: Settings) -> None:
    lose_the_key(settings)
    row = fresh(gateway)
    with pytest.raises(DecryptionError) as error:
        _ = row.secret_key
    assert str(error.value) == (
        "Gateway secret key: no key in FERNET_KEYS opens the stored value. "
        "Add the key that was in use when it was saved, after the newest one."
    )


def test_a_lost_key_brought_back_opens_everything_again(gateway: Gateway, settings: Settings) -> None:
    old = settings.FERNET_KEYS
    lose_the_key(settings)
    fresh(gateway).save()
    settings.FERNET_KEYS = [*settings.FERNET_KEYS, *old]
    assert fresh(gateway).secret_key == SECRET_KEY


def test_without_the_key_other_fields_are_still_saved(gateway: Gateway, settings: Settings) -> None:
    before = stored(gateway)
    lose_the_key(settings)
    row = fresh(gateway)
    row.name = "Renamed"
    row.save()
    row.descriptor = "SHOP"
    row.save(update_fields=["descriptor"])
    Gateway.objects.bulk_update([row], ["descriptor"])
    assert (fresh(gateway).name, fresh(gateway).descriptor, stored(gateway)) == ("Renamed", "SHOP", before)


def test_without_the_key_a_row_is_refreshed(gateway: Gateway, settings: Settings) -> None:
    row = fresh(gateway)
    lose_the_key(settings)
    Gateway.objects.filter(pk=gateway.pk).update(name="Renamed")
    row.refresh_from_db(fields=["name"])
    assert row.name == "Renamed"


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/admin/gateways/gateway/", "/admin/payments/payment/", "/admin/orders/order/"],
)
def test_without_the_key_the_lists_are_shown(gateway: Gateway, settings: Settings, office: Client, path: str) -> None:
    make_payment(gateway=gateway)
    lose_the_key(settings)
    assert office.get(path).status_code == 200


def test_without_the_key_the_gateways_own_page_is_shown(gateway: Gateway, settings: Settings, office: Client) -> None:
    lose_the_key(settings)
    answer = office.get(f"/admin/gateways/gateway/{gateway.pk}/change/")
    assert (answer.status_code, gateway.name in answer.content.decode()) == (200, True)


def test_without_the_key_a_waiting_payment_fails_with_the_remedy_and_others_go_on(
    gateway: Gateway, settings: Settings
) -> None:
    waiting = make_payment(gateway=gateway)
    lose_the_key(settings)
    other = make_payment(gateway=make_gateway(currency="USD"))
    for payment in (waiting, other):
        submit(payment.pk)
        payment.refresh_from_db()
    assert (waiting.status, other.status) == (Status.FAILED, Status.CAPTURED)
    assert "no key in FERNET_KEYS opens the stored value" in waiting.message
    assert fresh(gateway).paused_at is not None


def test_without_the_key_a_payment_is_refused_in_a_sentence(gateway: Gateway, settings: Settings) -> None:
    order = make_order()
    lose_the_key(settings)
    with pytest.raises(PaymentRefused, match="no key in FERNET_KEYS") as refusal:
        make_payment(order, gateway)
    assert refusal.value.field == "gateway"
    assert not Payment.objects.exists()


def test_a_flipped_bit_is_refused_rather_than_read(gateway: Gateway) -> None:
    token = stored(gateway)["secret_key"]
    middle = len(token) // 2
    put(gateway, "secret_key", token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :])
    with pytest.raises(DecryptionError):
        _ = fresh(gateway).secret_key


def test_a_secret_that_was_written_in_the_clear_is_refused_rather_than_used(gateway: Gateway) -> None:
    put(gateway, "secret_key", SECRET_KEY)
    with pytest.raises(DecryptionError) as error:
        _ = fresh(gateway).secret_key
    assert SECRET_KEY not in str(error.value)


@pytest.mark.parametrize(
    "lookup", ["", "__exact", "__in", "__contains", "__startswith", "__gt", "__regex", "__lower", "__iexact"]
)
@pytest.mark.parametrize("field", SECRETS)
def test_a_secret_cannot_be_searched_for(field: str, lookup: str) -> None:
    wanted: Any = [SECRET_KEY] if lookup == "__in" else SECRET_KEY
    with pytest.raises(FieldError):
        Gateway.objects.filter(**{f"{field}{lookup}": wanted}).exists()


def test_exports_leave_the_secrets_out(gateway: Gateway) -> None:
    make_card(make_customer(), gateway)
    make_payment(gateway=gateway)
    out = io.StringIO()
    call_command("dumpdata", "gateways", "orders", "payments", stdout=out)
    text = out.getvalue()
    assert gateway.name in text
    assert '"orders.card"' in text
    assert not any(secret in text for secret in ("MUSTNEVER", "gAAAA", *stored(gateway).values()))


def test_no_representation_shows_a_secret(gateway: Gateway) -> None:
    assert gateway.secret_key == SECRET_KEY
    shown = [repr(gateway), str(gateway), repr([gateway]), f"{gateway!r}", repr(gateway.history.all())]
    assert not any(word in text for text in shown for word in ("MUSTNEVER", "sk_test", "whsec"))


def test_history_rows_know_no_secret(gateway: Gateway) -> None:
    columns = {field.name for field in gateway.history.model._meta.get_fields()}
    assert {"name", "monthly_cap", "secret_key_hint"} <= columns
    assert not columns & set(SECRETS)
    gateway.name = "Renamed"
    gateway.save()
    assert "MUSTNEVER" not in str(list(gateway.history.values()))
    assert gateway.history.count() == 3


def test_rows_as_values_are_ciphertext(gateway: Gateway) -> None:
    (token,) = Gateway.objects.values_list("secret_key", flat=True)
    assert isinstance(token, Token)
    assert token == stored(gateway)["secret_key"]


@pytest.mark.parametrize(("code", "fine"), [("USD", True), ("JPY", True), ("usd", False), ("XXX", False), ("", False)])
def test_a_currency_field_takes_what_stripe_charges(code: str, fine: bool) -> None:
    if fine:
        validate_currency(code)
        return
    with pytest.raises(ValidationError, match="is not a currency that Stripe charges"):
        validate_currency(code)


def test_a_deferred_secret_that_is_named_in_a_save_is_not_wiped(gateway: Gateway) -> None:
    Gateway.objects.defer("secret_key").get(pk=gateway.pk).save(update_fields=["secret_key", "name"])
    assert fresh(gateway).secret_key == SECRET_KEY
