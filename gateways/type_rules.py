"""What a gateway's type allows: which types may be made anew, and what stands for an account where there is no key."""

from gateways.errors import GatewayProblem
from gateways.models import Gateway, Mode


def check_type(gateway: Gateway, secret_key: str | None, *, imported: bool) -> None:
    """Raises GatewayProblem when this gateway cannot be saved as one of its type."""
    kind = gateway.kind
    before = Gateway.objects.filter(pk=gateway.pk).first() if gateway.pk else None
    if (before is None or before.processor != kind.key) and not kind.creatable and not imported:
        raise GatewayProblem("processor", kind.why_not)
    if before and before.kind.has_account != kind.has_account:
        raise GatewayProblem(
            "processor",
            f"This gateway is of type {before.kind.label} and its payments stay so: add a new {kind.label} gateway.",
        )
    if not kind.needs_keys:
        _check_without_keys(gateway, secret_key, before)


def _check_without_keys(gateway: Gateway, secret_key: str | None, before: Gateway | None) -> None:
    if secret_key:
        raise GatewayProblem("secret_key", f"{gateway.kind.label} has no keys: leave this empty.")
    if not gateway.currency:
        raise GatewayProblem("currency", "Choose the currency: there is no account to take it from.")
    if before and before.mode != gateway.mode:
        raise GatewayProblem(
            "mode", f"This gateway has worked in {before.mode} mode: add a new one for the other mode."
        )


def open_without_keys(gateway: Gateway) -> None:
    """Where no key opens an account, the gateway is one of its own, live unless it was made for tests.

    An account once given stays: payments are pinned to it, and a copy of a gateway shares its book.
    """
    if gateway.kind.has_account:
        return
    gateway.account_id = gateway.account_id or f"{gateway.kind.key}-{gateway.slug}"
    gateway.account_name = gateway.kind.label
    gateway.mode = gateway.mode or Mode.LIVE
