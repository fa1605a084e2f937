"""Stripe V1, the legacy type: S2-50 to S2-60."""

from gateways.processors.kinds.base import ACCOUNT, AMOUNTS, SERVICE, ProcessorType

STRIPE_V1 = ProcessorType(
    key="stripe_v1",
    label="Stripe V1 (legacy)",
    about="Takes card numbers that an operator types, and passes them on to Stripe. Stripe must have allowed it: "
    "“Handle card information directly”.",
    path="gateways.processors.stripe_v1.StripeV1",
    fields={
        "account": (*ACCOUNT, "mid"),
        "keys": ("secret_key",),
        "switches": ("disable_email_receipt", "create_customer", "send_product_name"),
        "statement": ("descriptor",),
        "limits": (*AMOUNTS, "when_capped", "discount_rate", "transaction_fee", "reserve_rate", "reserve_days"),
        "service": SERVICE,
    },
    labels={"name": "Title", "secret_key": "Username (live secret key)"},
    helps={
        "secret_key": "The Stripe account's secret key, from Developers › API keys; test keys start with sk_test_.",
        "mid": "Stripe gives none: any value will do.",
    },
    not_needed={"Password": "Not needed any longer: the secret key alone opens the account."},
    why_not="Stripe V1 is legacy: do not create new ones, use Stripe V2. Existing ones keep working, and "
    "“manage.py import_gateway” brings one over from another system.",
    takes_card_numbers=True,
)
