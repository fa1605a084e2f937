"""What can be done with a gateway: connect its keys, store it, pause it, register its webhook, speak through it."""

import re
from dataclasses import dataclass, fields
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.module_loading import import_string

from gateways import clock
from gateways.fields import DecryptionError
from gateways.models import Gateway, Mode
from gateways.processors import registry
from gateways.processors.base import GatewayMisconfigured, Processor, ProcessorError, Switches

SWITCHES = [field.name for field in fields(Switches)]
KEY = re.compile(r"(?P<kind>sk|rk|pk)_(?P<mode>test|live)_[A-Za-z0-9_]+")
SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")


class GatewayProblem(Exception):
    """A gateway that cannot be saved so: `field` is the model's field, `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Connection:
    """What a key told us when it was tried: which account it opens, and in which mode."""

    account_id: str
    account_name: str
    currency: str
    mode: Mode
    descriptor_prefix: str = ""


def processor_for(gateway: Gateway) -> Processor:
    """The processor that speaks with this gateway's own keys. Raises GatewayMisconfigured when they cannot be read."""
    try:
        secret_key = gateway.secret_key
        signing_secrets = tuple(filter(None, [gateway.signing_secret, gateway.previous_signing_secret]))
    except DecryptionError as error:
        raise GatewayMisconfigured(str(error)) from error
    return _processor(
        gateway.processor,
        secret_key,
        signing_secrets=signing_secrets,
        stripe_account=gateway.mid if gateway.connected_account else "",
        switches=Switches(**{name: getattr(gateway, name) for name in SWITCHES}),
    )


def _processor(kind: str, secret_key: str, **settings: Any) -> Processor:
    processor: Processor = import_string(registry.TYPES[kind].path)(secret_key=secret_key, **settings)
    return processor


def check_keys(secret_key: str, public_key: str = "") -> Mode:
    """The mode that the keys are of. Raises GatewayProblem for a malformed key, or a pair of two modes."""
    secret = KEY.fullmatch(secret_key)
    if secret is None or secret["kind"] == "pk":
        raise GatewayProblem(
            "secret_key", "This is no secret key: it starts with sk_test_ or sk_live_ (restricted keys with rk_)."
        )
    if public_key:
        public = KEY.fullmatch(public_key)
        if public is None or public["kind"] != "pk":
            raise GatewayProblem("public_key", "This is no publishable key: it starts with pk_test_ or pk_live_.")
        if public["mode"] != secret["mode"]:
            raise GatewayProblem(
                "public_key",
                f"The publishable key is of {public['mode']} mode and the secret key of {secret['mode']} mode: "
                "copy both from the same page of the Stripe dashboard.",
            )
    return Mode(secret["mode"])


def connect(processor_key: str, secret_key: str, public_key: str = "") -> Connection:
    """Try the key at the processor. Call it outside a transaction. Raises GatewayProblem."""
    mode = check_keys(secret_key, public_key)
    try:
        account = _processor(processor_key, secret_key).account()
    except GatewayMisconfigured as error:
        raise GatewayProblem("secret_key", f"{error.message} Copy the key again, or make a new one.") from error
    except ProcessorError as error:
        raise GatewayProblem(
            "secret_key", f"{error.message} The key could not be tried, so nothing was saved: try again in a minute."
        ) from error
    return Connection(account.reference, account.name, account.currency, mode, account.descriptor_prefix)


@transaction.atomic
def store_gateway(
    gateway: Gateway,
    *,
    secret_key: str | None = None,
    signing_secret: str | None = None,
    connection: Connection | None = None,
) -> Gateway:
    """Save a gateway with its secrets; None keeps a secret as it is. A new key comes with its `connection`.

    Raises GatewayProblem when the key opens another account than the one that this gateway has charged on.
    """
    if signing_secret is not None:
        _take_signing_secret(gateway, signing_secret)
    if secret_key is not None:
        if connection is None:
            raise ValueError("a new secret key is stored with the connection that tried it")
        _take_secret_key(gateway, secret_key, connection)
    if gateway.is_default:
        rivals = Gateway.objects.filter(mode=gateway.mode, currency=gateway.currency, is_default=True)
        rivals.exclude(pk=gateway.pk).update(is_default=False)
    gateway.save()
    return gateway


def _take_secret_key(gateway: Gateway, secret_key: str, connection: Connection) -> None:
    moved = (connection.account_id, connection.mode) != (gateway.account_id, gateway.mode)
    if gateway.pk and moved and gateway.account_id:
        raise GatewayProblem(
            "secret_key",
            f"This key opens {connection.account_id} in {connection.mode} mode, but the gateway has worked on "
            f"{gateway.account_id} in {gateway.mode} mode. Add a new gateway for the other account.",
        )
    gateway.secret_key = secret_key
    gateway.secret_key_hint = secret_key[-4:]
    gateway.account_id = connection.account_id
    gateway.account_name = connection.account_name
    gateway.descriptor_prefix = connection.descriptor_prefix
    gateway.mode = connection.mode
    gateway.currency = gateway.currency or connection.currency
    gateway.paused_at, gateway.pause_reason = None, ""


def _take_signing_secret(gateway: Gateway, signing_secret: str) -> None:
    """The old secret stays valid beside the new one, because events signed with it may still be on their way."""
    if not SIGNING_SECRET.fullmatch(signing_secret):
        raise GatewayProblem("signing_secret", "This is no signing secret: it starts with whsec_.")
    if gateway.pk:
        gateway.previous_signing_secret = gateway.signing_secret
    gateway.signing_secret = signing_secret
    gateway.signing_secret_hint = signing_secret[-4:]


def pause(gateway: Gateway, reason: str) -> None:
    """No new payment goes through it until somebody has looked; what is in flight is still settled."""
    Gateway.objects.filter(pk=gateway.pk, paused_at=None).update(paused_at=clock.now(), pause_reason=reason[:255])


def webhook_url(gateway: Gateway, public_url: str) -> str:
    return public_url.rstrip("/") + reverse("webhooks:stripe", args=[gateway.slug])


def register_webhook(gateway: Gateway, public_url: str) -> Gateway:
    """Tell the processor where to send this gateway's news. Call it outside a transaction. Raises ProcessorError."""
    url = webhook_url(gateway, public_url)
    registration = processor_for(gateway).register_webhook(url)
    gateway.webhook_reference, gateway.webhook_url = registration.reference, url
    return store_gateway(gateway, signing_secret=registration.signing_secret)
