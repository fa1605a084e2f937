"""`manage.py force_bill`: exit codes, the line for machines, and no traceback."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from orders.models import Subscription
from orders.services.subscriptions import pause
from payments.models import Payment
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.payments.services.test_charge import CREATE
from tests.payments.subscriptions import DECLINED, make_due, payments_of

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ["subscription", "cycle", "payment", "status", "amount", "reference"]


def run(capsys: pytest.CaptureFixture[str], subscription: str) -> tuple[int, dict[str, Any], str]:
    with pytest.raises(SystemExit) as ended:
        call_command("force_bill", subscription, "--json")
    out, err = capsys.readouterr()
    told = json.loads(out.splitlines()[-1])
    assert list(told) == KEYS
    return int(str(ended.value)), told, out + err


def test_captured_is_0_and_the_next_time_takes_the_next_cycle(capsys: pytest.CaptureFixture[str]) -> None:
    subscription = make_due()
    code, told, words = run(capsys, subscription.number)
    payment = Payment.objects.get()
    assert (code, told["status"], told["amount"], told["cycle"]) == (0, "captured", 1500, 2)
    assert (told["subscription"], told["payment"]) == (subscription.number, payment.number)
    assert (told["reference"], payment.actor) == (payment.reference, "manage.py force_bill")
    assert f"{subscription}, cycle 2: {payment}, 15.00 USD. Captured." in words
    code, told, _ = run(capsys, str(subscription.pk))
    assert (code, told["cycle"]) == (0, 3)


def test_declined_is_1_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, words = run(capsys, make_due(DECLINED).number)
    assert (code, told["status"]) == (1, "declined")
    assert "The bank declined" in words


def test_unknown_is_1(capsys: pytest.CaptureFixture[str], local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CREATE))
    code, told, _ = run(capsys, make_due().number)
    assert (code, told["status"], told["reference"]) == (1, "unknown", "")


def test_refused_is_1_with_the_reason_and_no_payment(capsys: pytest.CaptureFixture[str]) -> None:
    subscription = make_due()
    pause(subscription, "ann")
    code, told, words = run(capsys, subscription.number.lower())
    assert (code, told["status"], told["payment"], told["amount"]) == (1, "refused", "", 0)
    assert "resume it first" in words
    assert payments_of(subscription) == []


@pytest.mark.parametrize("typed", ["", "nonsense", "SUB-", "SO-1001", "-1", "٣", "SUB-999999999"])
def test_what_is_no_subscription_is_2(typed: str) -> None:
    with pytest.raises(CommandError) as wrong:
        call_command("force_bill", typed)
    assert wrong.value.returncode == 2
    assert not Subscription.objects.exists()
