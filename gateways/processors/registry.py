"""The gateway types: what each says of itself stands in `kinds`; here is one line each."""

from gateways.processors.kinds.base import ProcessorType
from gateways.processors.kinds.offline import OFFLINE
from gateways.processors.kinds.stripe_v1 import STRIPE_V1
from gateways.processors.kinds.stripe_v2 import STRIPE_V2

DEFAULT = "stripe_v2"

TYPES: dict[str, ProcessorType] = {
    entry.key: entry
    for entry in [
        STRIPE_V2,
        STRIPE_V1,
        OFFLINE,
    ]
}


def choices() -> list[tuple[str, str]]:
    return [(entry.key, entry.label) for entry in TYPES.values()]


def fields_of(key: str) -> set[str]:
    """The fields of Gateway that a type uses; the others mean nothing to it."""
    return {name for group in TYPES[key].fields.values() for name in group}


def label_of(key: str, field: str, otherwise: str = "") -> str:
    """What a type calls a field, where that differs from the model's own words."""
    return TYPES[key].labels.get(field, otherwise)


def help_of(key: str, field: str, otherwise: str = "") -> str:
    return TYPES[key].helps.get(field, otherwise)
