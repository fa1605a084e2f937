"""What a processor says of a dispute, and the verbs about disputes that every processor speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

Evidence = Mapping[str, str]
"""Why the payment was right, in texts under the processor's own names of them."""


@dataclass(frozen=True)
class DisputeResult:
    """How a dispute stands now. `amount` is in minor units of `currency`, what moved in those of `settled_currency`.

    `movements` and `submissions` only ever grow, so that of two looks at a dispute the newer one can be told.
    """

    reference: str
    payment_reference: str
    charge_reference: str
    amount: int
    currency: str
    livemode: bool
    status: str
    reason: str
    opened_at: datetime
    evidence_due_at: datetime | None = None
    network_reason: str = ""
    submissions: int = 0
    movements: int = 0
    withdrawn: int = 0
    reinstated: int = 0
    fee_taken: int = 0
    settled_currency: str = ""
    request_id: str = field(default="", compare=False)


class SpeaksOfDisputes(Protocol):
    """Every call may raise the three errors of the processors, and nothing else on purpose."""

    def fetch_dispute(self, reference: str) -> DisputeResult: ...

    def list_disputes(self, *, since: datetime) -> list[DisputeResult]:
        """All that were opened since then, whatever payment they are about."""
        ...

    def answer_dispute(self, reference: str, evidence: Evidence, *, key: str) -> DisputeResult:
        """Send the evidence to the bank. It cannot be taken back, and mostly it can be done only once."""
        ...

    def accept_dispute(self, reference: str, *, key: str) -> DisputeResult:
        """Give up: the dispute is lost. It cannot be taken back."""
        ...
