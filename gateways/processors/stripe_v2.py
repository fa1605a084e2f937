"""Stripe by PaymentIntents: 3-D Secure is Stripe's own, and no card number ever comes near us (S2-03, S2-04)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import stripe

from gateways.processors import stripe_results as read
from gateways.processors import stripe_saving as saving
from gateways.processors.base import (
    Account,
    BadSignature,
    CapturedCharge,
    ChargeRequest,
    Draft,
    Event,
    InvalidRequest,
    Recipient,
    RefundResult,
    Result,
    SavedCard,
    SavingResult,
    Switches,
    WebhookEndpoint,
    WebhookRegistration,
)
from gateways.processors.declines import AUTHENTICATION_REQUIRED, decline
from gateways.processors.stripe_body import customer_body, intent_body, refund_body
from gateways.processors.stripe_client import stripe_client
from gateways.processors.stripe_disputes import StripeDisputes
from gateways.processors.stripe_errors import decline_of, translated
from gateways.processors.stripe_events import WEBHOOK_EVENTS
from gateways.processors.test_cards import is_test_card

SIGNATURE_TOLERANCE = 300  # seconds: docs.stripe.com/webhooks#replay-attacks


@dataclass(frozen=True)
class StripeV2(StripeDisputes):
    """Speaks for one key. The secrets are in no repr."""

    secret_key: str = field(repr=False)
    signing_secrets: tuple[str, ...] = field(repr=False, default=())
    stripe_account: str = ""
    switches: Switches = field(default_factory=Switches)

    @property
    def _client(self) -> stripe.StripeClient:
        return stripe_client(self.secret_key, self.stripe_account or None)

    def prepare(self, request: ChargeRequest) -> Draft:
        return intent_body(request, self.switches)

    def charge(self, draft: Draft, *, key: str) -> Result:
        return self._confirmed(draft, key)

    def authorize(self, draft: Draft, *, key: str) -> Result:
        return self._confirmed(draft, key)

    def _confirmed(self, draft: Draft, key: str) -> Result:
        params: Any = {**draft, "expand": read.EXPAND}
        return self._answered(lambda: self._client.v1.payment_intents.create(params, _keyed(key)))

    def _answered(self, confirm: Callable[[], stripe.PaymentIntent]) -> Result:
        """The issuer's no is an answer, not an error."""
        with translated():
            try:
                intent = confirm()
            except stripe.CardError as error:
                declined = decline_of(error)
                refused: stripe.PaymentIntent | None = getattr(error.error, "payment_intent", None)
                if declined is None or refused is None:
                    raise
                return read.payment_result(refused, declined=declined)
        return read.payment_result(intent)

    def capture(self, reference: str, amount: int, *, key: str) -> Result:
        """Take `amount` of what is held; the rest is released."""
        with translated():
            intent = self._client.v1.payment_intents.capture(
                reference, {"amount_to_capture": amount, "expand": read.EXPAND}, {"idempotency_key": key}
            )
        return read.payment_result(intent)

    def void(self, reference: str, *, key: str) -> Result:
        with translated():
            intent = self._client.v1.payment_intents.cancel(
                reference, {"expand": read.EXPAND}, {"idempotency_key": key}
            )
        return read.payment_result(intent)

    def refund(
        self, reference: str, amount: int, *, key: str, our_key: str = "", reason: str = "", number: str = ""
    ) -> RefundResult:
        params: Any = refund_body(reference, amount, our_key=our_key, reason=reason, number=number)
        with translated():
            return read.refund_result(self._client.v1.refunds.create(params, {"idempotency_key": key}))

    def refunds_of(self, reference: str) -> list[RefundResult]:
        with translated():
            found = self._client.v1.refunds.list({"payment_intent": reference, "limit": 100})
            return [read.refund_result(refund) for refund in found.auto_paging_iter()][::-1]

    def verify(self, payment_method: str, customer_reference: str, *, key: str) -> SavedCard:
        """A SetupIntent: the card is checked and kept for off-session use, and nothing is charged."""
        body = saving.body(customer_reference, payment_method=payment_method)
        with translated():
            result = saving.result(self._client.v1.setup_intents.create(body, {"idempotency_key": key}))
        if result.card is None:
            raise InvalidRequest(decline(AUTHENTICATION_REQUIRED).message, code=AUTHENTICATION_REQUIRED)
        return result.card

    def save_from_token(
        self, confirmation_token: str, customer_reference: str, *, key: str, return_url: str = "", in_page: bool = True
    ) -> SavingResult:
        means = {"payment_method" if is_test_card(confirmation_token) else "confirmation_token": confirmation_token}
        body = saving.body(customer_reference, return_url=return_url, **means)
        return saving.create(self._client, {**body, "use_stripe_sdk": in_page}, key)

    def fetch_saving(self, reference: str) -> SavingResult:
        with translated():
            return saving.result(self._client.v1.setup_intents.retrieve(reference, {"expand": saving.EXPAND}))

    def ask_again(self, reference: str, *, key: str, in_page: bool, return_url: str = "") -> Result:
        """The same intent, which takes money once, with the card that its last try was made with."""
        with translated():
            intent = self._client.v1.payment_intents.retrieve(reference, {"expand": read.EXPAND})
        card = read.last_card(intent)
        if not card:
            return read.payment_result(intent)
        params: Any = {"payment_method": card, "use_stripe_sdk": in_page, "expand": read.EXPAND}
        params |= {"return_url": return_url} if return_url else {}
        return self._answered(lambda: self._client.v1.payment_intents.confirm(reference, params, _keyed(key)))

    def client_secret(self, reference: str) -> str:
        return saving.client_secret(self._client, reference)

    def fingerprint(self, confirmation_token: str) -> str:
        with translated():
            token = self._client.v1.confirmation_tokens.retrieve(confirmation_token)
        return getattr(getattr(token.payment_method_preview, "card", None), "fingerprint", None) or ""

    def fetch(self, reference: str) -> Result:
        with translated():
            return read.payment_result(self._client.v1.payment_intents.retrieve(reference, {"expand": read.EXPAND}))

    def find(self, our_key: str, *, around: datetime) -> Result | None:
        """By the list of intents, whose answers are fresh: Stripe's search lags behind by a minute and more."""
        window = {"gte": int((around - timedelta(hours=1)).timestamp()), "lte": int(_day_after(around).timestamp())}
        params: Any = {"created": window, "limit": 100, "expand": [f"data.{path}" for path in read.EXPAND]}
        with translated():
            for intent in self._client.v1.payment_intents.list(params).auto_paging_iter():
                if read.our_key(intent) == our_key:
                    return read.payment_result(intent)
        return None

    def captured_between(self, start: datetime, end: datetime) -> Iterator[CapturedCharge]:
        """By charges, not by intents: those that other software makes on the account may have no intent."""
        window = {"gte": int(start.timestamp()), "lt": int(end.timestamp())}
        params: Any = {"created": window, "limit": 100}
        with translated():
            for charge in self._client.v1.charges.list(params).auto_paging_iter():
                if charge.amount_captured:
                    yield read.captured_charge(charge)

    def account(self) -> Account:
        with translated():
            return read.account(self._client.v1.accounts.retrieve_current())

    def create_customer(self, recipient: Recipient, *, label: str, key: str) -> str:
        params: Any = {**customer_body(recipient, self.switches), "metadata": {"midway_customer": label}}
        with translated():
            return self._client.v1.customers.create(params, {"idempotency_key": key}).id

    def opens_same_account(self, public_key: str) -> bool:
        return saving.is_pair(self._client, stripe_client(public_key, self.stripe_account or None))

    def register_webhook(self, url: str, *, connect: bool = False) -> WebhookRegistration:
        """S3-12 to S3-30 through the API. The payload's shape follows the version that the endpoint is made with."""
        params: Any = {
            "url": url,
            "enabled_events": WEBHOOK_EVENTS,
            "api_version": stripe.api_version,
            "description": "Midway",
        } | ({"connect": True} if connect else {})
        with translated():
            endpoint = self._client.v1.webhook_endpoints.create(params)
        return WebhookRegistration(endpoint.id, endpoint.secret or "")

    def list_webhooks(self) -> list[WebhookEndpoint]:
        with translated():
            found = self._client.v1.webhook_endpoints.list({"limit": 100})
            return [read.webhook_endpoint(endpoint) for endpoint in found.auto_paging_iter()]

    def renew_webhook(self, reference: str) -> None:
        params: Any = {"enabled_events": WEBHOOK_EVENTS, "disabled": False}
        with translated():
            self._client.v1.webhook_endpoints.update(reference, params)

    def delete_webhook(self, reference: str) -> None:
        with translated():
            self._client.v1.webhook_endpoints.delete(reference)

    def parse_event(self, body: bytes, signature: str) -> Event:
        """Either signing secret will do, so that a secret can be changed while events arrive."""
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise BadSignature("the body is not UTF-8") from error
        signed = [_signed(text, signature, secret) for secret in self.signing_secrets]
        if not any(signed):
            raise BadSignature("the signature does not match, or is older than five minutes")
        try:
            return replace(self.read_event(body), signed_before_rotation=not signed[0])
        except ValueError as error:
            raise BadSignature("the body is no Stripe event") from error

    def read_event(self, body: bytes) -> Event:
        try:
            return read.event(body)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("the body is no Stripe event") from error


def _keyed(key: str) -> stripe.RequestOptions:
    return {"idempotency_key": key}


def _signed(text: str, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, signature, secret, SIGNATURE_TOLERANCE))
    except stripe.SignatureVerificationError:
        return False


def _day_after(moment: datetime) -> datetime:
    return moment + timedelta(days=1)
