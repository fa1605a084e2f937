"""Before a gateway's form is saved: is it really the operator who changes a secret, and do the keys open an account?

Both ask others (the password's hash, the processor), so they happen before the form's transaction begins.
"""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from gateways.errors import GatewayProblem
from gateways.fields import DecryptionError
from gateways.models import Gateway
from gateways.processors import registry
from gateways.services import Connection, connect

PASSWORD = "current_password"  # noqa: S105  the name of a field


def try_typed(request: HttpRequest, gateway: Gateway | None) -> Connection | None:
    """What a typed secret key opens; None when none was typed. Raises GatewayProblem."""
    kind = registry.TYPES.get(_typed(request, "processor") or (gateway.processor if gateway else ""))
    if kind is None or not kind.needs_keys or (gateway is None and not kind.creatable):
        return None
    fields = registry.fields_of(kind.key)
    secret_key, public_key = _typed(request, "secret_key"), _typed(request, "public_key")
    public_key = public_key if "public_key" in fields else ""
    if gateway and (secret_key or _typed(request, "signing_secret")):
        check_password(request)
    account = _typed(request, "mid") if "connected_account" in fields and _typed(request, "connected_account") else ""
    if secret_key:
        return connect(kind.key, secret_key, public_key, stripe_account=account)
    if gateway and public_key and public_key != gateway.public_key:
        connect(kind.key, _kept_key(gateway), public_key, stripe_account=account)
    return None


def check_password(request: HttpRequest) -> None:
    """Wrong ones count as failed sign-ins, so that nobody guesses on at a screen that was left open."""
    typed = request.POST.get(PASSWORD, "")
    if not typed:
        raise GatewayProblem(PASSWORD, "Type your own password as well: a secret is changed only by you yourself.")
    known = authenticate(request, username=request.user.get_username(), password=typed)
    if known is None or known.pk != request.user.pk:
        raise GatewayProblem(PASSWORD, "This is not your password: nothing was saved.")


def _kept_key(gateway: Gateway) -> str:
    try:
        return str(gateway.secret_key)
    except DecryptionError as error:
        raise GatewayProblem("secret_key", f"{error} Or type the secret key again.") from error


def _typed(request: HttpRequest, name: str) -> str:
    return str(request.POST.get(name, "")).strip()
