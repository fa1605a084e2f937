"""SetupIntents: cards that are kept without a payment, and keys that are tried without one.

docs.stripe.com/api/setup_intents; client secrets are those of both kinds of intents.
"""

from typing import Any

import stripe

from gateways.processors.base import Decline, InvalidRequest, Saving, SavingResult
from gateways.processors.declines import decline
from gateways.processors.stripe_errors import decline_of, translated
from gateways.processors.stripe_results import saved_card

EXPAND = ["payment_method"]
OUTCOMES = {
    "succeeded": Saving.SAVED,
    "requires_action": Saving.REQUIRES_ACTION,
    "processing": Saving.PROCESSING,
    "requires_payment_method": Saving.DECLINED,
    "canceled": Saving.DECLINED,
}


def body(customer_reference: str, *, return_url: str = "", **means: str) -> Any:
    """`means` is the payment method, or the confirmation token."""
    return {
        **means,
        "customer": customer_reference,
        "confirm": True,
        "usage": "off_session",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "expand": EXPAND,
        **({"return_url": return_url} if return_url else {}),
    }


def create(client: stripe.StripeClient, params: Any, key: str) -> SavingResult:
    """The issuer's no is an answer; everything else that goes wrong is one of the three errors."""
    with translated():
        try:
            return result(client.v1.setup_intents.create(params, {"idempotency_key": key}))
        except stripe.CardError as error:
            declined = decline_of(error)
            if declined is None:
                raise
            refused: stripe.SetupIntent | None = getattr(error.error, "setup_intent", None)
            return SavingResult(Saving.DECLINED, refused.id if refused else "", params["customer"], decline=declined)


def result(intent: stripe.SetupIntent) -> SavingResult:
    """docs.stripe.com/payments/paymentintents/lifecycle; a SetupIntent that waits for a new card was declined."""
    outcome = OUTCOMES[intent.status]
    method = intent.payment_method
    if outcome is Saving.SAVED and not isinstance(method, stripe.PaymentMethod):
        raise TypeError(f"{intent.id} came without its payment method")
    redirect = getattr(intent.next_action, "redirect_to_url", None)
    return SavingResult(
        outcome=outcome,
        reference=intent.id,
        customer_reference=intent.customer if isinstance(intent.customer, str) else "",
        livemode=intent.livemode,
        card=saved_card(method) if outcome is Saving.SAVED and isinstance(method, stripe.PaymentMethod) else None,
        decline=_last_decline(intent) if outcome is Saving.DECLINED else None,
        action_url=getattr(redirect, "url", None) or "",
    )


def _last_decline(intent: stripe.SetupIntent) -> Decline:
    error = intent.last_setup_error
    code = getattr(error, "decline_code", None) or getattr(error, "code", None) or "generic_decline"
    return decline(
        code, advice=getattr(error, "advice_code", None) or "", message=getattr(error, "message", None) or ""
    )


def is_pair(ours: stripe.StripeClient, theirs: stripe.StripeClient) -> bool:
    """Our key makes a SetupIntent, the other one reads it: only keys of one account can (S1-12, S3-30)."""
    with translated():
        intent = ours.v1.setup_intents.create(
            {"usage": "off_session", "metadata": {"midway": "are these keys a pair?"}}
        )
    try:
        return _can_read(theirs, intent)
    finally:
        with translated():
            ours.v1.setup_intents.cancel(intent.id)


def _can_read(client: stripe.StripeClient, intent: stripe.SetupIntent) -> bool:
    """A key of another account is told that there is no such intent; one that is no key at all is not let in."""
    with translated():
        try:
            client.v1.setup_intents.retrieve(intent.id, {"client_secret": intent.client_secret or ""})
        except (stripe.AuthenticationError, stripe.PermissionError):
            return False
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return False
            raise
    return True


def client_secret(client: stripe.StripeClient, reference: str) -> str:
    """Of a PaymentIntent or of a SetupIntent: their ids tell which."""
    with translated():
        intent: stripe.PaymentIntent | stripe.SetupIntent
        if reference.startswith("seti_"):
            intent = client.v1.setup_intents.retrieve(reference)
        else:
            intent = client.v1.payment_intents.retrieve(reference)
    if not intent.client_secret:
        raise InvalidRequest("Stripe gives this key no client secret: use the account's secret key, or a wider one.")
    return intent.client_secret
