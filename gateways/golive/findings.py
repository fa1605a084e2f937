"""What a check found: how it stands in one sentence, and what to do about it."""

from dataclasses import dataclass

from gateways.models import GoLiveCheck
from gateways.processors.base import GatewayUnavailable, ProcessorError

Outcome = GoLiveCheck.Outcome
LONGEST = 500


@dataclass(frozen=True)
class Finding:
    outcome: GoLiveCheck.Outcome
    sentence: str
    remedy: str = ""

    @property
    def detail(self) -> str:
        """For a person to read; a long list in it is cut before the remedy is."""
        room = LONGEST - len(self.remedy) - 1
        sentence = self.sentence if len(self.sentence) <= room else f"{self.sentence[: room - 1]}…"
        return f"{sentence} {self.remedy}".strip()


def ok(sentence: str) -> Finding:
    return Finding(Outcome.OK, sentence)


def warning(sentence: str, remedy: str) -> Finding:
    return Finding(Outcome.WARNING, sentence, remedy)


def failed(sentence: str, remedy: str) -> Finding:
    return Finding(Outcome.FAILED, sentence, remedy)


def unseen(error: ProcessorError) -> Finding:
    """The processor was asked and told us nothing. Silence proves nothing, so it is no failure."""
    if isinstance(error, GatewayUnavailable):
        return warning("Stripe did not answer, so this was not looked at.", "Run the check again in a minute.")
    return failed(f"This could not be looked at. {error.message}", "Mend the key first, then run the check again.")
