"""What the endpoints of payment intents take (docs.stripe.com/api/payment_intents)."""

from __future__ import annotations

from simulator import currencies
from simulator.params import (
    EXPAND,
    PAGE,
    RANGE,
    SHIPPING,
    TEXT,
    boolean,
    either,
    hash_of,
    ident,
    integer,
    list_of,
    metadata,
    one_of,
    positive,
)

_CARD_OPTIONS = {
    "capture_method": one_of("manual"),
    "moto": boolean,
    "request_three_d_secure": one_of("any", "automatic", "challenge"),
    "setup_future_usage": one_of("none", "off_session", "on_session"),
}
_SHARED = {
    "allowed_payment_method_types": list_of(one_of("card", "link")),
    "capture_method": one_of("automatic", "automatic_async", "manual"),
    "payment_method": ident,
    "payment_method_options": hash_of({"card": hash_of(_CARD_OPTIONS)}),
    "receipt_email": TEXT,
    "setup_future_usage": one_of("off_session", "on_session"),
    "shipping": SHIPPING,
    **EXPAND,
}
_CONFIRMING = {
    "confirmation_token": ident,
    "error_on_requires_action": boolean,
    "mandate_data": hash_of({"customer_acceptance": lambda _name, raw: raw}),
    "off_session": either(boolean, one_of("one_off", "recurring")),
    "radar_options": hash_of({"session": ident}),
    "return_url": ident,
    "use_stripe_sdk": boolean,
}
_DESCRIBING = {
    "amount": positive,
    "application_fee_amount": integer,
    "currency": currencies.currency,
    "customer": ident,
    "description": TEXT,
    "metadata": metadata,
    "statement_descriptor": TEXT,
    "statement_descriptor_suffix": TEXT,
    "transfer_group": TEXT,
}
CREATE = {
    **_SHARED,
    **_CONFIRMING,
    **_DESCRIBING,
    "automatic_payment_methods": hash_of(
        {"enabled": boolean, "allow_redirects": one_of("always", "never")}, needs=("enabled",)
    ),
    "confirm": boolean,
    "confirmation_method": one_of("automatic", "manual"),
    "on_behalf_of": ident,
}
UPDATE = {**_SHARED, **_DESCRIBING}
CONFIRM = {**_SHARED, **_CONFIRMING, "client_secret": ident, "amount_to_confirm": integer}
CAPTURE = {
    "amount_to_capture": positive,
    "final_capture": boolean,
    "metadata": metadata,
    "statement_descriptor": TEXT,
    "statement_descriptor_suffix": TEXT,
    **EXPAND,
}
CANCEL = {
    "cancellation_reason": one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
    **EXPAND,
}
RETRIEVE = {"client_secret": ident, **EXPAND}
LIST = {**PAGE, "customer": ident, "created": RANGE}
