"""The table of endpoints: all that the local Stripe answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.errors import unrecognised
from simulator.objects import (
    accounts,
    balance,
    balance_transactions,
    charges,
    confirmation_tokens,
    customers,
    disputes,
    events,
    payment_intent_params,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    tokens,
    webhook_endpoints,
)
from simulator.params import EXPAND, Shape
from simulator.store import Json

Handler = Callable[..., Json]
"""Takes the world, the typed parameters and the ids in the path; returns the object to answer."""


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    handler: Handler
    takes: Shape = field(default_factory=lambda: EXPAND)
    needs: tuple[str, ...] = ()
    publishable: bool = False


def _get(path: str, handler: Handler, takes: Shape = EXPAND, *, publishable: bool = False) -> Endpoint:
    return Endpoint("GET", path, handler, takes, publishable=publishable)


def _post(
    path: str, handler: Handler, takes: Shape = EXPAND, *, needs: tuple[str, ...] = (), publishable: bool = False
) -> Endpoint:
    return Endpoint("POST", path, handler, takes, needs, publishable)


def _delete(path: str, handler: Handler) -> Endpoint:
    return Endpoint("DELETE", path, handler)


_CUSTOMER = "/v1/customers/{customer}"
_METHOD = "/v1/payment_methods/{payment_method}"
_INTENT = "/v1/payment_intents/{intent}"
_SETUP = "/v1/setup_intents/{intent}"
_CHARGE = "/v1/charges/{charge}"
_REFUND = "/v1/refunds/{refund}"
_DISPUTE = "/v1/disputes/{dispute}"
_HOOK = "/v1/webhook_endpoints/{webhook_endpoint}"
_CTOKENS = "/v1/test_helpers/confirmation_tokens"
_MONEY = ("amount", "currency")

ENDPOINTS = (
    _get("/v1/account", accounts.retrieve_own),
    _get("/v1/accounts/{account}", accounts.retrieve),
    _get("/v1/balance", balance.retrieve),
    _get("/v1/balance_transactions", balance_transactions.list_all, balance_transactions.LIST),
    _get("/v1/balance_transactions/{id}", balance_transactions.retrieve),
    _get("/v1/charges", charges.list_all, charges.LIST),
    _post("/v1/charges", charges.create, charges.CREATE, needs=_MONEY),
    _get(_CHARGE, charges.retrieve),
    _post(_CHARGE, charges.update, charges.UPDATE),
    _post(f"{_CHARGE}/capture", charges.capture, charges.CAPTURE),
    _post(_CTOKENS, confirmation_tokens.create, confirmation_tokens.CREATE, publishable=True),
    _get("/v1/confirmation_tokens/{confirmation_token}", confirmation_tokens.retrieve),
    _get("/v1/customers", customers.list_all, customers.LIST),
    _post("/v1/customers", customers.create, customers.CREATE),
    _get(_CUSTOMER, customers.retrieve),
    _post(_CUSTOMER, customers.update, customers.UPDATE),
    _delete(_CUSTOMER, customers.delete),
    _get(f"{_CUSTOMER}/payment_methods", payment_methods.list_of_customer, payment_methods.LIST),
    _get(f"{_CUSTOMER}/payment_methods/{{payment_method}}", payment_methods.retrieve_of_customer),
    _get("/v1/disputes", disputes.list_all, disputes.LIST),
    _get(_DISPUTE, disputes.retrieve),
    _post(_DISPUTE, disputes.update, disputes.UPDATE),
    _post(f"{_DISPUTE}/close", disputes.close),
    _get("/v1/events", events.list_all, events.LIST),
    _get("/v1/events/{id}", events.retrieve),
    _get("/v1/payment_intents", payment_intents.list_all, payment_intent_params.LIST),
    _post("/v1/payment_intents", payment_intents.create, payment_intent_params.CREATE, needs=_MONEY),
    _get(_INTENT, payment_intents.retrieve, payment_intent_params.RETRIEVE, publishable=True),
    _post(_INTENT, payment_intents.update, payment_intent_params.UPDATE),
    _post(f"{_INTENT}/confirm", payment_intents.confirm, payment_intent_params.CONFIRM, publishable=True),
    _post(f"{_INTENT}/capture", payment_intents.capture, payment_intent_params.CAPTURE),
    _post(f"{_INTENT}/cancel", payment_intents.cancel, payment_intent_params.CANCEL),
    _get("/v1/payment_methods", payment_methods.list_all, payment_methods.LIST),
    _post("/v1/payment_methods", payment_methods.create, payment_methods.CREATE, needs=("type",), publishable=True),
    _get(_METHOD, payment_methods.retrieve),
    _post(_METHOD, payment_methods.update, payment_methods.UPDATE),
    _post(f"{_METHOD}/attach", payment_methods.attach, payment_methods.ATTACH, needs=("customer",)),
    _post(f"{_METHOD}/detach", payment_methods.detach),
    _get("/v1/payouts", payouts.list_all, payouts.LIST),
    _post("/v1/payouts", payouts.create, payouts.CREATE, needs=_MONEY),
    _get("/v1/payouts/{payout}", payouts.retrieve),
    _get("/v1/refunds", refunds.list_all, refunds.LIST),
    _post("/v1/refunds", refunds.create, refunds.CREATE),
    _get(_REFUND, refunds.retrieve),
    _post(_REFUND, refunds.update, refunds.UPDATE),
    _post(f"{_REFUND}/cancel", refunds.cancel),
    _get("/v1/setup_intents", setup_intents.list_all, setup_intents.LIST),
    _post("/v1/setup_intents", setup_intents.create, setup_intents.CREATE),
    _get(_SETUP, setup_intents.retrieve, setup_intents.RETRIEVE, publishable=True),
    _post(f"{_SETUP}/confirm", setup_intents.confirm, setup_intents.CONFIRM, publishable=True),
    _post(f"{_SETUP}/cancel", setup_intents.cancel, setup_intents.CANCEL),
    _post("/v1/tokens", tokens.create, tokens.CREATE, needs=("card",), publishable=True),
    _get("/v1/webhook_endpoints", webhook_endpoints.list_all, webhook_endpoints.LIST),
    _post("/v1/webhook_endpoints", webhook_endpoints.create, webhook_endpoints.CREATE, needs=("url", "enabled_events")),
    _get(_HOOK, webhook_endpoints.retrieve),
    _post(_HOOK, webhook_endpoints.update, webhook_endpoints.UPDATE),
    _delete(_HOOK, webhook_endpoints.delete),
)

_LITERAL = {(row.method, row.path): row for row in ENDPOINTS if "{" not in row.path}
_PATTERNS = tuple(
    (row.method, re.compile(re.sub(r"\{\w+\}", "([^/]+)", row.path)), row) for row in ENDPOINTS if "{" in row.path
)


def route(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
    """The endpoint and the ids in the path."""
    path = path.rstrip("/")
    if row := _LITERAL.get((method, path)):
        return row, ()
    for verb, pattern, endpoint in _PATTERNS:
        if verb == method and (match := pattern.fullmatch(path)):
            return endpoint, match.groups()
    raise unrecognised(method, path)
