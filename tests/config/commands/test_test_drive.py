"""`manage.py test_drive` and `manage.py simulate`, as an administrator runs them."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from gateways.models import Gateway
from orders.models import Subscription
from payments.models import Payment, Purpose, Status
from tests.factories import make_gateway

pytestmark = pytest.mark.django_db(transaction=True)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    with pytest.raises(SystemExit) as end:
        call_command("test_drive", *arguments)
    out = capsys.readouterr().out
    return int(end.value.code or 0), json.loads(out.splitlines()[-1])


def test_a_test_drive_answers_with_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = make_gateway()
    code, told = run(capsys, "--gateway", gateway.name, "--json")
    assert (code, told["ok"], len(told["steps"])) == (0, True, 7)
    assert set(told["steps"][0]) == {"name", "ok", "reference", "seconds"}


def test_a_test_drive_that_stops_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = make_gateway()
    code, told = run(capsys, "--gateway", gateway.name, "--card", "pm_card_chargeCustomerFail", "--json")
    assert (code, told["ok"], told["steps"][-1]["name"]) == (1, False, "charge")
    gateway.active = False
    gateway.save()
    assert run(capsys, "--gateway", gateway.name, "--json") == (1, {"ok": False, "steps": []})


def test_wrong_usage_of_test_drive_ends_with_2() -> None:
    with pytest.raises(CommandError) as wrong:
        call_command("test_drive", "--gateway", "Nobody's")
    assert wrong.value.returncode == 2


def test_a_live_gateway_wants_a_live_card_and_a_word() -> None:
    gateway = make_gateway()
    Gateway.objects.filter(pk=gateway.pk).update(mode="live")
    with pytest.raises(CommandError, match="is live: this needs a live card") as wrong:
        call_command("test_drive", "--gateway", gateway.name)
    assert wrong.value.returncode == 2
    assert not Payment.objects.exists()


def test_a_simulated_month_sells_rebills_and_retries(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = make_gateway()
    call_command("simulate", "--days", "16", "--sales", "1", "--gateway", gateway.name)
    out = capsys.readouterr().out
    assert "day  16 of 16" in out
    rebills = Payment.objects.filter(purpose=Purpose.REBILL, status=Status.CAPTURED)
    assert rebills.exists()
    assert Subscription.objects.count() == 16
    cycles = list(rebills.values_list("subscription", "cycle"))
    assert len(cycles) == len(set(cycles))
    assert f"rebills captured      {len(cycles)}" in out


def test_time_is_simulated_with_the_local_stripe_only() -> None:
    gateway = make_gateway()
    Gateway.objects.filter(pk=gateway.pk).update(mode="live")
    with pytest.raises(CommandError, match="not a gateway of the local Stripe") as wrong:
        call_command("simulate", "--gateway", gateway.name)
    assert wrong.value.returncode == 2


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--days", "400"), ("--sales", "-1"), ("--gateway", "None")])
def test_wrong_usage_of_simulate_ends_with_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as wrong:
        call_command("simulate", *arguments)
    assert wrong.value.returncode == 2
