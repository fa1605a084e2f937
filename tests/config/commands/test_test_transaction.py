"""`manage.py test_transaction`: exit codes, the line for machines, and no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import CommandError, call_command

from config import local_stripe
from gateways.models import Gateway
from payments.models import Payment
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway
from tests.local_stripe import all_intents

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ["gateway", "mode", "amount", "currency", "status", "reference", "decline_code", "refunded", "seconds"]


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any], str]:
    with pytest.raises(SystemExit) as ended:
        call_command("test_transaction", "--json", *options)
    out, err = capsys.readouterr()
    told = json.loads(out.splitlines()[-1])
    assert list(told) == KEYS
    return int(str(ended.value)), told, out + err


def usage(*options: str) -> str:
    with pytest.raises(CommandError) as wrong:
        call_command("test_transaction", *options)
    assert wrong.value.returncode == 2
    return str(wrong.value)


def test_captured_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, words = run(capsys, "--gateway", make_gateway(name="Shop").name)
    payment = Payment.objects.get()
    assert (code, told["status"], told["amount"], told["currency"]) == (0, "captured", 100, "USD")
    assert (told["gateway"], told["mode"], told["reference"]) == ("Shop", "test", payment.reference)
    assert (told["decline_code"], told["refunded"], told["seconds"] >= 0) == ("", False, True)
    assert f"{payment}: 1.00 USD through Shop. Captured." in words
    assert payment.actor == "manage.py test_transaction"


def test_authorized_is_0_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = run(capsys, "--gateway", make_gateway().name, "--authorize")
    assert (code, told["status"]) == (0, "authorized")
    code, told, _ = run(capsys, "--gateway", make_gateway().name, "--authorize", "--refund")
    assert (code, told["status"]) == (0, "voided")


def test_it_is_refunded_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = run(capsys, "--gateway", make_gateway().name, "--amount", "12.34", "--refund", "--capture")
    assert (code, told["amount"], told["refunded"]) == (0, 1234, True)


def test_a_refund_that_was_asked_for_and_not_made_is_1(
    capsys: pytest.CaptureFixture[str], local_stripe: LocalStripe
) -> None:
    local_stripe.faults.add(Fault(path="/v1/refunds", kind="error"))
    code, told, words = run(capsys, "--gateway", make_gateway().name, "--refund")
    assert (code, told["status"], told["refunded"]) == (1, "captured", False)
    assert "Being settled. The processor was asked, but its answer was not heard." in words
    assert "given back" not in words


def test_a_rebill_is_simulated_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = run(capsys, "--gateway", make_gateway().name, "--rebill")
    assert (code, told["amount"], Payment.objects.count()) == (0, 150, 2)


@pytest.mark.parametrize(
    ("card", "status", "decline"),
    [
        ("pm_card_visa_chargeDeclined", "declined", "generic_decline"),
        ("pm_card_of_nobody", "failed", "resource_missing"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "declined", "insufficient_funds"),
        ("pm_card_threeDSecure2Required", "requires_action", ""),
        ("4242424242424242", "failed", ""),
    ],
)
def test_declined_refused_or_waiting_is_1(
    card: str, status: str, decline: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, words = run(capsys, "--gateway", make_gateway().name, "--card", card)
    assert (code, told["status"], told["decline_code"]) == (1, status, decline)
    assert "4242424242424242" not in words


def test_unknown_is_1(capsys: pytest.CaptureFixture[str], local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(path="/v1/payment_intents", kind="timeout"))
    code, told, _ = run(capsys, "--gateway", make_gateway().name)
    assert (code, told["status"]) == (1, "unknown")


def test_what_a_rule_refuses_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, words = run(capsys, "--gateway", make_gateway(monthly_cap=99).name)
    assert (code, told["status"], told["reference"]) == (1, "failed", "")
    assert "monthly cap" in words


def test_wrong_usage_is_2() -> None:
    name = make_gateway(name="Shop").name
    assert usage("--gateway", "Shopp") == "No gateway is called “Shopp”. The gateways are:\n  Shop"
    assert usage("--gateway", name, "--amount", "ten").startswith("--amount: ")
    assert "--rebill" in usage("--gateway", name, "--rebill", "--authorize")
    assert "the following arguments are required: --gateway" in str(_parse_error())


def _parse_error() -> CommandError:
    with pytest.raises(CommandError) as wrong:
        call_command("test_transaction")
    return wrong.value


def test_live_keys_want_a_card_and_a_word() -> None:
    gateway = make_gateway(name="Real")
    Gateway.objects.filter(pk=gateway.pk).update(mode="live")
    before = len(all_intents())
    words = usage("--gateway", "Real")
    assert "--card pm_…" in words
    assert "--yes-charge-a-live-card" in words
    assert "--yes-charge-a-live-card" in usage("--gateway", "Real", "--card", "pm_1AbcdefghijKLMN")
    with pytest.raises(SystemExit, match="1"):
        call_command("test_transaction", "--gateway", "Real", "--card", "pm_card_visa", "--yes-charge-a-live-card")
    assert len(all_intents()) == before


@pytest.mark.parametrize(
    ("key", "is_local"),
    [("sk_test_shop_1", True), ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", False), ("sk_test_51" + "a" * 97, False)],
)
def test_a_real_key_never_gets_its_answers_from_this_process(key: str, is_local: bool, settings: Any) -> None:
    settings.STRIPE_SESSION_FACTORY = ""
    gateway = Gateway(name="x", mode="test", secret_key=key, key_account_id="acct_of_nobody")
    with local_stripe.reaching(gateway):
        assert bool(settings.STRIPE_SESSION_FACTORY) is is_local
    assert settings.STRIPE_SESSION_FACTORY == ""
    gateway.mode = "live"
    with local_stripe.reaching(gateway):
        assert settings.STRIPE_SESSION_FACTORY == ""
    settings.STRIPE_API_BASE = "http://127.0.0.1:12111"
    gateway.mode = "test"
    with local_stripe.reaching(gateway):
        assert settings.STRIPE_SESSION_FACTORY == ""


@pytest.mark.processes
def test_it_works_in_a_process_of_its_own_without_a_demo_running(tmp_path: Path) -> None:
    """A fresh database, no server, no network: seeded, tested and checked by commands alone."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")},
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'midway.sqlite3'}",
        "FERNET_KEYS": Fernet.generate_key().decode(),
        "LOG_LEVEL": "WARNING",
        "https_proxy": "http://127.0.0.1:9",
    }

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
        )

    unready = manage("test_transaction", "--gateway", "Shop")
    assert (unready.returncode, "Traceback" in unready.stderr, "migrate" in unready.stderr) == (1, False, True)
    assert manage("migrate", "-v0").returncode == 0
    add = "from config.demo_data.shop import local_gateways; from config import local_stripe as l; l.use_in_process(); "
    assert manage("shell", "-c", f"{add}local_gateways()").returncode == 0
    done = manage("test_transaction", "--gateway", "Northwind US", "--refund", "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, told["status"], told["refunded"]) == (0, "captured", True), done.stderr
    assert manage("test_transaction", "--gateway", "Nobody").returncode == 2
    assert manage("test_transaction").returncode == 2
    checked = manage("check_gateways", "--gateway", "Northwind US", "--json")
    assert (checked.returncode, "Traceback" in checked.stderr) == (1, False)
    outcomes = {
        one["check"]: one["outcome"] for one in json.loads(checked.stdout.splitlines()[-1])["gateways"][0]["checks"]
    }
    assert (outcomes["key_works"], outcomes["pair_matches"], outcomes["test_transaction_done"]) == ("ok", "ok", "ok")
