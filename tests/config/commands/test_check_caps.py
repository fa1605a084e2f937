"""`manage.py check_caps`: exit codes, the line for machines, months and names."""

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

from gateways import clock
from gateways.models import MonthlyVolume
from gateways.volume import month_of
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ["gateway", "month", "cap", "captured", "reserved", "left", "drift"]


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[dict[str, Any]], str]:
    with pytest.raises(SystemExit) as ended:
        call_command("check_caps", "--json", *options)
    out = capsys.readouterr().out
    told = json.loads(out.splitlines()[-1])
    assert all(list(one) == KEYS for one in told)
    return int(str(ended.value)), told, out


def refused(*options: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as wrong:
        call_command("check_caps", *options)
    return wrong.value.returncode, str(wrong.value)


def test_agreement_is_0_and_each_active_gateway_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = make_gateway(name="A", monthly_cap=100_000)
    submit(make_payment(make_order(total=5_000), gateway).pk)
    make_payment(make_order(total=700), gateway)
    make_gateway(name="B", monthly_cap=None)
    make_gateway(name="C", active=False)
    code, told, words = run(capsys)
    month = f"{month_of(gateway, clock.now()):%Y-%m}"
    assert code == 0
    assert told == [
        dict(zip(KEYS, ["A", month, 100_000, 5_000, 700, 94_300, 0], strict=True)),
        dict(zip(KEYS, ["B", month, None, 0, 0, None, 0], strict=True)),
    ]
    assert "943.00 USD left of 1000.00 USD" in words
    assert gateway.secret_key not in words


def test_drift_is_1_once_because_it_is_repaired(capsys: pytest.CaptureFixture[str]) -> None:
    gateway = make_gateway()
    submit(make_payment(make_order(total=5_000), gateway).pk)
    MonthlyVolume.objects.update(captured=4_200)
    code, told, words = run(capsys)
    assert (code, told[0]["captured"], told[0]["drift"]) == (1, 5_000, 800)
    assert "Drift of 8.00 USD found." in words
    assert run(capsys)[0] == 0


def test_a_silent_stripe_is_told_and_the_books_are_mended_all_the_same(
    capsys: pytest.CaptureFixture[str], local_stripe: LocalStripe
) -> None:
    gateway = make_gateway()
    make_payment(make_order(total=5_000), gateway)
    MonthlyVolume.objects.update(reserved=0)
    local_stripe.faults.add(Fault(kind="timeout", path="/v1/charges", times=None))
    code, told, words = run(capsys)
    assert (code, told[0]["reserved"], told[0]["drift"]) == (1, 5_000, 5_000)
    assert "Not compared with the processor: Stripe did not answer" in words
    assert run(capsys)[0] == 0


def test_one_gateway_and_another_month_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    make_gateway(name="A")
    make_gateway(name="B", active=False)
    code, told, _ = run(capsys, "--gateway", "b", "--month", "2026-02")
    assert (code, [(one["gateway"], one["month"]) for one in told]) == (0, [("B", "2026-02")])


def test_without_a_gateway_the_list_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys)[:2] == (0, [])


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "november", "0000-01", "2026-11-01", "٢٠٢٦-11"])
def test_what_is_no_month_is_2(month: str) -> None:
    code, words = refused("--month", month)
    assert (code, words) == (2, f"--month: “{month}” is no month: write one such as 2026-11.")


def test_an_unknown_gateway_is_2() -> None:
    assert refused("--gateway", "Nobody")[0] == 2


@pytest.mark.processes
def test_it_works_in_a_process_of_its_own_without_a_demo_running(tmp_path: Path) -> None:
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

    unready = manage("check_caps")
    assert (unready.returncode, "Traceback" in unready.stderr, "migrate" in unready.stderr) == (1, False, True)
    assert manage("migrate", "-v0").returncode == 0
    add = "from config.demo_data.shop import local_gateways; from config import local_stripe as l; l.use_in_process(); "
    assert manage("shell", "-c", f"{add}local_gateways()").returncode == 0
    assert manage("test_transaction", "--gateway", "Northwind US").returncode == 0
    done = manage("check_caps", "--json", "--gateway", "Northwind US")
    told = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, told[0]["captured"], told[0]["drift"]) == (0, 100, 0), done.stderr
    assert "The processor counts 1.00 USD" in done.stdout
