"""The gateway's form, section by section, with the fields of every type. What is seldom touched is folded away."""

from typing import Any

from gateways.models import Gateway
from gateways.trial import PASSWORD

SWITCHES = [
    "send_product_name",
    "send_product_as_suffix",
    "send_upsell_token",
    "send_radar_sessions",
    "disable_phone",
    "disable_email",
    "disable_email_receipt",
    "do_not_send_address",
    "do_not_send_descriptor",
    "create_customer",
    "moto",
]
SERVICE = ["service_company", "service_phone", "service_email", "service_site", "service_address", "service_hours"]
COSTS = ["discount_rate", "transaction_fee", "reserve_rate", "reserve_days", "chargeback_fee"]
FOLDED = ["collapse"]


def gateway_fieldsets(gateway: Gateway | None, *, with_keys: bool) -> Any:
    """Whether a stored gateway is active is decided on a page of its own, which says what stops."""
    about = ["account_text", "mode_text"] if gateway else ["wanted_mode"]
    first = [] if gateway else ["active"]
    account = ["name", "processor", *about, "currency", *first, "is_default", "connected_account", "mid"]
    password = [PASSWORD] if gateway else []
    keys = ["secret_key", "public_key", "signing_secret", *password] if with_keys else ["public_key"]
    return [
        ("Account", {"fields": account}),
        ("Keys", {"fields": keys, "description": "Stored encrypted. They can be replaced, never read back."}),
        ("Limits", {"fields": ["monthly_cap", "when_capped", "minimum_amount", "maximum_amount", "time_zone"]}),
        ("Bank statement", {"fields": ["descriptor", "descriptor_suffix"]}),
        ("What the processor is told", {"fields": SWITCHES, "classes": FOLDED}),
        ("Costs and reserve", {"fields": COSTS, "classes": FOLDED}),
        ("Customer service", {"fields": SERVICE, "classes": FOLDED}),
    ]
