"""`manage.py check_gateways`: 0 nothing red, 1 something red, 2 wrong usage."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from config.management.commands import check_gateways
from gateways.models import Gateway
from payments.golive import go_through
from payments.services.test_transaction import run_test_transaction
from tests.factories import TESTER, make_gateway
from tests.local_stripe import deliver

pytestmark = pytest.mark.django_db(transaction=True)


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any], str]:
    with pytest.raises(SystemExit) as ended:
        call_command("check_gateways", "--json", *options)
    out = capsys.readouterr().out
    return int(str(ended.value)), json.loads(out.splitlines()[-1]), out


def ready_gateway(client: Client, **fields: Any) -> Gateway:
    gateway = make_gateway(webhook=True, **fields)
    run_test_transaction(gateway, 100, "pm_card_visa", TESTER)
    deliver(client)
    return gateway


def test_warnings_alone_are_0(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    gateway = ready_gateway(client)
    code, told, words = run(capsys)
    assert (code, told["ready"], told["gateways"][0]["gateway"]) == (0, True, gateway.name)
    assert "warning" in {one["outcome"] for one in told["gateways"][0]["checks"]}
    assert "OK            Charges enabled: Stripe lets this account take payments." in words
    assert gateway.secret_key not in words


def test_something_red_is_1(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    ready_gateway(client, name="A")
    make_gateway(name="B")
    code, told, words = run(capsys)
    assert (code, [one["ready"] for one in told["gateways"]]) == (1, [True, False])
    assert "Not ready     Test transaction: None was made yet. Make a test transaction with a test card" in words


def test_one_that_breaks_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_gateway(name="A")
    ready_gateway(client, name="B")

    def break_on_a(gateway: Gateway) -> Any:
        if gateway.name == "A":
            raise RuntimeError("sk_test_secret")
        return go_through(gateway)

    monkeypatch.setattr(check_gateways, "go_through", break_on_a)
    code, told, words = run(capsys)
    assert (code, [one["ready"] for one in told["gateways"]]) == (1, [False, True])
    assert "broke off (RuntimeError)" in words
    assert "sk_test_secret" not in words


def test_one_gateway_can_be_named_also_when_it_is_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = make_gateway(name="Resting")
    make_gateway(name="Other")
    Gateway.objects.filter(pk=gateway.pk).update(active=False)
    assert [one["gateway"] for one in run(capsys)[1]["gateways"]] == ["Other"]
    assert [one["gateway"] for one in run(capsys, "--gateway", "Resting")[1]["gateways"]] == ["Resting"]


def test_no_gateway_at_all_is_1_with_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, words = run(capsys)
    assert (code, told, "before you sell" in words) == (1, {"ready": False, "gateways": []}, True)


def test_an_unknown_name_is_2_with_the_names_that_there_are() -> None:
    make_gateway(name="Shop")
    with pytest.raises(CommandError, match=r"“Nope”.*\n  Shop") as wrong:
        call_command("check_gateways", "--gateway", "Nope")
    assert wrong.value.returncode == 2
