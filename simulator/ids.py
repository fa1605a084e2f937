"""Identifiers that look like Stripe's."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def random_text(length: int = 24) -> str:
    number = secrets.randbits(length * 6)
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def new_id(prefix: str) -> str:
    return f"{prefix}_{random_text()}"


def stable_id(prefix: str, text: str, length: int = 16) -> str:
    """The same text always has the same id: an account by its key, a fingerprint by its card."""
    return f"{prefix}{hashlib.sha256(text.encode()).hexdigest()[:length]}"
