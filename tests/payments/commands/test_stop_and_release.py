"""`manage.py stop_charging` and `release_charging`: exit codes, the dry run, the line for machines."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from payments.models import ChargeStop, Status
from payments.services.stops import active_stops, is_stopped
from tests.factories import make_campaign, make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db(transaction=True)


def refused(command: str, *options: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as wrong:
        call_command(command, *options)
    return wrong.value.returncode, str(wrong.value)


def released(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    call_command("release_charging", "--json", *options)
    told: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return told


def test_everything_is_stopped_and_what_is_held_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    make_payment(make_order(total=4_200))
    call_command("stop_charging", "--reason", "Wrong prices")
    told = capsys.readouterr().out
    assert "Charging of everything is stopped." in told
    assert "1 payment of 42.00 USD held, test mode" in told
    (stop,) = active_stops()
    assert (stop.started_by, stop.reason) == ("manage.py stop_charging", "Wrong prices")


def test_one_campaign_or_one_gateway_is_stopped_by_its_name() -> None:
    campaign, gateway = make_campaign(name="Summer Glow"), make_gateway(name="Northwind")
    call_command("stop_charging", "--campaign", "summer glow", "--reason", "Wrong prices")
    assert (is_stopped(campaign.pk, gateway.pk), is_stopped(None, gateway.pk)) == (True, False)
    call_command("stop_charging", "--gateway", "Northwind", "--reason", "Wrong key")
    assert is_stopped(None, gateway.pk)


def test_the_dry_run_tells_what_would_be_charged_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    payment = make_payment(make_order(total=4_200), make_gateway(name="Northwind"))
    call_command("stop_charging", "--reason", "Wrong prices")
    told = released(capsys, "--dry-run")
    assert told == {
        "scope": "everything",
        "what": "everything",
        "released": False,
        "count": 1,
        "totals": [{"mode": "test", "currency": "USD", "count": 1, "amount": 4_200}],
        "gateways": [{"gateway": "Northwind", "mode": "test", "currency": "USD", "count": 1, "amount": 4_200}],
        "still_held": 0,
        "rebills": [],
    }
    payment.refresh_from_db()
    assert (payment.status, len(active_stops())) == (Status.PENDING, 1)


def test_a_release_tells_what_it_charges(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr("payments.tasks.charge_payment.delay", sent.append)
    payment = make_payment()
    call_command("stop_charging", "--reason", "Wrong prices")
    told = released(capsys)
    assert (told["released"], told["count"], sent) == (True, 1, [payment.pk])
    assert ChargeStop.objects.get().released_by == "manage.py release_charging"


def test_what_another_stop_holds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    payment = make_payment()
    call_command("stop_charging", "--reason", "Wrong prices")
    call_command("stop_charging", "--gateway", payment.gateway.name, "--reason", "Wrong key")
    told = released(capsys)
    assert (told["count"], told["still_held"]) == (0, 1)


def test_what_cannot_be_done_has_an_exit_code_and_a_sentence() -> None:
    make_campaign(name="Summer Glow")
    assert refused("release_charging") == (1, "Nothing is stopped.")
    call_command("stop_charging", "--reason", "Wrong prices")
    assert refused("stop_charging", "--reason", "Again")[0] == 1
    assert refused("stop_charging", "--reason", " ")[0] == 2
    assert refused("stop_charging", "--gateway", "Nobody", "--reason", "x")[0] == 2
    code, words = refused("stop_charging", "--campaign", "Winter", "--reason", "x")
    assert (code, words) == (2, "No campaign is called “Winter”. The campaigns are:\n  Summer Glow")
    code, words = refused("release_charging", "--campaign", "Summer Glow")
    assert (code, "everything, since" in words) == (1, True)
