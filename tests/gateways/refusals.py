"""The database's own no: Python is gone around, so that only a constraint can refuse."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, models, transaction


def constraint_of(model: type[models.Model], name: str) -> models.BaseConstraint:
    return next(constraint for constraint in model._meta.constraints if constraint.name == name)


def sign_of(model: type[models.Model], name: str) -> str:
    """What the database's message has: the name; for a unique constraint on SQLite the columns."""
    constraint = constraint_of(model, name)
    if connection.vendor != "sqlite" or not isinstance(constraint, models.UniqueConstraint):
        return name
    columns = {field.name: field.column for field in model._meta.concrete_fields}
    return ", ".join(f"{model._meta.db_table}.{columns[name]}" for name in constraint.fields)


def database_refuses(model: type[models.Model], name: str, change: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        change()
    assert sign_of(model, name) in str(refusal.value)


def update_is_refused(row: models.Model, name: str, /, **fields: object) -> None:
    model = type(row)
    database_refuses(model, name, lambda: model._default_manager.filter(pk=row.pk).update(**fields))


def names_of(model: type[models.Model]) -> set[str]:
    return {constraint.name for constraint in model._meta.constraints}
