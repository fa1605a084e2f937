"""A second gateway on the same account, such as one for another statement suffix (S2-09)."""

import re
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from gateways.errors import GatewayProblem
from gateways.models import Gateway, new_slug

COPY = re.compile(r" \(copy(?: \d+)?\)$")
MOST_TRIES = 5

FRESH: dict[str, Callable[[], Any]] = {
    # Of its own, or not yet earned.
    "slug": new_slug,
    "active": lambda: False,
    "is_default": lambda: False,
    # The registration is of the other gateway's address: the copy has an address of its own, to which nobody sends
    # anything until it is registered. News of the shared account still arrives through the other gateway.
    "webhook_reference": str,
    "webhook_url": str,
    "signing_secret_proven_at": lambda: None,
}


def duplicate_gateway(gateway: Gateway) -> Gateway:
    """An inactive copy with everything that the gateway has; its secrets are copied as they are stored, encrypted.

    Raises GatewayProblem for a type that is not made anew any longer (S2-50).
    """
    if not gateway.kind.creatable:
        raise GatewayProblem("processor", gateway.kind.why_not)
    for tries_left in reversed(range(MOST_TRIES)):
        try:
            return _copy(gateway)
        except IntegrityError:  # somebody took the name in the same moment
            if not tries_left:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def _copy(gateway: Gateway) -> Gateway:
    source = Gateway.objects.select_for_update(of=("self",)).get(pk=gateway.pk)
    copy = Gateway()
    for field in Gateway._meta.concrete_fields:  # noqa: SLF001  Django's own documented way to a model's fields
        if not field.primary_key:
            copy.__dict__[field.attname] = source.__dict__[field.attname]  # a secret stays the token that it is
    for name, make in FRESH.items():
        setattr(copy, name, make())
    copy.name = _free_name(source.name)
    copy._change_reason = f"Copied from {source.name}"[:100]  # type: ignore[attr-defined]  # noqa: SLF001
    copy.save(force_insert=True)
    return copy


def _free_name(name: str) -> str:
    """`Shop (copy)`, `Shop (copy 2)`, …: as much of the name as leaves room for the mark."""
    stem = COPY.sub("", name)
    longest = Gateway._meta.get_field("name").max_length or 0  # noqa: SLF001
    number = 1
    while True:
        mark = " (copy)" if number == 1 else f" (copy {number})"
        candidate = f"{stem[: longest - len(mark)]}{mark}"
        if not Gateway.objects.filter(name=candidate).exists():
            return candidate
        number += 1
