"""One HTTP client for each process, with time-outs and retries of our choosing, that refuses to wait in a transaction.

The SDK alone would retry nothing and wait 80 seconds (stripe-python 16: StripeClient, RequestsClient).
"""

import logging
import os
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import requests
import stripe
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from gateways import clock

stripe.enable_telemetry = False


def holds_no_body(record: logging.LogRecord) -> bool:
    """At debug level the SDK logs whole bodies: card numbers, client secrets, addresses. Those lines are dropped."""
    text = record.getMessage()
    return "message='Post details'" not in text and "message='API response body'" not in text


logging.getLogger("stripe").addFilter(holds_no_body)


class TransactionOpenError(RuntimeError):
    """A call to the processor was about to be made while a database transaction waits: commit first."""


_silences: ContextVar[int] = ContextVar("silences", default=0)


def forget_silences() -> None:
    _silences.set(0)


def was_silent() -> bool:
    """Did any attempt since `forget_silences` go unanswered? The SDK's own retries hide that from its caller."""
    return _silences.get() > 0


class PatientClient(stripe.RequestsClient):
    """The SDK's own client; it looks first whether a transaction is open, and remembers attempts without an answer."""

    # The SDK's own subclass differs from its base in the same way.
    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        refuse_open_transaction()
        if clock.is_moved():  # the local Stripe follows a simulated month; the real one is never asked in one
            headers = {**(headers or {}), "Local-Clock": str(int(clock.now().timestamp()))}
        try:
            answer = super().request(method, url, headers, post_data)
        except stripe.APIConnectionError:
            _silences.set(_silences.get() + 1)
            raise
        if answer[1] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _silences.set(_silences.get() + 1)
        return answer


def refuse_open_transaction() -> None:
    """A slow gateway must never hold locks. The transaction that a test case wraps around itself does not count."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise TransactionOpenError("commit before you talk to the processor")


def stripe_client(secret_key: str, stripe_account: str | None = None) -> stripe.StripeClient:
    """Cheap: the expensive part, the HTTP client, is shared by all keys of this process."""
    return stripe.StripeClient(
        secret_key,
        stripe_account=stripe_account,
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=settings.STRIPE_NETWORK_RETRIES,
        http_client=_http_client(os.getpid(), settings.STRIPE_SESSION_FACTORY),
    )


@lru_cache(maxsize=4)
def _http_client(process: int, session_factory: str) -> stripe.HTTPClient:
    """Keyed by process, because a connection must not be shared across a fork."""
    session: requests.Session | None = import_string(session_factory)() if session_factory else None
    timeout = (settings.STRIPE_CONNECT_TIMEOUT, settings.STRIPE_READ_TIMEOUT)
    return PatientClient(timeout=timeout, session=session)
