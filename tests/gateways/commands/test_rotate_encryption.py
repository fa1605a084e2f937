"""`manage.py rotate_encryption`: every secret under the newest key, whatever happens on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django import Settings

from gateways.fields import DecryptionError
from gateways.models import Gateway
from gateways.reencryption import renew, rows
from gateways.services import store_gateway
from tests.factories import make_gateway
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 240


@pytest.fixture
def new_key(settings: Settings) -> Callable[[], list[str]]:
    """Puts a new key before the old ones; returns all of them."""

    def make() -> list[str]:
        settings.FERNET_KEYS = [Fernet.generate_key().decode(), *settings.FERNET_KEYS]
        return list(settings.FERNET_KEYS)

    return make


def make_many(count: int) -> None:
    model = make_gateway()
    for number in range(count - 1):
        model.pk, model.slug, model.name, model._state.adding = None, f"slug{number}", f"Many {number}", True
        model.save()


def rotate(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any], str]:
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_encryption", "--json", *options)
    out, err = capsys.readouterr()
    return int(str(ended.value)), json.loads(out.splitlines()[-1]), out + err


def opened_by(key: str) -> int:
    """How many stored secrets one key alone opens."""
    with connection.cursor() as cursor:
        cursor.execute("select secret_key from gateways_gateway where secret_key <> ''")
        tokens = [row[0] for row in cursor.fetchall()]
    return sum(1 for token in tokens if _opens(key, token))


def _opens(key: str, token: str) -> bool:
    try:
        Fernet(key).decrypt(token.encode())
    except Exception:
        return False
    return True


def test_every_secret_is_put_under_the_newest_key(
    new_key: Callable[[], list[str]], capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    gateway = make_gateway(webhook=True)
    secrets = (gateway.secret_key, gateway.signing_secret)
    newest = new_key()[0]
    code, told, words = rotate(capsys)
    assert (code, told) == (0, {"gateways": 1, "renewed": 2, "current": 0, "unreadable": [], "dry_run": False})
    settings.FERNET_KEYS = [newest]
    gateway = Gateway.objects.get()
    assert (gateway.secret_key, gateway.signing_secret) == secrets
    assert rotate(capsys)[1]["current"] == 2
    assert not any(secret in words for secret in (*secrets, newest))


def test_a_dry_run_changes_nothing(new_key: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    make_gateway()
    keys = new_key()
    assert rotate(capsys, "--dry-run")[1]["renewed"] == 1
    assert (opened_by(keys[0]), opened_by(keys[1])) == (0, 1)


def test_what_no_key_opens_is_named_and_the_rest_is_done(
    new_key: Callable[[], list[str]], capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    kept = settings.FERNET_KEYS
    settings.FERNET_KEYS = [Fernet.generate_key().decode()]
    lost = make_gateway(name="Lost one")
    settings.FERNET_KEYS = kept
    make_gateway(name="Good one")
    newest = new_key()[0]
    code, told, words = rotate(capsys)
    assert (code, told["renewed"]) == (1, 1)
    assert told["unreadable"] == [{"gateway": "Lost one", "secret": "secret_key"}]
    assert "Lost one: no key in FERNET_KEYS opens its secret key." in words
    assert opened_by(newest) == 1
    with pytest.raises(DecryptionError):
        _ = Gateway.objects.get(pk=lost.pk).secret_key


def test_history_and_times_of_change_are_left_alone(
    new_key: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = make_gateway()
    new_key()
    rotate(capsys)
    again = Gateway.objects.get()
    assert (again.updated_at, again.history.count()) == (gateway.updated_at, gateway.history.count())


def test_killed_in_the_middle_it_goes_on_where_it_was(
    new_key: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    make_many(MANY)
    keys = new_key()
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "rotate_encryption"],
        env=_environment(keys),
        cwd=Path(django_settings.BASE_DIR),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "20 of 240" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    done = opened_by(keys[0])
    assert 20 <= done < MANY
    assert done + opened_by(keys[1]) == MANY, "no row was lost or half written"
    code, told, _ = rotate(capsys)
    assert (code, told["renewed"], told["current"]) == (0, MANY - done, done)
    assert opened_by(keys[0]) == MANY


def _environment(keys: list[str]) -> dict[str, str]:
    where = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{where['NAME']}"
    else:
        user, port = where["USER"], where["PORT"] or 5432
        secret = f":{where['PASSWORD']}" if where["PASSWORD"] else ""
        url = f"postgres://{user}{secret}@{where['HOST']}:{port}/{where['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "FERNET_KEYS": ",".join(keys)}


def test_two_at_once_do_each_row_once(new_key: Callable[[], list[str]]) -> None:
    make_many(30)
    newest = new_key()[0]

    def go_through(_: int) -> int:
        found = [renew(secrets, pk) for secrets, pk in rows()]
        return sum(len(row.renewed) for row in found if row)

    assert sum(at_once(2, go_through)) == 30
    assert opened_by(newest) == 30


def test_a_secret_that_is_saved_meanwhile_is_never_written_over(new_key: Callable[[], list[str]]) -> None:
    gateways = [make_gateway(webhook=True) for _ in range(12)]
    newest = new_key()[0]

    def work(number: int) -> None:
        if number == 0:
            for secrets, pk in rows():
                renew(secrets, pk)
        else:
            for gateway in gateways:
                with transaction.atomic():
                    row = Gateway.objects.select_for_update(of=("self",)).get(pk=gateway.pk)
                    store_gateway(row, signing_secret=f"whsec_newer{gateway.pk}")

    at_once(2, work)
    for secrets, pk in rows():
        renew(secrets, pk)
    assert [row.signing_secret for row in Gateway.objects.order_by("pk")] == [
        f"whsec_newer{one.pk}" for one in gateways
    ]
    assert opened_by(newest) == 12


def test_a_gateway_that_was_open_in_a_form_is_looked_at_again(
    new_key: Callable[[], list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = make_gateway()
    stale = Gateway.objects.get(pk=gateway.pk)
    newest = new_key()[0]
    command = "gateways.management.commands.rotate_encryption.renew"

    def renew_and_save_the_form(*args: Any, **options: Any) -> Any:
        row = renew(*args, **options)
        if stale.name != "Saved":
            stale.name = "Saved"
            stale.save()
        return row

    monkeypatch.setattr(command, renew_and_save_the_form)
    assert rotate(capsys)[1]["renewed"] == 2
    assert opened_by(newest) == 1
