"""Stored secrets under the newest key of FERNET_KEYS: row by row, so that it can stop anywhere and go on later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from gateways.fields import EncryptedTextField, Token, fernet

Secrets = tuple[type[models.Model], list[str]]
"""A model and the names of its encrypted fields."""


@dataclass
class Row:
    """What became of one row's secrets; the lists hold names of fields, never a value."""

    name: str
    renewed: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def rows() -> list[tuple[Secrets, Any]]:
    """Every row that may hold a secret, in the order in which they are gone through."""
    return [
        (secrets, pk)
        for secrets in _models_with_secrets()
        for pk in secrets[0]._base_manager.order_by("pk").values_list("pk", flat=True)  # noqa: SLF001
    ]


def _models_with_secrets() -> Iterator[Secrets]:
    for model in apps.get_models():
        names = [one.attname for one in model._meta.concrete_fields if isinstance(one, EncryptedTextField)]  # noqa: SLF001
        if names:
            yield model, names


@transaction.atomic
def renew(secrets: Secrets, pk: Any, *, dry_run: bool = False) -> Row | None:
    """Encrypt one row's secrets anew, where the newest key does not open them yet. None when the row is gone.

    The row is locked and read in one transaction, so a secret that somebody saves meanwhile is never written over.
    """
    model, names = secrets
    found = model._base_manager.select_for_update().filter(pk=pk).first()  # noqa: SLF001
    if found is None:
        return None
    row = Row(str(found))
    changes: dict[str, Token] = {}
    for name in names:
        stored = found.__dict__[name]
        if not isinstance(stored, Token):
            continue  # empty
        if _is_current(stored):
            row.current.append(name)
        elif renewed := _renewed(stored):
            row.renewed.append(name)
            changes[name] = renewed
        else:
            row.unreadable.append(name)
    if changes and not dry_run:
        model._base_manager.filter(pk=pk).update(**changes)  # noqa: SLF001
    return row


def _is_current(token: Token) -> bool:
    try:
        Fernet(settings.FERNET_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def _renewed(token: Token) -> Token | None:
    """None when no key opens it."""
    try:
        return Token(fernet().rotate(token.encode()).decode())
    except InvalidToken:
        return None
