"""The clone guard: which database may charge live money from which place."""

import json
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from gateways import installation
from gateways.installation import CannotConfirm, adopt_if_fresh, beat_pulse, confirm, is_confirmed, verdict
from gateways.models import Gateway, Installation
from gateways.place import Memory, database_address, memory_file, recall, remember
from tests.factories import make_gateway
from tests.faults.at_once import at_once
from tests.gateways.refusals import update_is_refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    return tmp_path / "data"


def make_live(**fields: Any) -> Gateway:
    """As the first live gateway of a fresh database comes: its place is known before it is there."""
    gateway = make_gateway(**fields)
    Gateway.objects.filter(pk=gateway.pk).update(mode="live")
    gateway.refresh_from_db()
    return gateway


def test_a_fresh_database_confirms_itself_with_its_first_gateway(data_folder: Path) -> None:
    make_live()
    assert is_confirmed()
    row = Installation.objects.get()
    assert (row.confirmed_by, recall()) == ("the first start", Memory(row.identity, 0))
    assert stat.S_IMODE((data_folder / "installation.json").stat().st_mode) == 0o600


def test_without_a_live_gateway_there_is_nothing_to_guard() -> None:
    Gateway(name="Till", mode="test", currency="USD").save()
    assert is_confirmed()
    assert not Installation.objects.exists()
    assert not memory_file().exists()


def test_a_copy_in_another_place_is_not_confirmed_until_somebody_does(data_folder: Path) -> None:
    make_live()
    shutil.rmtree(data_folder)
    assert (is_confirmed(), "Nothing in DATA_DIR" in verdict().why) == (False, True)
    row = confirm("anna")
    assert is_confirmed()
    assert [past.confirmed_by for past in row.history.all()][:2] == ["anna", "the first start"]


def test_after_a_confirmation_elsewhere_the_old_place_is_the_copy(data_folder: Path, tmp_path: Path) -> None:
    """One database that two places use: the last word counts."""
    make_live()
    shutil.copytree(data_folder, tmp_path / "old")
    confirm("anna")
    shutil.rmtree(data_folder)
    shutil.copytree(tmp_path / "old", data_folder)
    assert verdict().why == "This database was confirmed somewhere else since: it is a copy."


def test_a_copy_with_the_folder_beside_the_first_one_is_known_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    make_live()
    monkeypatch.setattr("gateways.place.database_address", lambda: "postgresql 77 4711")
    assert not is_confirmed()
    confirm("anna")
    monkeypatch.undo()


def test_a_backup_that_is_put_back_in_the_same_place_is_known_by_its_pulse() -> None:
    make_live()
    for _ in range(3):
        beat_pulse()
    assert is_confirmed()
    Installation.objects.update(pulse=1)
    assert verdict().why == "This database is older than it was here before: it was restored from a backup."
    beat_pulse()
    assert not is_confirmed()
    confirm("anna")
    assert (is_confirmed(), Installation.objects.get().pulse) == (True, 4)


def test_a_database_from_before_the_guard_has_to_be_confirmed_once() -> None:
    make_live()
    Installation.objects.all().delete()
    memory_file().unlink()
    assert "never confirmed" in verdict().why
    beat_pulse()
    make_gateway()
    assert not is_confirmed()
    confirm("anna")
    assert is_confirmed()


def test_the_environment_can_name_the_installation_instead_of_the_folder(data_folder: Path, settings: Any) -> None:
    settings.INSTALLATION_ID = "production"
    make_live()
    assert not data_folder.exists()
    assert is_confirmed()
    settings.INSTALLATION_ID = "staging"
    assert verdict().why.startswith("INSTALLATION_ID is not the one")
    confirm("anna")
    assert (is_confirmed(), Installation.objects.get().identity) == (True, "staging")
    settings.INSTALLATION_ID = "production"
    assert not is_confirmed()


def test_a_named_installation_knows_an_older_backup_too(settings: Any) -> None:
    settings.INSTALLATION_ID = "production"
    make_live()
    beat_pulse()
    Installation.objects.update(pulse=0)
    assert "restored from a backup" in verdict().why


def test_a_folder_that_cannot_be_written_confirms_nothing_and_says_what_to_do(data_folder: Path, settings: Any) -> None:
    make_live()
    shutil.rmtree(data_folder)
    data_folder.write_text("no folder")
    identity = Installation.objects.get().identity
    with pytest.raises(CannotConfirm, match="set INSTALLATION_ID"):
        confirm("anna")
    assert (is_confirmed(), Installation.objects.get().identity) == (False, identity)
    settings.INSTALLATION_ID = "production"
    confirm("anna")
    assert is_confirmed()


def test_a_fresh_database_in_a_folder_that_cannot_be_written_goes_on_and_is_not_confirmed(data_folder: Path) -> None:
    data_folder.write_text("no folder")
    make_live()
    beat_pulse()
    assert not is_confirmed()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', "null", "\x00"])
def test_a_file_that_cannot_be_read_is_no_confirmation(data_folder: Path, content: str) -> None:
    make_live()
    (data_folder / "installation.json").write_text(content)
    assert not is_confirmed()


def test_a_broken_entry_is_no_confirmation(data_folder: Path) -> None:
    make_live()
    for entry in ({"identity": "x"}, ["x"], "x", {"identity": "x", "pulse": "y"}):
        (data_folder / "installation.json").write_text(json.dumps({database_address(): entry}))
        assert not is_confirmed()


def test_the_databases_of_one_folder_are_remembered_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(Memory("one", 1))
    monkeypatch.setattr("gateways.place.database_address", lambda: "another")
    assert recall() is None
    remember(Memory("two", 2))
    monkeypatch.undo()
    assert recall() == Memory("one", 1)


def test_a_pulse_never_goes_back_at_its_place() -> None:
    for pulse in (5, 3):
        remember(Memory("one", pulse))
    assert recall() == Memory("one", 5)
    remember(Memory("two", 0))
    assert recall() == Memory("two", 0)


def test_processes_that_start_at_once_agree_on_one_identity() -> None:
    at_once(6, lambda _: adopt_if_fresh())
    row = Installation.objects.get()
    assert recall() == Memory(row.identity, 0)


def test_pulses_at_once_are_all_counted() -> None:
    make_live()
    at_once(6, lambda _: beat_pulse())
    assert (Installation.objects.get().pulse, recall()) == (6, Memory(Installation.objects.get().identity, 6))
    assert is_confirmed()


def test_the_address_of_a_database_holds_no_password() -> None:
    address = database_address()
    assert str(connection.settings_dict.get("PASSWORD") or "no password here") not in address
    assert address.startswith(connection.vendor)


def test_a_confirmation_is_believed_for_some_seconds_and_a_refusal_never(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_live()
    monkeypatch.setattr(installation, "CACHE_SECONDS", 0.5)
    assert is_confirmed()
    with django_assert_num_queries(0):
        assert is_confirmed()
    (data_folder / "installation.json").unlink()
    time.sleep(0.6)
    assert not is_confirmed()
    confirm("anna")
    assert is_confirmed()


@pytest.mark.parametrize(
    ("name", "fields"), [("installation_is_one", {"id": 2}), ("installation_has_an_identity", {"identity": ""})]
)
def test_the_database_keeps_one_installation_with_an_identity(name: str, fields: dict[str, object]) -> None:
    make_live()
    update_is_refused(Installation.objects.get(), name, **fields)
