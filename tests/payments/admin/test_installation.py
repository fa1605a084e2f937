"""The clone guard in the admin and for a shell: a banner for everybody, a page for administrators."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from gateways.installation import is_confirmed
from gateways.models import Gateway
from payments.models import Payment
from tests.factories import make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/gateways/installation/"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def copy(data_folder: Path) -> None:
    """A live payment of 42.00 waits, and the place knows nothing of the database."""
    payment = make_payment(make_order(total=4_200), make_gateway(name="Northwind"))
    Gateway.objects.filter(pk=payment.gateway_id).update(mode="live")
    Payment.objects.filter(pk=payment.pk).update(mode="live")
    (data_folder / "installation.json").unlink()


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def clerk(client: Client, db: None) -> Client:
    """May do everything that there is a permission for, and is no administrator."""
    user = User.objects.create(username="clerk", password="!", is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_everybody_reads_that_live_charging_is_off(copy: None, office: Client) -> None:
    for address in ("/admin/", "/admin/orders/order/", PAGE):
        assert "Live charging is off. Nothing in DATA_DIR says" in text(office.get(address))
    assert PAGE in office.get("/admin/").content.decode()


def test_others_than_administrators_are_sent_to_one(copy: None, clerk: Client) -> None:
    html = clerk.get("/admin/")
    assert "An administrator has to confirm this installation." in text(html)
    assert PAGE not in html.content.decode()
    assert clerk.get(PAGE).status_code == 403
    assert clerk.post(PAGE, {"confirmed": "on"}).status_code == 403
    assert not is_confirmed()


def test_the_page_tells_what_a_confirmation_charges(copy: None, office: Client) -> None:
    told = text(office.get(PAGE))
    assert re.search(r"Northwind 1 \$42\.00", told)
    assert "No subscription on a live gateway is due" in told
    assert not is_confirmed()


def test_it_is_confirmed_with_a_tick(copy: None, office: Client) -> None:
    answer = office.post(PAGE, {})
    assert (answer.status_code, "Tick this first" in text(answer), is_confirmed()) == (400, True, False)
    assert office.post(PAGE, {"confirmed": "on"})["Location"] == PAGE
    assert is_confirmed()
    told = text(office.get(PAGE))
    assert "Confirmed: live money may be charged from here" in told
    assert "Live charging is off" not in told


def test_a_folder_that_cannot_be_written_is_told(copy: None, office: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file"
    office.post(PAGE, {"confirmed": "on"})
    assert "cannot be written" in text(office.get(PAGE))
    assert not is_confirmed()


def test_the_page_of_a_confirmed_installation_has_nothing_to_press(office: Client) -> None:
    make_gateway()
    assert "May this one charge?" not in text(office.get(PAGE))


def told_by(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    call_command("confirm_installation", "--json", *options)
    told: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return told


def test_the_command_tells_and_then_confirms(copy: None, capsys: pytest.CaptureFixture[str]) -> None:
    dry = told_by(capsys, "--dry-run")
    assert (dry["confirmed"], dry["was_confirmed"], dry["live_gateways"]) == (False, False, ["Northwind"])
    assert dry["waiting"] == [{"gateway": "Northwind", "mode": "live", "currency": "USD", "count": 1, "amount": 4_200}]
    assert not is_confirmed()
    assert told_by(capsys)["confirmed"]
    assert is_confirmed()
    assert told_by(capsys, "--dry-run")["was_confirmed"]


def test_the_command_says_what_stands_in_the_way(copy: None, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file"
    with pytest.raises(CommandError, match="set INSTALLATION_ID"):
        call_command("confirm_installation")
