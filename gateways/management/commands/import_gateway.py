"""Brings a Stripe V1 gateway over from another system."""

import json
import os
import re
import sys
from argparse import SUPPRESS
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from gateways import money
from gateways.errors import GatewayProblem
from gateways.models import SECRETS, Gateway
from gateways.services import Connection, check_keys, connect, store_gateway

PROCESSOR = "stripe_v1"
REFUSED, WRONG_USAGE = 1, 2
PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
FROM_STRIPE = [*SECRETS, "account_id", "mode"]


def wrong(message: str) -> CommandError:
    return CommandError(message, returncode=WRONG_USAGE)


class Command(BaseCommand):
    help = (
        "Brings a Stripe V1 gateway over from another system. New gateways are of type Stripe V2: add them in the "
        "admin. Exit code 0: made, or there already; 1: refused by Stripe; 2: wrong usage. Nothing is half-written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="what you call it; customers never see it")
        key = parser.add_mutually_exclusive_group(required=True)
        key.add_argument("--secret-key-env", metavar="VAR", help="the environment variable that holds the secret key")
        key.add_argument("--secret-key-stdin", action="store_true", help="read the secret key from standard input")
        key.add_argument("--secret-key", nargs="?", const="", dest="key_in_argv", help=SUPPRESS)
        parser.add_argument("--currency", default="", help="three letters; else the account's own")
        parser.add_argument("--monthly-cap", help="such as 50000.00")
        parser.add_argument("--discount-rate", default="0", help="the processor's share in percent, such as 2.9")
        parser.add_argument("--transaction-fee", help="the processor's fee for each payment, such as 0.30")
        parser.add_argument("--reserve-rate", default="0", help="what is held back of each sale, in percent")
        parser.add_argument("--descriptor", default="", help="the statement text as Stripe gives it")
        parser.add_argument("--mid", default="", help="any value: Stripe gives none")
        parser.add_argument("--disable-email-receipt", action="store_true", help="no receipt by Stripe")
        parser.add_argument("--create-customer", action="store_true", help="also make a customer record at Stripe")
        parser.add_argument("--send-product-name", action="store_true", help="tell Stripe what was bought")
        parser.add_argument("--json", action="store_true", help="the last line is one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        secret_key = read_key(options)
        try:
            check_keys(secret_key)
        except GatewayProblem as problem:
            raise wrong(f"The secret key: {problem.message}") from problem
        gateway = described(options)
        if gateway.currency:
            take_amounts(gateway, options)
        try:
            connection = connect(PROCESSOR, secret_key)
        except GatewayProblem as problem:
            raise CommandError(problem.message, returncode=REFUSED) from problem
        if not gateway.currency:
            gateway.currency = connection.currency
            if not gateway.currency:
                raise wrong("--currency: the account names none, so give one.")
            take_amounts(gateway, options)
        self._tell(*bring_over(gateway, secret_key, connection), as_json=options["json"])

    def _tell(self, gateway: Gateway, created: bool, *, as_json: bool) -> None:
        done = "is brought over" if created else "is there already: nothing was changed"
        self.stdout.write(f"{gateway.name} ({gateway.get_mode_display().lower()}, {gateway.account_id}) {done}.")
        if as_json:
            facts = {
                "gateway": gateway.name,
                "processor": gateway.processor,
                "mode": gateway.mode,
                "account": gateway.account_id,
                "created": created,
            }
            self.stdout.write(json.dumps(facts))


def read_key(options: dict[str, Any]) -> str:
    """From a place that other users of the machine cannot read."""
    if options["key_in_argv"] is not None:
        raise wrong(
            "A secret on the command line is seen by every user of this machine (ps) and kept in the shell's history. "
            "Replace this key at Stripe if it is a live one, and hand the new one over with --secret-key-env or "
            "--secret-key-stdin."
        )
    variable = options["secret_key_env"]
    secret = sys.stdin.readline() if options["secret_key_stdin"] else os.environ.get(variable, "")
    if not secret.strip():
        where = "Standard input" if options["secret_key_stdin"] else f"The environment variable {variable}"
        raise wrong(f"{where} is empty: the secret key was expected there.")
    return secret.strip()


def described(options: dict[str, Any]) -> Gateway:
    """The gateway as the options describe it, without its amounts. Raises CommandError for what cannot be."""
    gateway = Gateway(
        processor=PROCESSOR,
        name=options["name"].strip(),
        currency=options["currency"].strip().upper(),
        discount_rate=percent("--discount-rate", options["discount_rate"]),
        reserve_rate=percent("--reserve-rate", options["reserve_rate"]),
        descriptor=options["descriptor"].strip(),
        mid=options["mid"].strip(),
        disable_email_receipt=options["disable_email_receipt"],
        create_customer=options["create_customer"],
        send_product_name=options["send_product_name"],
    )
    try:
        gateway.clean_fields(exclude=FROM_STRIPE if gateway.currency else [*FROM_STRIPE, "currency"])
    except ValidationError as error:
        faults = [f"--{name.replace('_', '-')}: {' '.join(said)}" for name, said in error.message_dict.items()]
        raise wrong("; ".join(faults)) from error
    return gateway


def percent(option: str, text: str) -> int:
    """`2.9` as 290 hundredths of a percent."""
    if not PERCENT.fullmatch(text) or Decimal(text) > 100:
        raise wrong(f"{option}: write a percentage from 0 to 100 with at most two decimals, such as 2.9.")
    return int(Decimal(text).scaleb(2))


def take_amounts(gateway: Gateway, options: dict[str, Any]) -> None:
    gateway.monthly_cap = amount("--monthly-cap", options["monthly_cap"], gateway.currency, least=1)
    gateway.transaction_fee = amount("--transaction-fee", options["transaction_fee"], gateway.currency) or 0


def amount(option: str, text: str | None, currency: str, *, least: int = 0) -> int | None:
    if text is None:
        return None
    try:
        minor = money.parse_amount(text, currency)
    except money.MoneyError as error:
        raise wrong(f"{option}: {error}") from error
    if minor < least:
        raise wrong(f"{option}: write an amount {'above zero' if least else 'of zero or more'}.")
    return minor


def bring_over(gateway: Gateway, secret_key: str, connection: Connection) -> tuple[Gateway, bool]:
    """The gateway, and whether it was made now: one of this name on this account is left as it is."""
    if known := Gateway.objects.filter(name=gateway.name).first():
        return same_account(known, connection), False
    try:
        return store_gateway(gateway, secret_key=secret_key, connection=connection, imported=True), True
    except IntegrityError:
        known = Gateway.objects.filter(name=gateway.name).first()  # somebody else was faster
        if known is None:
            raise
        return same_account(known, connection), False
    except GatewayProblem as problem:
        raise wrong(f"{problem.field}: {problem.message}") from problem


def same_account(known: Gateway, connection: Connection) -> Gateway:
    if (known.account_id, known.mode) != (connection.account_id, connection.mode):
        raise wrong(
            f"--name: there is a gateway {known.name} already, on the account {known.account_id} in {known.mode} mode. "
            "Choose another name."
        )
    return known
