"""Whose request is it? The account by its API key (docs.stripe.com/keys)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from simulator.errors import StripeError, unauthorized
from simulator.ids import stable_id

_KEY = re.compile(r"(sk|rk|pk)_test_([A-Za-z0-9_]+)")
_LIVE = re.compile(r"(sk|rk|pk)_live_")
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{8,}")

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    "can help at https://support.stripe.com/."
)
LIVE_KEY = "This is the local Stripe, where no money moves: it never takes a live key. Use a key in test mode."


@dataclass(frozen=True)
class Caller:
    key: str
    account: str
    name: str
    publishable: bool


def identify(authorization: str) -> Caller:
    """The caller of an Authorization header; two keys that differ after the last underscore share an account."""
    key = _read(authorization)
    if not key:
        raise unauthorized(NO_KEY)
    if _LIVE.match(key):
        raise unauthorized(LIVE_KEY)
    match = _KEY.fullmatch(key)
    if match is None:
        raise unauthorized(f"Invalid API Key provided: {mask(key)}")
    name = match[2].rpartition("_")[0] or match[2]
    return Caller(key, account_id(name), name, match[1] == "pk")


def account_id(name: str) -> str:
    """The account that the keys `sk_test_<name>_…` belong to."""
    return stable_id("acct_", name)


def is_live(key: str) -> bool:
    return _LIVE.match(key.strip()) is not None


def mask(key: str) -> str:
    return f"{key[:8]}{'*' * max(len(key) - 12, 4)}{key[-4:]}" if len(key) > 12 else "*" * len(key)


def expired(key: str) -> StripeError:
    return unauthorized(f"Expired API Key provided: {mask(key)}", "api_key_expired")


def connected_account(header: str, key: str) -> str:
    if not _ACCOUNT.fullmatch(header):
        raise no_access(header, key)
    return header


def no_access(account: str, key: str) -> StripeError:
    words = (
        f"The provided key '{mask(key)}' does not have access to account '{account}' (or that account does not exist). "
        "Application access may have been revoked."
    )
    return StripeError(403, "invalid_request_error", words, code="account_invalid")


def _read(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return value
    return ""
