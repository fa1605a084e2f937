"""The outcomes of the last run, one row a check."""

from collections.abc import Collection

from gateways import clock
from gateways.golive.findings import Finding
from gateways.models import Gateway, GoLiveCheck
from gateways.processors.base import Account


def keep(gateway: Gateway, check_name: str, finding: Finding) -> GoLiveCheck:
    """In place of what the same check found before."""
    row, _ = GoLiveCheck.objects.update_or_create(
        gateway=gateway,
        check_name=check_name,
        defaults={"outcome": finding.outcome, "detail": finding.detail, "checked_at": clock.now()},
    )
    return row


def forget_all_but(gateway: Gateway, names: Collection[str]) -> None:
    """Checks that no longer concern the gateway must not stay red for ever."""
    GoLiveCheck.objects.filter(gateway=gateway).exclude(check_name__in=names).delete()


def remember_account(gateway: Gateway, account: Account) -> None:
    """What Stripe calls the account now. No change by a person, so the gateway's history does not tell of it."""
    facts = {"account_name": account.name[:255], "descriptor_prefix": account.descriptor_prefix[:22]}
    if account.reference == gateway.account_id and facts != {name: getattr(gateway, name) for name in facts}:
        Gateway.objects.filter(pk=gateway.pk).update(**facts)
