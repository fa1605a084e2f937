"""What a gateway type says of itself: its fields and their words, how money comes in, and what it can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateways import money

ACCOUNT = ("name", "processor", "active", "is_default", "currency", "time_zone")
SERVICE = ("service_company", "service_phone", "service_email", "service_site", "service_address", "service_hours")
AMOUNTS = ("monthly_cap", "minimum_amount", "maximum_amount")


@dataclass(frozen=True)
class ProcessorType:
    """`path` names the class that speaks; it is imported when a gateway first needs it.

    `fields` are fields of Gateway by group; `labels` and `helps` are words that differ from the model's; `not_needed`
    tells of a field that people look for, and why there is none. `receipts` are the ways to pay without a card.
    `takes_tokens`: new cards are typed into the processor's own form, and come as confirmation tokens.
    """

    key: str
    label: str
    about: str
    path: str
    fields: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    not_needed: Mapping[str, str] = field(default_factory=dict)
    modes: tuple[str, ...] = ("live", "test")
    why_not: str = ""
    receipts: Mapping[str, str] = field(default_factory=dict)
    needs_keys: bool = True
    has_account: bool = True
    has_webhooks: bool = True
    takes_cards: bool = True
    takes_card_numbers: bool = False
    takes_tokens: bool = False
    can_hold: bool = True
    has_minimum: bool = True

    @property
    def creatable(self) -> bool:
        """May a new gateway be of this type? `why_not` says why it may not."""
        return not self.why_not

    def least(self, currency: str) -> int:
        """The least that one payment can be, in minor units: Stripe has a minimum, a cash box has none."""
        return money.minimum(currency) if self.has_minimum else money.step(currency)
