"""The verbs that every processor speaks, and the values and errors that it answers with.

A decline is a *value*: the issuer was asked and said no. The three errors are named by what the caller must do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from gateways.processors.disputes import SpeaksOfDisputes

Draft = Mapping[str, Any]
"""The body of a charge, frozen when the payment is reserved: a replay is then the same to the byte."""


class Outcome(StrEnum):
    CAPTURED = "captured"
    AUTHORIZED = "authorized"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    DECLINED = "declined"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Decline:
    """Why the issuer said no. `hard`: this card will not do, whenever we ask. `message` is for a person to read."""

    code: str
    hard: bool
    message: str
    advice: str = ""


@dataclass(frozen=True)
class SavedCard:
    """A card that the processor keeps for us; only what may be shown."""

    reference: str
    customer_reference: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str = ""


@dataclass(frozen=True)
class Result:
    """What the processor says of a payment now. Amounts in minor units of `currency` (capitals).

    `saved_card` is the card that was paid with, where the processor was asked to keep it and does.
    """

    outcome: Outcome
    reference: str
    amount: int
    currency: str
    livemode: bool
    amount_captured: int = 0
    amount_refunded: int = 0
    charge_reference: str = ""
    decline: Decline | None = None
    action_url: str = ""
    capture_before: datetime | None = None
    fee: int | None = None
    net: int | None = None
    settled_currency: str = ""
    statement_text: str = ""
    card_brand: str = ""
    card_last4: str = ""
    our_key: str = ""
    saved_card: SavedCard | None = None
    request_id: str = field(default="", compare=False)


class Saving(StrEnum):
    SAVED = "saved"
    REQUIRES_ACTION = "requires_action"
    DECLINED = "declined"
    PROCESSING = "processing"


@dataclass(frozen=True)
class SavingResult:
    """How far the processor is with keeping a card that nothing is charged on.

    `reference` is what `fetch_saving` and `client_secret` take while the cardholder must confirm; empty where the
    processor made nothing. `action_url` is the bank's page, where the cardholder can be sent there.
    """

    outcome: Saving
    reference: str
    customer_reference: str = ""
    livemode: bool = False
    card: SavedCard | None = None
    decline: Decline | None = None
    action_url: str = ""


class RefundOutcome(StrEnum):
    """`PROCESSING`: taken on, and the bank has not confirmed it. A refund that succeeded may still fail later."""

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class RefundResult:
    """What the processor says of a refund now. `our_key` is empty where it was not made by us."""

    reference: str
    amount: int
    currency: str
    status: RefundOutcome
    failure_reason: str = ""
    our_key: str = ""
    reason: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True)
class CapturedCharge:
    """Money that was taken on an account, whoever asked for it. `amount` is gross: refunds take nothing off.

    `our_key` is the key of the payment that it belongs to; empty where the charge was not made by Midway.
    """

    reference: str
    our_key: str
    amount: int
    currency: str
    created_at: datetime


@dataclass(frozen=True)
class Account:
    """The merchant's account as the processor reports it.

    `bank_accounts` is None where the processor does not tell; `open_requirements` is what it still wants to know.
    """

    reference: str
    name: str
    currency: str
    country: str
    charges_enabled: bool
    payouts_enabled: bool
    descriptor_prefix: str = ""
    details_submitted: bool = True
    bank_accounts: tuple[str, ...] | None = None
    payout_rhythm: str = ""
    open_requirements: tuple[str, ...] = ()


@dataclass(frozen=True)
class WebhookRegistration:
    reference: str
    signing_secret: str


@dataclass(frozen=True)
class WebhookEndpoint:
    """An address that the processor sends news to. `missing` are the events that we need and it is not sent."""

    reference: str
    url: str
    enabled: bool
    missing: tuple[str, ...] = ()
    is_current: bool = True
    """Its events are written in the version of the API that we read."""


@dataclass(frozen=True)
class Event:
    """News from the processor. `payment_reference` and `our_key` say which payment it is about, if any."""

    reference: str
    type: str
    livemode: bool
    created_at: datetime
    account: str = ""
    object_type: str = ""
    object_reference: str = ""
    payment_reference: str = ""
    our_key: str = ""
    signed_before_rotation: bool = False
    """It was verified with the previous signing secret: the newest one is not proven by it."""


@dataclass(frozen=True)
class Switches:
    """What a gateway's owner decided to send and to keep (S2-08 to S2-22, S2-55). The model explains each."""

    descriptor_prefix: str = ""
    descriptor_suffix: str = ""
    send_product_name: bool = False
    send_product_as_suffix: bool = False
    send_upsell_token: bool = False
    send_radar_sessions: bool = False
    disable_phone: bool = False
    disable_email: bool = False
    disable_email_receipt: bool = False
    do_not_send_address: bool = False
    do_not_send_descriptor: bool = False
    create_customer: bool = False
    moto: bool = False


