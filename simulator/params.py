"""Checks of incoming parameters: each turns form text into a typed value or raises Stripe's complaint."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulator.errors import StripeError, invalid, missing_param, unknown_params

Check = Callable[[str, Any], Any]
Shape = Mapping[str, Check]

_INTEGER = re.compile(r"-?\d{1,18}")


def read(raw: Mapping[str, Any], shape: Shape, needs: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything that the request says, typed; unknown names first, as Stripe complains of them first."""
    if strangers := _strangers(raw, shape, ""):
        raise unknown_params(strangers)
    for name in needs:
        if name not in raw:
            raise missing_param(name)
    return {name: shape[name](name, value) for name, value in raw.items()}


def _strangers(raw: Mapping[str, Any], shape: Shape, at: str) -> list[str]:
    return [f"{at}[{name}]" if at else name for name in raw if name not in shape]


def integer(name: str, raw: Any) -> int:
    if not isinstance(raw, str) or not _INTEGER.fullmatch(raw):
        raise invalid(f"Invalid integer: {raw}", name, "parameter_invalid_integer")
    return int(raw)


def positive(name: str, raw: Any) -> int:
    value = integer(name, raw)
    if value < 1:
        raise invalid("This value must be greater than or equal to 1.", name, "parameter_invalid_integer")
    return value


def boolean(name: str, raw: Any) -> bool:
    if raw not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {raw}", name)
    return bool(raw == "true")


def text(limit: int = 5000) -> Check:
    """A string; an empty one unsets the field."""

    def check(name: str, raw: Any) -> str | None:
        if not isinstance(raw, str):
            raise invalid(f"Invalid string: {raw}", name)
        if len(raw) > limit:
            words = f"Invalid string: {raw[:12]}...{raw[-4:]}; must be at most {limit} characters"
            raise invalid(words, name, "parameter_invalid_string_too_long")
        return raw or None

    return check


def ident(name: str, raw: Any) -> str:
    """An id, which cannot be emptied."""
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {raw}", name)
    if not raw:
        words = (
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty "
            "value."
        )
        raise invalid(words, name, "parameter_invalid_empty")
    return raw


def one_of(*values: str) -> Check:
    def check(name: str, raw: Any) -> str:
        if raw not in values:
            listed = f"{', '.join(values[:-1])}, or {values[-1]}" if len(values) > 1 else values[0]
            raise invalid(f"Invalid {name}: must be one of {listed}", name)
        return str(raw)

    return check


def hash_of(shape: Shape, needs: tuple[str, ...] = ()) -> Check:
    """A nested object; an empty string unsets it."""

    def check(name: str, raw: Any) -> dict[str, Any] | None:
        if raw == "":
            return None
        if not isinstance(raw, dict):
            raise invalid("Invalid object", name)
        if strangers := _strangers(raw, shape, name):
            raise unknown_params(strangers)
        for need in needs:
            if need not in raw:
                raise missing_param(f"{name}[{need}]")
        return {key: shape[key](f"{name}[{key}]", value) for key, value in raw.items()}

    return check


def list_of(check_item: Check) -> Check:
    def check(name: str, raw: Any) -> list[Any]:
        if raw == "":
            return []
        if not isinstance(raw, dict) or not all(key.isdigit() for key in raw):
            raise invalid("Invalid array", name)
        return [check_item(f"{name}[{key}]", raw[key]) for key in sorted(raw, key=int)]

    return check


def either(*checks: Check) -> Check:
    """The first reading that fits; the last one's complaint when none does."""

    def check(name: str, raw: Any) -> Any:
        for attempt in checks[:-1]:
            try:
                return attempt(name, raw)
            except StripeError:  # a reading that does not fit is no failure yet
                continue
        return checks[-1](name, raw)

    return check


def metadata(name: str, raw: Any) -> dict[str, str]:
    """At most 50 keys of 40 characters, values of 500 (docs.stripe.com/api/metadata); empty clears all."""
    if raw == "":
        return {"": ""}
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise invalid("Invalid object", name)
    if len(raw) > 50:
        raise invalid("Metadata may have at most 50 keys.", name)
    for key, value in raw.items():
        if len(key) > 40:
            raise invalid(f"Metadata keys may have at most 40 characters: {key[:12]}...", name)
        if len(value) > 500:
            words = f"Metadata values can have up to 500 characters; {key} has {len(value)}"
            raise invalid(words, f"{name}[{key}]")
    return raw


def merge_metadata(old: Mapping[str, str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Keys are added or replaced; an empty value removes its key; `metadata=""` removes all."""
    if given is None:
        return dict(old)
    if given == {"": ""}:
        return {}
    return {key: value for key, value in {**old, **given}.items() if value != ""}


TEXT = text()
ADDRESS: Shape = {
    "city": TEXT,
    "country": TEXT,
    "line1": TEXT,
    "line2": TEXT,
    "postal_code": TEXT,
    "state": TEXT,
}
SHIPPING = hash_of(
    {"address": hash_of(ADDRESS), "name": TEXT, "phone": TEXT, "carrier": TEXT, "tracking_number": TEXT},
    needs=("address",),
)
BILLING_DETAILS = hash_of({"address": hash_of(ADDRESS), "email": TEXT, "name": TEXT, "phone": TEXT, "tax_id": TEXT})
EXPAND: Shape = {"expand": list_of(ident)}
RANGE = either(hash_of({"gt": integer, "gte": integer, "lt": integer, "lte": integer}), integer)
PAGE: Shape = {**EXPAND, "limit": integer, "starting_after": ident, "ending_before": ident}
