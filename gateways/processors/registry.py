"""The gateway types: a folder entry and one line each."""

from dataclasses import dataclass

DEFAULT = "stripe_v2"


@dataclass(frozen=True)
class ProcessorType:
    """`path` names the class; it is imported when a gateway first needs it."""

    key: str
    label: str
    path: str


TYPES = {
    entry.key: entry
    for entry in [
        ProcessorType("stripe_v2", "Stripe V2", "gateways.processors.stripe_v2.StripeV2"),
    ]
}


def choices() -> list[tuple[str, str]]:
    return [(entry.key, entry.label) for entry in TYPES.values()]
