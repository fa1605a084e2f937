"""The whole go-live check of a gateway: what the processor says, and what payments have proven."""

from collections.abc import Iterator

from django.conf import settings

from gateways.golive import table
from gateways.golive.facts import Facts
from gateways.golive.outcomes import forget_all_but, keep, remember_account
from gateways.golive.table import Check, has_field, has_webhooks
from gateways.models import Gateway, GoLiveCheck
from payments import evidence

PROVEN = [
    Check("signing_secret_proven", "Signing secret", evidence.signing_secret_proven, has_webhooks),
    Check("test_transaction_done", "Test transaction", evidence.tested),
    Check("rebill_simulated", "Rebill", evidence.rebill_simulated),
    Check("moto_allowed", "MOTO", evidence.moto_allowed, has_field("moto")),
]
CHECKS = [*table.CHECKS, *PROVEN]
LABELS = {check.name: check.label for check in CHECKS}


def run_go_live_check(gateway: Gateway) -> list[GoLiveCheck]:
    """Look at everything and keep what was found. Call it outside a transaction."""
    return list(go_through(gateway))


def go_through(gateway: Gateway) -> Iterator[GoLiveCheck]:
    """The same, one outcome at a time, so that whoever waits sees how far it is. A refusal by Stripe is an outcome."""
    gateway = Gateway.objects.get(pk=gateway.pk)
    checks = checks_for(gateway)
    facts = Facts(gateway, settings.PUBLIC_URL)
    for check in checks:
        yield keep(gateway, check.name, check.look(gateway, facts))
    forget_all_but(gateway, [check.name for check in checks])
    if checks and facts.account.value:
        remember_account(gateway, facts.account.value)


def checks_for(gateway: Gateway) -> list[Check]:
    """None where no processor is asked: money in hand needs nobody's leave."""
    if not gateway.kind.has_account:
        return []
    return [check for check in CHECKS if check.concerns(gateway)]


def is_ready(gateway: Gateway) -> bool:
    """By the last run: every check was made, none failed, and the key surely works."""
    outcomes = dict(GoLiveCheck.objects.filter(gateway=gateway).values_list("check_name", "outcome"))
    wanted = {check.name for check in checks_for(gateway)}
    if wanted - outcomes.keys():
        return False
    seen = not wanted or outcomes["key_works"] == GoLiveCheck.Outcome.OK
    return seen and all(outcomes[name] != GoLiveCheck.Outcome.FAILED for name in wanted)
