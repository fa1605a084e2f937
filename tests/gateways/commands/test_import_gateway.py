"""`manage.py import_gateway` brings a V1 gateway over: once, whole or not at all, and never with a key in sight."""

import io
import json
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from gateways.models import Gateway
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "sk_test_oldshop_KEYMUSTNOTSHOW"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_KEY", KEY)


def bring(*options: str, name: str = "Old shop", key: tuple[str, ...] = ("--secret-key-env", "OLD_KEY")) -> str:
    out = io.StringIO()
    call_command("import_gateway", "--name", name, *key, *options, stdout=out)
    return out.getvalue()


def refusal(*options: str, **named: Any) -> CommandError:
    with pytest.raises(CommandError) as caught:
        bring(*options, **named)
    assert "KEYMUSTNOTSHOW" not in str(caught.value)
    return caught.value


def test_everything_of_the_old_gateway_is_kept() -> None:
    bring(
        *("--currency", "USD", "--monthly-cap", "50,000.00", "--discount-rate", "2.9", "--transaction-fee", "0.30"),
        *("--reserve-rate", "10", "--descriptor", "OLD SHOP", "--mid", "77", "--disable-email-receipt"),
        *("--create-customer", "--send-product-name"),
    )
    gateway = Gateway.objects.get()
    assert (gateway.processor, gateway.mode, gateway.secret_key) == ("stripe_v1", "test", KEY)
    assert (gateway.monthly_cap, gateway.discount_rate, gateway.transaction_fee) == (5_000_000, 290, 30)
    assert (gateway.reserve_rate, gateway.descriptor, gateway.mid) == (1000, "OLD SHOP", "77")
    assert gateway.disable_email_receipt
    assert gateway.create_customer
    assert gateway.send_product_name
    assert gateway.account_id.startswith("acct_")


def test_the_last_line_is_one_object() -> None:
    facts = json.loads(bring("--json").splitlines()[-1])
    gateway = Gateway.objects.get()
    assert facts == {
        "gateway": "Old shop",
        "processor": "stripe_v1",
        "mode": "test",
        "account": gateway.account_id,
        "created": True,
    }


def test_the_currency_is_the_accounts_own_when_none_is_given() -> None:
    bring("--transaction-fee", "0.30")
    assert (Gateway.objects.get().currency, Gateway.objects.get().transaction_fee) == ("USD", 30)


def test_the_second_time_it_is_there_already_and_nothing_changes() -> None:
    bring("--discount-rate", "2.9")
    told = bring("--discount-rate", "5", "--json")
    assert "nothing was changed" in told
    assert json.loads(told.splitlines()[-1])["created"] is False
    assert Gateway.objects.get().discount_rate == 290


def test_a_name_that_another_account_has_is_refused() -> None:
    make_gateway(name="Old shop")
    error = refusal()
    assert error.returncode == 2
    assert "Choose another name" in str(error)
    assert Gateway.objects.count() == 1


def test_the_key_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n"))
    bring(key=("--secret-key-stdin",))
    assert Gateway.objects.get().secret_key == KEY


def test_a_key_on_the_command_line_is_refused_with_the_reason() -> None:
    error = refusal(key=("--secret-key", KEY))
    assert error.returncode == 2
    assert "seen by every user of this machine" in str(error)
    assert not Gateway.objects.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--discount-rate", "2.999"], "--discount-rate: write a percentage"),
        (["--discount-rate", "101"], "--discount-rate"),
        (["--reserve-rate", "-1"], "--reserve-rate"),
        (["--monthly-cap", "lots"], "--monthly-cap: Write the amount in digits"),
        (["--monthly-cap", "0"], "--monthly-cap: write an amount above zero"),
        (["--transaction-fee", "-1"], "--transaction-fee: write an amount of zero or more"),
        (["--transaction-fee", "0.305"], "--transaction-fee"),
        (["--currency", "XXX"], "--currency"),
        (["--descriptor", "D" * 23], "--descriptor"),
        (["--mid", "9" * 65], "--mid"),
    ],
)
def test_what_cannot_be_is_wrong_usage_and_writes_nothing(options: list[str], said: str) -> None:
    error = refusal(*options[:-1], options[-1]) if not options[-1].startswith("-") else refusal("=".join(options))
    assert error.returncode == 2
    assert said in str(error)
    assert not Gateway.objects.exists()


def test_a_missing_variable_is_named() -> None:
    error = refusal(key=("--secret-key-env", "NO_SUCH_VARIABLE"))
    assert error.returncode == 2
    assert "NO_SUCH_VARIABLE is empty" in str(error)


def test_a_malformed_key_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_KEY", "pk_test_KEYMUSTNOTSHOW")
    error = refusal()
    assert error.returncode == 2
    assert "no secret key" in str(error)


def test_a_key_that_stripe_refuses_is_told_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD_KEY", "sk_live_oldshop_KEYMUSTNOTSHOW")  # the local Stripe takes no live key
    error = refusal()
    assert error.returncode == 1
    assert not Gateway.objects.exists()


def test_a_stripe_that_does_not_answer_leaves_nothing_behind(local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(kind="timeout", path="/v1/account"))
    assert refusal().returncode == 1
    assert not Gateway.objects.exists()
    bring()
    assert Gateway.objects.count() == 1