@dataclass(frozen=True)
class Recipient:
    """Who gets the goods, as far as the processor may know."""

    name: str
    email: str = ""
    phone: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class ChargeRequest:
    """What Midway wants of a processor, in Midway's words. `payment_method` is a reference, never a card number.

    A `confirmation_token` stands for a card that was typed into the processor's own form, and replaces it.
    `save_card` keeps the card for the customer. `moto`: an operator enters it for a customer who is on the phone.
    `in_page`: the page at which the customer is can show the bank's question itself. `radar_session` comes from a
    checkout page. `receipt` is the number on the paper that came with money in hand.
    """

    our_key: str
    amount: int
    currency: str
    payment_method: str
    capture: bool
    description: str
    customer_reference: str = ""
    return_url: str = ""
    off_session: bool = False
    moto: bool = False
    products: tuple[str, ...] = ()
    recipient: Recipient | None = None
    radar_session: str = ""
    receipt: str = ""
    confirmation_token: str = ""
    save_card: bool = False
    in_page: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


class ProcessorError(Exception):
    """The conversation with the processor broke. `message` is for an operator to read and holds no secret."""

    def __init__(self, message: str, *, code: str = "", param: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.request_id = request_id


class GatewayMisconfigured(ProcessorError):
    """The key or the account is refused: pause the gateway and tell someone."""


class InvalidRequest(ProcessorError):
    """Our bug, or the operator's input: never retry it unchanged."""


class GatewayUnavailable(ProcessorError):
    """We asked and did not hear the answer, or were told to come back later: replay with the same key, or `find`."""


RAW_CARDS_REFUSED = "raw_cards_refused"
"""The code of an InvalidRequest: the merchant has not allowed the processor to take card numbers from us (S2-41)."""


class BadSignature(Exception):
    """A webhook that was not signed with the gateway's secret, or too long ago, or that is no JSON."""


class Processor(SpeaksOfDisputes, Protocol):
    """One account at one payment company. Every call may raise the three errors above, and nothing else on purpose."""

    def prepare(self, request: ChargeRequest) -> Draft:
        """The body to send. Pure: no call, no clock."""
        ...

    def charge(self, draft: Draft, *, key: str) -> Result:
        """Authorize and capture at once. The same key with the same draft never charges twice."""
        ...

    def authorize(self, draft: Draft, *, key: str) -> Result:
        """Hold the funds; `capture` takes them, `void` releases them."""
        ...

    def capture(self, reference: str, amount: int, *, key: str) -> Result: ...

    def void(self, reference: str, *, key: str) -> Result: ...

    def refund(
        self, reference: str, amount: int, *, key: str, our_key: str = "", reason: str = "", number: str = ""
    ) -> RefundResult:
        """Give back a captured payment, or part of it. `refunds_of` tells `our_key` again; `number` is for people."""
        ...

    def refunds_of(self, reference: str) -> list[RefundResult]:
        """Every refund of a payment, whoever made it, oldest first."""
        ...

    def verify(self, payment_method: str, customer_reference: str, *, key: str) -> SavedCard:
        """Check a card without charging it and keep it for later."""
        ...

    def save_from_token(
        self, confirmation_token: str, customer_reference: str, *, key: str, return_url: str = "", in_page: bool = True
    ) -> SavingResult:
        """Keep a card that was typed into the processor's own form, while its holder is there. Charges nothing.

        In test mode the name of a test card does as well. `in_page`: the page can show the bank's question; else the
        holder is sent to the bank, and back to `return_url`.
        """
        ...

    def fetch_saving(self, reference: str) -> SavingResult: ...

    def ask_again(self, reference: str, *, key: str, in_page: bool, return_url: str = "") -> Result:
        """Have the bank ask a cardholder again who did not confirm a payment, about the same card."""
        ...

    def client_secret(self, reference: str) -> str:
        """What lets a page show the bank's question about a payment, or about a card that is being kept.

        Fetched each time: whoever has it may act for the cardholder, so that it is never stored or logged.
        """
        ...

    def fingerprint(self, confirmation_token: str) -> str:
        """What tells the card behind a token from every other one, before it is charged; empty where nobody says."""
        ...

    def fetch(self, reference: str) -> Result: ...

    def find(self, our_key: str, *, around: datetime) -> Result | None:
        """The payment that carries our key, when we never heard its reference. None: the processor knows of none."""
        ...

    def captured_between(self, start: datetime, end: datetime) -> Iterator[CapturedCharge]:
        """All money taken on the account by charges that were made from `start` up to, not at, `end`."""
        ...

    def account(self) -> Account: ...

    def create_customer(self, recipient: Recipient, *, label: str, key: str) -> str: ...

    def opens_same_account(self, public_key: str) -> bool:
        """Do the publishable key and ours belong together? Nothing is charged to find out."""
        ...

    def register_webhook(self, url: str, *, connect: bool = False) -> WebhookRegistration:
        """A new endpoint with a secret of its own. `connect`: for the news of all connected accounts."""
        ...

    def list_webhooks(self) -> list[WebhookEndpoint]: ...

    def renew_webhook(self, reference: str) -> None:
        """Let a known endpoint send all events that we need, and switch it on; its secret stays."""
        ...

    def delete_webhook(self, reference: str) -> None: ...

    def parse_event(self, body: bytes, signature: str) -> Event:
        """Verify and read a webhook. Raises BadSignature."""
        ...

    def read_event(self, body: bytes) -> Event:
        """Read a webhook that was verified when it came. Raises ValueError."""
        ...
