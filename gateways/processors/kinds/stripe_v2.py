"""Stripe V2: S2-01 to S2-32."""

from gateways.processors.kinds.base import ACCOUNT, AMOUNTS, SERVICE, ProcessorType

STRIPE_V2 = ProcessorType(
    key="stripe_v2",
    label="Stripe V2",
    about="Your account at Stripe. Card numbers never reach Midway, and 3-D Secure is Stripe's own.",
    path="gateways.processors.stripe_v2.StripeV2",
    fields={
        "account": (*ACCOUNT, "connected_account", "mid"),
        "keys": ("secret_key", "public_key", "signing_secret"),
        "switches": (
            "send_product_name",
            "send_product_as_suffix",
            "send_upsell_token",
            "send_radar_sessions",
            "disable_phone",
            "disable_email",
            "disable_email_receipt",
            "do_not_send_address",
            "do_not_send_descriptor",
            "moto",
        ),
        "statement": ("descriptor", "descriptor_suffix"),
        "limits": (
            *AMOUNTS,
            "when_capped",
            "discount_rate",
            "transaction_fee",
            "reserve_rate",
            "reserve_days",
            "chargeback_fee",
        ),
        "service": SERVICE,
    },
    takes_tokens=True,
)
