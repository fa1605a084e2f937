"""Stripe's objects as our values: the one place that knows how a PaymentIntent reads."""

import json
from datetime import UTC, datetime
from typing import Any

import stripe

from gateways.processors.base import (
    Account,
    CapturedCharge,
    Decline,
    Event,
    Outcome,
    RefundOutcome,
    RefundResult,
    Result,
    SavedCard,
    WebhookEndpoint,
)
from gateways.processors.declines import AUTHENTICATION_FAILED, decline
from gateways.processors.stripe_events import missing_from, real_name

OUR_KEY = "midway_payment"
OUR_REFUND = "midway_refund"
EXPAND = ["latest_charge.balance_transaction", "payment_method"]

OUTCOMES = {
    "succeeded": Outcome.CAPTURED,
    "requires_capture": Outcome.AUTHORIZED,
    "requires_action": Outcome.REQUIRES_ACTION,
    "processing": Outcome.PROCESSING,
    "requires_payment_method": Outcome.DECLINED,
    "canceled": Outcome.VOIDED,
}

REFUND_OUTCOMES = {
    "succeeded": RefundOutcome.SUCCEEDED,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.CANCELLED,
}


def payment_result(intent: stripe.PaymentIntent, *, declined: Decline | None = None) -> Result:
    """docs.stripe.com/payments/paymentintents/lifecycle. An intent that waits for a new card was declined.

    Unless its holder failed to confirm: then no issuer has said no, and the same intent can still be paid (S4-13).
    """
    outcome = OUTCOMES[intent.status]
    declined = declined or (_last_decline(intent) if outcome is Outcome.DECLINED else None)
    if declined and declined.code == AUTHENTICATION_FAILED:
        outcome = Outcome.REQUIRES_ACTION
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    if outcome is Outcome.VOIDED and intent.cancellation_reason in {"automatic", "expired"}:
        outcome = Outcome.EXPIRED
    return Result(
        outcome=outcome,
        reference=intent.id,
        amount=intent.amount,
        currency=intent.currency.upper(),
        livemode=intent.livemode,
        amount_captured=intent.amount_received,
        charge_reference=_id(intent.latest_charge),
        decline=declined,
        action_url=_action_url(intent),
        our_key=our_key(intent),
        saved_card=_kept_card(intent, outcome),
        **(_charge_facts(charge) if charge else {}),
    )


def _kept_card(intent: stripe.PaymentIntent, outcome: Outcome) -> SavedCard | None:
    """Stripe attaches the card once the payment is through, and only where both were asked for: use and customer."""
    method = intent.payment_method
    if not intent.setup_future_usage or outcome not in {Outcome.CAPTURED, Outcome.AUTHORIZED}:
        return None
    if not isinstance(method, stripe.PaymentMethod) or method.card is None or not method.customer:
        return None
    return saved_card(method)


def _charge_facts(charge: stripe.Charge) -> dict[str, Any]:
    balance = charge.balance_transaction
    card = getattr(charge.payment_method_details, "card", None)
    capture_before = getattr(card, "capture_before", None)
    facts = {
        "amount_refunded": charge.amount_refunded,
        "statement_text": charge.calculated_statement_descriptor or "",
        "card_brand": getattr(card, "brand", None) or "",
        "card_last4": getattr(card, "last4", None) or "",
        "capture_before": datetime.fromtimestamp(capture_before, UTC) if capture_before else None,
    }
    if isinstance(balance, stripe.BalanceTransaction):
        facts |= {"fee": balance.fee, "net": balance.net, "settled_currency": balance.currency.upper()}
    return facts


def _last_decline(intent: stripe.PaymentIntent) -> Decline:
    error = intent.last_payment_error
    if error is None:
        return decline("payment_method_missing", message="The payment was never confirmed with a card.")
    code = getattr(error, "decline_code", None) or getattr(error, "code", None) or "generic_decline"
    return decline(
        code, advice=getattr(error, "advice_code", None) or "", message=getattr(error, "message", None) or ""
    )


def last_card(intent: stripe.PaymentIntent) -> str:
    """The card of the try that failed; empty while the intent does not wait for another."""
    method = getattr(intent.last_payment_error, "payment_method", None)
    return _id(method) if intent.status == "requires_payment_method" else ""


