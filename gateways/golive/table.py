"""The checks that the processor itself answers, in the order in which they are shown."""

from collections.abc import Callable
from dataclasses import dataclass

from gateways.golive import account_checks, statement_checks, webhook_checks
from gateways.golive.facts import Facts
from gateways.golive.findings import Finding
from gateways.models import Gateway
from gateways.processors import registry

Look = Callable[[Gateway, Facts], Finding]


def always(_gateway: Gateway) -> bool:
    return True


def has_field(name: str) -> Callable[[Gateway], bool]:
    """Only for gateways of a type that knows this field."""
    return lambda gateway: name in registry.fields_of(gateway.processor)


def has_webhooks(gateway: Gateway) -> bool:
    return registry.TYPES[gateway.processor].has_webhooks


@dataclass(frozen=True)
class Check:
    """`name` is stored; `label` is shown. `concerns`: which gateways it is for."""

    name: str
    label: str
    look: Look
    concerns: Callable[[Gateway], bool] = always


CHECKS = [
    Check("key_works", "The key works", account_checks.key_works),
    Check("pair_matches", "The keys are a pair", account_checks.pair_matches, has_field("public_key")),
    Check("keys_are_live", "Live keys", account_checks.keys_are_live),
    Check("charges_enabled", "Charges enabled", account_checks.charges_enabled),
    Check("payouts_enabled", "Payouts enabled", account_checks.payouts_enabled),
    Check("bank_account", "Bank account and payout rhythm", account_checks.bank_account),
    Check("account_name", "Account name", account_checks.account_name),
    Check("webhook_registered", "Webhook and its events", webhook_checks.webhook_registered, has_webhooks),
    Check("descriptor_legal", "Statement text", statement_checks.descriptor_legal),
]
