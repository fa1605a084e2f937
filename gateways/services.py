"""What can be done with a gateway: connect its keys, store it, pause it, register its webhook, speak through it."""

import logging
import re
from dataclasses import dataclass, fields
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

from gateways import clock
from gateways.errors import GatewayProblem
from gateways.fields import DecryptionError
from gateways.installation import adopt_if_fresh
from gateways.models import Gateway, Mode
from gateways.processors import registry
from gateways.processors.base import (
    Account,
    GatewayMisconfigured,
    InvalidRequest,
    Processor,
    ProcessorError,
    Switches,
)
from gateways.processors.raw_cards import RawCard, TakesCardNumbers
from gateways.signing import take_signing_secret
from gateways.type_rules import check_type, open_without_keys
from gateways.webhooks import family_of, host_of, webhook_url, what_to_paste, why_unreachable

__all__ = [
    "Connection",
    "GatewayProblem",
    "check_keys",
    "connect",
    "pause",
    "processor_for",
    "register_webhook",
    "store_gateway",
    "tokenize",
    "webhook_url",
]

log = logging.getLogger("midway.gateways")

SWITCHES = [field.name for field in fields(Switches)]
KEY = re.compile(r"(?P<kind>sk|rk|pk)_(?P<mode>test|live)_[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Connection:
    """What a key told us when it was tried: which account it opens, and in which mode."""

    account_id: str
    account_name: str
    currency: str
    mode: Mode
    descriptor_prefix: str = ""
    key_account_id: str = ""
    """The account that the key itself is of, where that is the platform of a connected account."""


def processor_for(gateway: Gateway, *, as_platform: bool = False) -> Processor:
    """The processor that speaks with this gateway's own keys. Raises GatewayMisconfigured when they cannot be read.

    `as_platform`: about the account that the key is of, also where the gateway is a connected account of it.
    """
    if not gateway.kind.needs_keys:
        return _open(gateway.processor, account_id=gateway.account_id, livemode=gateway.is_live)
    try:
        secret_key = gateway.secret_key
        signing_secrets = tuple(filter(None, [gateway.signing_secret, gateway.previous_signing_secret]))
    except DecryptionError as error:
        raise GatewayMisconfigured(str(error)) from error
    return _processor(
        gateway.processor,
        secret_key,
        signing_secrets=signing_secrets,
        stripe_account=gateway.mid if gateway.connected_account and not as_platform else "",
        switches=switches_of(gateway),
    )


def _processor(kind: str, secret_key: str, **settings: Any) -> Processor:
    return _open(kind, secret_key=secret_key, **settings)


def _open(kind: str, **settings: Any) -> Processor:
    processor: Processor = import_string(registry.TYPES[kind].path)(**settings)
    return processor


def switches_of(gateway: Gateway) -> Switches:
    """Those that its type has; what was switched on for another type means nothing."""
    known = {*registry.fields_of(gateway.processor), "descriptor_prefix"}
    return Switches(**{name: getattr(gateway, name) for name in SWITCHES if name in known})


def tokenize(gateway: Gateway, card: RawCard) -> str:
    """Hand a card number over for one payment; what comes back is a reference. Call it outside a transaction.

    Raises one of the three errors; InvalidRequest too where the gateway's type takes no card numbers.
    """
    processor = processor_for(gateway)
    if not gateway.kind.takes_card_numbers or not isinstance(processor, TakesCardNumbers):
        raise InvalidRequest(f"{gateway} takes no card numbers: choose a saved card.")
    return processor.tokenize(card)


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


def connect(processor_key: str, secret_key: str, public_key: str = "", *, stripe_account: str = "") -> Connection:
    """Try the keys at the processor. Call it outside a transaction. Raises GatewayProblem.

    `stripe_account`: the connected account that the gateway is for, when the key is its platform's. A type without
    keys has nothing to try: its gateway is given an account when it is stored.
    """
    kind = registry.TYPES[processor_key]
    if not kind.needs_keys:
        return Connection("", kind.label, "", Mode.LIVE)
    mode = check_keys(secret_key, public_key)
    try:
        own = _processor(processor_key, secret_key).account()
        account = _connected(processor_key, secret_key, stripe_account) if stripe_account else own
        if public_key and not _processor(processor_key, secret_key).opens_same_account(public_key):
            raise GatewayProblem(
                "public_key",
                "The publishable key is not of the account that the secret key opens: copy both from the same page of "
                "the Stripe dashboard.",
            )
    except GatewayMisconfigured as error:
        raise GatewayProblem("secret_key", f"{error.message} Copy the key again, or make a new one.") from error
    except ProcessorError as error:
        raise GatewayProblem(
            "secret_key", f"{error.message} The key could not be tried, so nothing was saved: try again in a minute."
        ) from error
    return Connection(account.reference, account.name, account.currency, mode, account.descriptor_prefix, own.reference)


def _connected(processor_key: str, secret_key: str, stripe_account: str) -> Account:
    try:
        return _processor(processor_key, secret_key, stripe_account=stripe_account).account()
    except GatewayMisconfigured as error:
        raise GatewayProblem(
            "mid", f"{error.message} Copy the account number from the platform's dashboard, under Connected accounts."
        ) from error


@transaction.atomic
def store_gateway(
    gateway: Gateway,
    *,
    secret_key: str | None = None,
    signing_secret: str | None = None,
    connection: Connection | None = None,
    imported: bool = False,
) -> Gateway:
    """Save a gateway with its secrets; None keeps a secret as it is. A new key comes with its `connection`.

    `imported`: brought over from another system, so that a type which is not made anew any longer is taken as well.
    Raises GatewayProblem when the type does not allow it, and when the key opens another account than the one that
    this gateway has charged on.
    """
    check_type(gateway, secret_key, imported=imported)
    open_without_keys(gateway)
    if signing_secret is not None:
        take_signing_secret(gateway, signing_secret)
    if secret_key is not None:
        if connection is None:
            raise ValueError("a new secret key is stored with the connection that tried it")
        _take_secret_key(gateway, secret_key, connection)
    _take_account(gateway)
    if not gateway.pk:
        adopt_if_fresh()
    if gateway.is_default:
        _take_over_default(gateway)
    gateway.save()
    return gateway


def _take_over_default(gateway: Gateway) -> None:
    """One after the other: two new defaults at once would meet in the constraint."""
    peers = Gateway.objects.filter(mode=gateway.mode, currency=gateway.currency)
    list(peers.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    peers.filter(is_default=True).exclude(pk=gateway.pk).update(is_default=False)


def _take_secret_key(gateway: Gateway, secret_key: str, connection: Connection) -> None:
    key_account = connection.key_account_id or connection.account_id
    known = gateway.key_account_id or gateway.account_id
    if gateway.pk and known and (key_account, connection.mode) != (known, gateway.mode):
        raise GatewayProblem(
            "secret_key",
            f"This key opens {key_account} in {connection.mode} mode, but the gateway has worked on "
            f"{known} in {gateway.mode} mode. Add a new gateway for the other account.",
        )
    gateway.secret_key = secret_key
    gateway.secret_key_hint = secret_key[-4:]
    gateway.key_account_id = key_account
    gateway.account_name = connection.account_name
    gateway.descriptor_prefix = connection.descriptor_prefix
    gateway.mode = connection.mode
    gateway.currency = gateway.currency or connection.currency
    gateway.paused_at, gateway.pause_reason = None, ""


def _take_account(gateway: Gateway) -> None:
    """Cards and customers belong to the account that is charged: a connected account has its own (D8)."""
    account_id = gateway.mid if gateway.connected_account else gateway.key_account_id
    if gateway.pk and gateway.account_id and account_id and account_id != gateway.account_id:
        raise GatewayProblem(
            "mid",
            f"This gateway has worked on the account {gateway.account_id}, and would work on {account_id} from now on. "
            "Add a new gateway for the other account.",
        )
    gateway.account_id = account_id or gateway.account_id


def pause(gateway: Gateway, reason: str) -> None:
    """No new payment goes through it until somebody has looked; what is in flight is still settled."""
    Gateway.objects.filter(pk=gateway.pk, paused_at=None).update(paused_at=clock.now(), pause_reason=reason[:255])


def register_webhook(gateway: Gateway, public_url: str, *, new_secret: bool = False) -> Gateway:
    """Tell the processor where to send this gateway's news. Call it outside a transaction.

    Our endpoint at this address is renewed, or replaced where its secret is not known or a `new_secret` is wanted; a
    replaced one goes last, so that a call that fails on the way leaves the gateway with a secret that works.
    Raises GatewayProblem with what to paste where the processor could not reach us, and ProcessorError.
    """
    url = webhook_url(gateway, public_url)
    if reason := why_unreachable(url):
        raise GatewayProblem("webhook_url", f"{reason} {what_to_paste(url)}")
    host = Gateway.objects.get(pk=host_of(gateway).pk)
    processor = processor_for(host, as_platform=True)
    ours = [endpoint for endpoint in processor.list_webhooks() if endpoint.url == url]
    known = next((one for one in ours if one.reference == host.webhook_reference and one.is_current), None)
    if known and host.signing_secret and not new_secret:
        processor.renew_webhook(known.reference)
        _share_webhook(gateway, known.reference, url)
    else:
        made = processor.register_webhook(url, connect=gateway.connected_account)
        known = None
        _share_webhook(gateway, made.reference, url, made.signing_secret)
    _drop(processor, [endpoint.reference for endpoint in ours if endpoint != known])
    gateway.refresh_from_db()
    return gateway


@transaction.atomic
def _share_webhook(gateway: Gateway, reference: str, url: str, signing_secret: str = "") -> None:
    """Write down where news comes to, for every gateway that it comes for; a new secret, else the host's own."""
    family = [row.pk for row in family_of(gateway)]
    rows = list(Gateway.objects.select_for_update(of=("self",)).filter(pk__in=family).order_by("pk"))
    for row in rows:
        take_signing_secret(row, signing_secret or rows[0].signing_secret)
        row.webhook_reference, row.webhook_url = reference, url
        row.save()


def _drop(processor: Processor, references: list[str]) -> None:
    """What is left over does no harm but noise, and the next registration tries again."""
    for reference in references:
        try:
            processor.delete_webhook(reference)
        except ProcessorError as error:
            log.warning("the old webhook endpoint %s could not be deleted: %s", reference, error.message)
