"""Fields of our own: secrets that are encrypted at rest, currency codes, minor-unit amounts.

The class names and the FERNET_KEYS setting are those of django-fernet-fields, which no longer imports on Django 4 and
later, and whose forks overwrite secrets in `bulk_update()`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute

from gateways import money


class DecryptionError(Exception):
    """No key in FERNET_KEYS opens a stored value: bring the old key back behind the new one."""


def fernet() -> MultiFernet:
    """The first key encrypts, all of them decrypt."""
    return _fernet(tuple(settings.FERNET_KEYS))


@lru_cache(maxsize=2)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class Token(str):
    """A stored secret, still encrypted."""

    __slots__ = ()


class SecretAttribute(DeferredAttribute):
    """Decrypts when a secret is read, not when its row is: a lost key then hurts only who needs that secret."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return _open(value, self.field) if isinstance(value, Token) else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


def _open(token: Token, field: models.Field[Any, Any]) -> str:
    try:
        return fernet().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError(
            f"{field.model.__name__} {field.verbose_name}: no key in FERNET_KEYS opens the stored value. "
            "Add the key that was in use when it was saved, after the newest one."
        ) from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database holds only as Fernet tokens; an empty value stays empty."""

    descriptor_class = SecretAttribute

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """What was not read is stored as it is, without being decrypted."""
        if self.attname not in model_instance.__dict__:
            getattr(model_instance, self.attname)  # deferred: fetch it, else an empty value would take its place
        return model_instance.__dict__[self.attname] or ""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Token):
            return str(value)
        value = super().get_prep_value(value)
        return fernet().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return Token(value) if value else value

    def value_to_string(self, obj: models.Model) -> str:
        """Exports (`dumpdata`) leave secrets out."""
        return ""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: the database cannot compare it")
        return super().get_lookup(lookup_name)


class EncryptedCharField(EncryptedTextField):
    """A short secret; `max_length` bounds what a person may type, not the stored token."""


def validate_currency(value: str) -> None:
    try:
        money.check_currency(value)
    except money.MoneyError as error:
        raise ValidationError(str(error)) from error


class CurrencyField(models.CharField):  # type: ignore[type-arg]
    """An ISO 4217 code in capitals, of those that Stripe charges."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        kwargs.setdefault("validators", [validate_currency])
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, path, args, kwargs


class AmountField(models.BigIntegerField):  # type: ignore[type-arg]
    """Money in the minor unit of the currency that stands beside it."""
