from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("MIDWAY_TRIAL", raising=False)
    return "MIDWAY_TRIAL"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", True), ("true", True), (" YES ", True), ("1", True), ("on", True), ("false", False), ("0", False)],
)
def test_a_flag_is_read(variable: str, monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv(variable, value)
    assert env.flag(variable, default=True) is expected


def test_a_flag_that_is_no_flag_says_what_to_write(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "maybe")
    with pytest.raises(ImproperlyConfigured, match="MIDWAY_TRIAL is 'maybe': write true or false"):
        env.flag(variable, default=True)


def test_a_number_is_read_or_its_default_taken(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.number(variable, 7) == 7
    monkeypatch.setenv(variable, " 12 ")
    assert env.number(variable, 7) == 12


@pytest.mark.parametrize("value", ["-1", "1.5", "ten", "0"])
def test_a_number_out_of_range_says_what_to_write(variable: str, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ImproperlyConfigured, match=r"MIDWAY_TRIAL is .*: write a whole number of 1 or more"):
        env.number(variable, 7, at_least=1)


def test_a_needed_text_says_how_to_get_it(variable: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"MIDWAY_TRIAL is not set\. Run `make setup`"):
        env.text(variable)


def test_names_are_split_and_trimmed(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "a, b ,,c")
    assert env.names(variable, []) == ["a", "b", "c"]


@pytest.mark.parametrize("value", ["ftp://example.com", "example.com", "https://"])
def test_an_address_of_another_kind_is_refused(variable: str, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ImproperlyConfigured, match="MIDWAY_TRIAL does not start like an address"):
        env.url(variable, "http://localhost", schemes=("http", "https"))


def test_a_refused_address_is_not_repeated_because_it_may_hold_a_password(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "mysql://user:hunter2@host/name")
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.database(variable, "sqlite:///x")
    assert "hunter2" not in str(refusal.value)


def test_a_database_without_a_readable_port_is_refused(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "postgres://user:secret@host:port/name")
    with pytest.raises(ImproperlyConfigured, match="MIDWAY_TRIAL cannot be read"):
        env.database(variable, "sqlite:///x")


def test_fernet_keys_are_checked_one_by_one(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Fernet.generate_key().decode()
    monkeypatch.setenv(variable, f"{good},{good}")
    assert env.fernet_keys(variable) == [good, good]
    monkeypatch.setenv(variable, f"{good},short")
    with pytest.raises(ImproperlyConfigured, match="MIDWAY_TRIAL: key 2 is no Fernet key"):
        env.fernet_keys(variable)


def test_a_file_fills_in_what_the_environment_leaves_out(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    monkeypatch.setenv("MIDWAY_TRIAL_GIVEN", "environment")
    monkeypatch.setenv(variable, "")  # so that monkeypatch takes away what the file sets
    monkeypatch.delenv(variable)
    file.write_text(f"{variable}=file\nMIDWAY_TRIAL_GIVEN=file\n")
    env.read_file(file)
    assert (env.text(variable), env.text("MIDWAY_TRIAL_GIVEN")) == ("file", "environment")


def test_without_a_mail_address_mails_go_nowhere(variable: str) -> None:
    assert str(env.mail(variable)["EMAIL_BACKEND"]).endswith("dummy.EmailBackend")


def test_a_mail_folder_is_absolute_and_a_mail_server_has_its_port(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "filemail:///var/mail")
    assert env.mail(variable)["EMAIL_FILE_PATH"] == "/var/mail"
    monkeypatch.setenv(variable, "smtp+tls://me:secret@mail.shop.test:587")
    found = env.mail(variable)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.shop.test", 587, True)


def test_a_mail_address_that_is_none_says_what_to_write(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "mail.shop.test")
    with pytest.raises(ImproperlyConfigured, match=r"smtp://"):
        env.mail(variable)
