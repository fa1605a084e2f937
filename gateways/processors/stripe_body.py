"""What a PaymentIntent is asked for: Midway's words and the gateway's switches as Stripe's parameters."""

from typing import Any

from gateways.processors.base import ChargeRequest, Draft, Recipient, Switches
from gateways.processors.descriptors import suffix_for
from gateways.processors.stripe_results import OUR_KEY, OUR_REFUND


def intent_body(request: ChargeRequest, switches: Switches) -> Draft:
    """Depends on nothing but its arguments, so that a replay under the same key is the same to the byte."""
    return {
        "amount": request.amount,
        "currency": request.currency.lower(),
        **_means(request),
        "confirm": True,
        "capture_method": "automatic" if request.capture else "manual",
        # Cards only (S3-09); current API versions refuse `payment_method_types`.
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": _description(request, switches),
        "metadata": {**request.labels, OUR_KEY: request.our_key},
        **_presence(request, switches),
        **_statement(request, switches),
        **_recipient(request.recipient, switches),
        **_card_on_file(request, switches),
    }


def _means(request: ChargeRequest) -> dict[str, Any]:
    """A token says by itself that Stripe.js will show the bank's question: here it is said whether it can."""
    if request.confirmation_token:
        return {"confirmation_token": request.confirmation_token, "use_stripe_sdk": request.in_page}
    by_script = {"use_stripe_sdk": True} if request.in_page and not request.off_session else {}
    return {"payment_method": request.payment_method, **by_script}


def _description(request: ChargeRequest, switches: Switches) -> str:
    named = switches.send_product_name and request.products
    return f"{request.description}: {', '.join(request.products)}"[:1000] if named else request.description


def _presence(request: ChargeRequest, switches: Switches) -> dict[str, Any]:
    """Is the customer there to answer the bank? MOTO is out of SCA's scope (docs.stripe.com/payments/3d-secure)."""
    if request.off_session:
        return {"off_session": True}
    if request.moto and switches.moto:
        return {"payment_method_options": {"card": {"moto": True}}}
    return {"return_url": request.return_url} if request.return_url else {}


def _statement(request: ChargeRequest, switches: Switches) -> dict[str, Any]:
    """Cards take a suffix only: docs.stripe.com/get-started/account/statement-descriptors."""
    if switches.do_not_send_descriptor:
        return {}
    suffix = suffix_for(request.products, switches)
    return {"statement_descriptor_suffix": suffix} if suffix else {}


def _recipient(recipient: Recipient | None, switches: Switches) -> dict[str, Any]:
    if recipient is None:
        return {}
    told: dict[str, Any] = {}
    if recipient.email and not (switches.disable_email or switches.disable_email_receipt):
        told["receipt_email"] = recipient.email
    if recipient.line1 and not switches.do_not_send_address:
        phone = {} if switches.disable_phone or not recipient.phone else {"phone": recipient.phone}
        told["shipping"] = {"name": recipient.name, "address": _address(recipient), **phone}
    return told


def _card_on_file(request: ChargeRequest, switches: Switches) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if request.customer_reference:
        told["customer"] = request.customer_reference
        if (request.save_card or switches.send_upsell_token) and not request.off_session:
            told["setup_future_usage"] = "off_session"
    if request.radar_session and switches.send_radar_sessions:
        told["radar_options"] = {"session": request.radar_session}
    return told


def refund_body(reference: str, amount: int, *, our_key: str, reason: str, number: str) -> dict[str, Any]:
    """Our key goes with the refund, so that it is known for ours whichever news of it comes first."""
    labels = {name: value for name, value in {OUR_REFUND: our_key, "refund": number}.items() if value}
    told = {"payment_intent": reference, "amount": amount, "reason": reason, "metadata": labels}
    return {name: value for name, value in told.items() if value}


def customer_body(recipient: Recipient, switches: Switches) -> dict[str, Any]:
    """What Stripe may know of a customer."""
    told: dict[str, Any] = {"name": recipient.name}
    if recipient.email and not switches.disable_email:
        told["email"] = recipient.email
    if recipient.phone and not switches.disable_phone:
        told["phone"] = recipient.phone
    if recipient.line1 and not switches.do_not_send_address:
        told["address"] = _address(recipient)
    return told


def _address(recipient: Recipient) -> dict[str, str]:
    parts = {
        "line1": recipient.line1,
        "line2": recipient.line2,
        "city": recipient.city,
        "state": recipient.region,
        "postal_code": recipient.postal_code,
        "country": recipient.country,
    }
    return {name: value for name, value in parts.items() if value}