def our_key(found: stripe.PaymentIntent | stripe.Charge) -> str:
    """Stripe copies an intent's metadata to its charge."""
    return str(getattr(found.metadata, OUR_KEY, "") or "")


def captured_charge(charge: stripe.Charge) -> CapturedCharge:
    return CapturedCharge(
        reference=_id(charge.payment_intent) or charge.id,
        our_key=our_key(charge),
        amount=charge.amount_captured,
        currency=charge.currency.upper(),
        created_at=datetime.fromtimestamp(charge.created, UTC),
    )


def _action_url(intent: stripe.PaymentIntent) -> str:
    redirect = getattr(intent.next_action, "redirect_to_url", None)
    return getattr(redirect, "url", None) or ""


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else getattr(thing, "id", "") or ""


def refund_result(refund: stripe.Refund) -> RefundResult:
    """docs.stripe.com/api/refunds/object: what is neither done nor given up is on its way."""
    return RefundResult(
        reference=refund.id,
        amount=refund.amount,
        currency=refund.currency.upper(),
        status=REFUND_OUTCOMES.get(refund.status or "", RefundOutcome.PROCESSING),
        failure_reason=getattr(refund, "failure_reason", None) or "",
        our_key=str(getattr(refund.metadata, OUR_REFUND, "") or ""),
        reason=refund.reason or "",
        created_at=datetime.fromtimestamp(refund.created, UTC),
    )


def saved_card(method: stripe.PaymentMethod) -> SavedCard:
    card = method.card
    if card is None:
        raise ValueError(f"{method.id} is no card")
    return SavedCard(
        reference=method.id,
        customer_reference=_id(method.customer),
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        fingerprint=card.fingerprint or "",
    )


def account(found: stripe.Account) -> Account:
    dashboard = getattr(found.settings, "dashboard", None)
    card_payments = getattr(found.settings, "card_payments", None)
    profile_name = getattr(found.business_profile, "name", None)
    return Account(
        reference=found.id,
        name=getattr(dashboard, "display_name", None) or profile_name or "",
        currency=(found.default_currency or "").upper(),
        country=found.country or "",
        charges_enabled=bool(found.charges_enabled),
        payouts_enabled=bool(found.payouts_enabled),
        descriptor_prefix=getattr(card_payments, "statement_descriptor_prefix", None) or "",
        details_submitted=bool(found.details_submitted),
        bank_accounts=_bank_accounts(found),
        payout_rhythm=_payout_rhythm(found),
        open_requirements=tuple(getattr(found.requirements, "currently_due", None) or ()),
    )


def _bank_accounts(found: stripe.Account) -> tuple[str, ...] | None:
    """Stripe leaves them out for accounts that the key does not control (docs.stripe.com/api/accounts/object)."""
    listed = getattr(found, "external_accounts", None)
    if listed is None:
        return None
    named = ((getattr(one, "bank_name", None) or getattr(one, "brand", None) or "Bank", one) for one in listed.data)
    return tuple(f"{name} •••• {getattr(one, 'last4', '')}" for name, one in named)


def _payout_rhythm(found: stripe.Account) -> str:
    """`daily`, `weekly`, `monthly` or `manual`; empty where Stripe does not tell."""
    schedule = getattr(getattr(found.settings, "payouts", None), "schedule", None)
    return getattr(schedule, "interval", None) or ""


def webhook_endpoint(found: stripe.WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint(
        reference=found.id,
        url=found.url,
        enabled=found.status == "enabled",
        missing=missing_from(found.enabled_events),
        is_current=found.api_version == stripe.api_version,
    )


def event(body: bytes) -> Event:
    """A verified snapshot event. Raises ValueError, KeyError or TypeError when it is not shaped like one."""
    data = json.loads(body)
    thing = data["data"]["object"]
    metadata = thing.get("metadata") or {}
    return Event(
        reference=str(data["id"]),
        type=real_name(str(data["type"])),
        livemode=bool(data["livemode"]),
        created_at=datetime.fromtimestamp(int(data["created"]), UTC),
        account=data.get("account") or "",
        object_type=thing.get("object") or "",
        object_reference=thing.get("id") or "",
        payment_reference=(thing["id"] if thing.get("object") == "payment_intent" else _text(thing, "payment_intent")),
        our_key=str(metadata.get(OUR_KEY) or ""),
    )


def _text(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key) or ""
    return value if isinstance(value, str) else str(value.get("id", ""))
