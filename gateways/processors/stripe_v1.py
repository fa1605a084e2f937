"""Stripe with card numbers, the legacy type: what StripeV2 does, of a card that an operator typed (S2-50 to S2-60).

The number goes to Stripe in the request that brought it, and only the reference of what Stripe made of it comes back.
"""

import os
from dataclasses import dataclass, field
from typing import Any

import stripe

from gateways.processors.base import (
    ChargeRequest,
    Draft,
    GatewayUnavailable,
    InvalidRequest,
    ProcessorError,
    Switches,
)
from gateways.processors.raw_cards import RawCard
from gateways.processors.stripe_client import stripe_client
from gateways.processors.stripe_errors import decline_of, translated
from gateways.processors.stripe_v2 import StripeV2


@dataclass(frozen=True)
class StripeV1:
    """Speaks for one key. The secrets are in no repr."""

    secret_key: str = field(repr=False)
    signing_secrets: tuple[str, ...] = field(repr=False, default=())
    stripe_account: str = ""
    switches: Switches = field(default_factory=Switches)

    @property
    def _v2(self) -> StripeV2:
        return StripeV2(self.secret_key, self.signing_secrets, self.stripe_account, self.switches)

    def tokenize(self, card: RawCard) -> str:
        """Raises one of the three errors, without the trail that would lead a reader of traces to the number."""
        _refuse_talkative_sdk()
        try:
            return self._hand_over(card)
        except ProcessorError as error:
            raise error.with_traceback(None) from None
        except Exception as error:
            raise GatewayUnavailable(f"The card could not be handed over ({type(error).__name__}).") from None

    def _hand_over(self, card: RawCard) -> str:
        numbers: Any = {
            "number": card.number,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "cvc": card.cvc,
        }
        client = stripe_client(self.secret_key, self.stripe_account or None)
        with translated():
            try:
                return client.v1.payment_methods.create({"type": "card", "card": numbers}).id
            except stripe.CardError as error:
                declined = decline_of(error)
                if declined is None:
                    raise
                raise InvalidRequest(declined.message, code=declined.code, param=error.param or "") from None

    def prepare(self, request: ChargeRequest) -> Draft:
        """V1 has no page for 3-D Secure: a card that asks for it is declined rather than left waiting."""
        body = {name: value for name, value in self._v2.prepare(request).items() if name != "return_url"}
        return body if request.off_session else {**body, "error_on_requires_action": True}

    def __getattr__(self, verb: str) -> Any:
        """Every other verb is StripeV2's own."""
        if verb.startswith("_"):
            raise AttributeError(verb)
        return getattr(self._v2, verb)


def _refuse_talkative_sdk() -> None:
    """At this level the SDK prints every body to the terminal, and nothing can blot out a number there."""
    if "debug" in {stripe.log, os.environ.get("STRIPE_LOG", "")}:
        raise InvalidRequest("STRIPE_LOG=debug would print the card number: unset it and restart Midway.")
