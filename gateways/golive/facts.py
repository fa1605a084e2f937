"""What the processor says of a gateway's account: asked when a check first needs it, and once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from gateways.models import Gateway
from gateways.processors.base import Account, GatewayMisconfigured, Processor, ProcessorError, WebhookEndpoint
from gateways.services import processor_for

Value = TypeVar("Value")


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """What was told, or why nothing was."""

    value: Value | None = None
    error: ProcessorError | None = None

    @property
    def told(self) -> Value:
        """Look at `error` first."""
        if self.value is None:
            raise ValueError("the processor told nothing")
        return self.value


class Facts:
    """Keep one for one run of the checks. Call it outside a transaction."""

    def __init__(self, gateway: Gateway, public_url: str) -> None:
        self.gateway = gateway
        self.public_url = public_url

    @cached_property
    def account(self) -> Answer[Account]:
        return self._ask(lambda processor: processor.account())

    @cached_property
    def is_pair(self) -> Answer[bool]:
        return self._ask_further(lambda processor: processor.opens_same_account(self.gateway.public_key))

    @cached_property
    def webhooks(self) -> Answer[list[WebhookEndpoint]]:
        return self._ask_further(lambda processor: processor.list_webhooks(), as_platform=True)

    def _ask_further(self, question: Callable[[Processor], Value], *, as_platform: bool = False) -> Answer[Value]:
        """A key that was refused once need not be tried again."""
        if isinstance(self.account.error, GatewayMisconfigured):
            return Answer(error=self.account.error)
        return self._ask(question, as_platform=as_platform)

    def _ask(self, question: Callable[[Processor], Value], *, as_platform: bool = False) -> Answer[Value]:
        try:
            return Answer(question(processor_for(self.gateway, as_platform=as_platform)))
        except ProcessorError as error:
            return Answer(error=error)
