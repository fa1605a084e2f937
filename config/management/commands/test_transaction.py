"""Sends a small payment through a gateway, from the reservation to the settlement."""

import argparse
import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config import local_stripe
from gateways import money
from gateways.models import Gateway
from gateways.naming import UnknownGateway, gateway_named
from payments import actors
from payments.models import Payment
from payments.services.reserve import PaymentRefused
from payments.services.test_transaction import (
    DEFAULT_TEST_CARD,
    default_amount,
    given_back,
    is_refunded,
    refund_trouble,
    run_rebill,
    run_test_transaction,
)
from payments.states import Status

WRONG_USAGE = 2
GOOD = {True: {Status.CAPTURED}, False: {Status.AUTHORIZED, Status.VOIDED}}
"""How the payment may end, by whether it was to be captured: a hold that is given back is voided."""


class Command(BaseCommand):
    help = (
        "Sends a test transaction through a gateway. Ends with 0 when it was captured (or authorized, with "
        "--authorize), 1 when it was declined, refused or its outcome is unknown, 2 on wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--gateway", required=True, metavar="NAME", help="as it is called in Midway")
        parser.add_argument("--amount", help="in the gateway's currency; 1.00, or the least that the gateway takes")
        parser.add_argument("--card", help=f"{DEFAULT_TEST_CARD} in test mode; a saved card, pm_…, with live keys")
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--capture", dest="capture", action="store_true", default=True, help="charge at once")
        kind.add_argument("--authorize", dest="capture", action="store_false", help="hold the money only")
        parser.add_argument("--refund", action="store_true", help="give the money back at once, or release the hold")
        parser.add_argument("--rebill", action="store_true", help="charge the card again while its holder is away")
        parser.add_argument("--json", action="store_true", help="the outcome as one object on the last line")
        parser.add_argument("--yes-charge-a-live-card", action="store_true", help="needed with live keys: real money")

    def handle(self, *args: Any, **options: Any) -> None:
        gateway = self._gateway(options["gateway"])
        asked = argparse.Namespace(**options)
        if asked.rebill and not asked.capture:
            raise CommandError("--rebill charges: leave out --authorize.", returncode=WRONG_USAGE)
        asked.amount = self._amount(gateway, asked.amount)
        asked.card = self._card(gateway, asked)
        started = time.monotonic()
        try:
            with local_stripe.reaching(gateway):
                payment = self._run(gateway, asked)
        except PaymentRefused as refusal:
            self.stderr.write(refusal.message)
            payment = None
        if asked.json:
            self.stdout.write(json.dumps(report(gateway, asked.amount, payment, time.monotonic() - started)))
        sys.exit(0 if payment and went_well(payment, asked) else 1)

    def _gateway(self, name: str) -> Gateway:
        try:
            return gateway_named(name)
        except UnknownGateway as error:
            raise CommandError(str(error), returncode=WRONG_USAGE) from None
        except DatabaseError as error:
            raise CommandError(f"The database is not ready ({error}): run “manage.py migrate” first.") from None

    def _amount(self, gateway: Gateway, typed: str | None) -> int:
        if typed is None:
            return default_amount(gateway)
        try:
            return money.parse_amount(typed, gateway.currency)
        except money.MoneyError as error:
            raise CommandError(f"--amount: {error}", returncode=WRONG_USAGE) from None

    def _card(self, gateway: Gateway, asked: argparse.Namespace) -> str:
        if not gateway.is_live:
            return asked.card or DEFAULT_TEST_CARD
        missing = [] if asked.card else ["a live card of your own (--card pm_…)"]
        missing += (
            [] if asked.yes_charge_a_live_card else ["your word that it may be charged (--yes-charge-a-live-card)"]
        )
        if missing:
            raise CommandError(f"{gateway} is live: this needs {' and '.join(missing)}.", returncode=WRONG_USAGE)
        return str(asked.card)

    def _run(self, gateway: Gateway, asked: argparse.Namespace) -> Payment:
        actor = actors.command("test_transaction")
        if not asked.rebill:
            payment = run_test_transaction(gateway, asked.amount, asked.card, actor, asked.capture, asked.refund)
            self._tell(payment)
            return payment
        first, again = run_rebill(gateway, asked.amount, asked.card, actor, refund=asked.refund)
        self._tell(first)
        if again:
            self._tell(again)
        return again or first

    def _tell(self, payment: Payment) -> None:
        amount = money.plain(payment.amount, payment.currency)
        returned = given_back(payment)
        back = f" {money.plain(returned, payment.currency)} given back." if returned else ""
        self.stdout.write(f"{payment}: {amount} through {payment.gateway}. {payment.headline}.{back}")
        if payment.status not in {Status.CAPTURED, Status.AUTHORIZED}:
            self.stdout.write(payment.explanation)
        if trouble := refund_trouble(payment):
            self.stdout.write(trouble)


def went_well(payment: Payment, asked: argparse.Namespace) -> bool:
    if payment.status not in GOOD[asked.capture]:
        return False
    return not asked.refund or payment.status == Status.VOIDED or is_refunded(payment)


def report(gateway: Gateway, amount: int, payment: Payment | None, seconds: float) -> dict[str, Any]:
    """What was refused before anything was written has failed, as far as a reader of this is concerned."""
    return {
        "gateway": gateway.name,
        "mode": gateway.mode,
        "amount": payment.amount if payment else amount,
        "currency": gateway.currency,
        "status": payment.status if payment else Status.FAILED.value,
        "reference": payment.reference if payment else "",
        "decline_code": payment.decline_code if payment else "",
        "refunded": bool(payment and is_refunded(payment)),
        "seconds": round(seconds, 3),
    }
