"""The shapes that the order API takes and gives: its description serves them, and they check what comes in."""

from typing import Any

from django.conf import settings

from gateways import money

Schema = dict[str, Any]

MOST_LINES = 50
MOST_QUANTITY = 999


def text(longest: int, about: str, **more: Any) -> Schema:
    """Control characters belong in no field: PostgreSQL refuses the first of them, and logs break lines on others."""
    return {
        "type": "string",
        "maxLength": longest,
        "pattern": r"^[^\u0000-\u001f\u007f]*$",
        "description": about,
        **more,
    }


def amount(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": money.MAXIMUM, "description": f"{about}, in the minor unit."}


def closed(properties: dict[str, Schema], required: list[str] | None = None, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
        **more,
    }


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})+$"

ADDRESS = closed(
    {
        "line1": text(120, "Street and number.", minLength=1),
        "line2": text(120, "Second line."),
        "city": text(80, "City.", minLength=1),
        "region": text(80, "State or region."),
        "postal_code": text(20, "Postal code."),
        "country": {"type": "string", "pattern": "^[A-Z]{2}$", "description": "Two-letter code, such as US."},
    },
    ["line1", "city", "country"],
)

CUSTOMER = closed(
    {
        "name": text(120, "Full name.", minLength=1),
        "email": {"type": "string", "maxLength": 254, "pattern": EMAIL, "description": "The customer is known by it."},
        "phone": text(40, "Phone number."),
        "language": {
            "type": "string",
            "enum": [code for code, _ in settings.LANGUAGES],
            "description": "Of mails and pay pages.",
        },
        "address": ref("Address"),
    },
    ["name", "email"],
)

LINE = closed(
    {
        "offer": text(40, "The offer's number or its SKU.", minLength=1),
        "quantity": {"type": "integer", "minimum": 1, "maximum": MOST_QUANTITY, "default": 1},
    },
    ["offer"],
)

PAYMENT = closed(
    {
        "payment_method": {
            "type": "string",
            "pattern": r"^(pm_[A-Za-z0-9_]{1,60}|src_[A-Za-z0-9]{1,60}|card_[A-Za-z0-9]{1,60})$",
            "description": "A payment method that Stripe.js made under the publishable key of `pay_with`.",
        },
        "confirmation_token": {
            "type": "string",
            "pattern": r"^ctoken_[A-Za-z0-9_]{1,60}$",
            "description": "Or a confirmation token: stripe.createConfirmationToken. One of the two.",
        },
        "publishable_key": {
            "type": "string",
            "pattern": r"^pk_(test|live)_[A-Za-z0-9_]{1,250}$",
            "description": "The key that the card was collected with; its gateway is charged then.",
        },
        "save_card": {"type": "boolean", "default": False, "description": "Keep the card for later charges."},
        "capture": {"type": "boolean", "default": True, "description": "False: hold the money only."},
        "radar_session": {
            "type": "string",
            "pattern": r"^rse_[A-Za-z0-9]{1,60}$",
            "description": "From stripe.createRadarSession, where the gateway sends Radar sessions.",
        },
        "return_url": {
            "type": "string",
            "maxLength": 1000,
            "pattern": r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$",
            "description": "Where the customer comes back to after a merchant redirect. The order's number is appended "
            "as `midway_order`.",
        },
    },
    ["return_url"],
    oneOf=[{"required": ["payment_method"]}, {"required": ["confirmation_token"]}],
)

NEW_ORDER = closed(
    {
        "customer": ref("Customer"),
        "lines": {"type": "array", "minItems": 1, "maxItems": MOST_LINES, "items": ref("Line")},
        "shipping": amount("Shipping"),
        "tax": amount("Tax"),
        "payment": ref("NewPayment"),
    },
    ["customer", "lines"],
)

MONEY = {"type": "integer", "description": "In the minor unit of the order's currency."}

ORDER = {
    "type": "object",
    "required": ["order", "outcome", "currency", "total", "paid", "refunded", "due", "payment", "redirect"],
    "properties": {
        "order": {"type": "string", "description": "Such as SO-1001."},
        "outcome": {
            "enum": ["paid", "authorized", "redirect", "pending", "declined", "unpaid", "cancelled"],
            "description": "paid, authorized: done. redirect: send the customer to `redirect.url`. pending: ask again "
            "later, and never charge anew. declined, unpaid: try again with a new card and a new Idempotency-Key.",
        },
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "total": MONEY,
        "paid": MONEY,
        "refunded": MONEY,
        "due": MONEY,
        "payment": {"oneOf": [{"type": "null"}, ref("Payment")]},
        "redirect": {"oneOf": [{"type": "null"}, ref("Redirect")]},
        "pay_with": {"oneOf": [{"type": "null"}, ref("PayWith")]},
    },
}

PAYMENT_SHOWN = {
    "type": "object",
    "required": ["payment", "status", "amount", "gateway"],
    "properties": {
        "payment": {"type": "string", "description": "Such as SO-1001-P1."},
        "status": {"type": "string"},
        "amount": MONEY,
        "gateway": {"type": "string"},
        "card": {"type": "string", "description": "Brand and last four digits."},
        "decline_code": {"type": "string"},
        "message": {"type": "string", "description": "Why it was declined, in words for the customer."},
    },
}

REDIRECT = {
    "type": "object",
    "required": ["url", "return_url"],
    "properties": {
        "url": {"type": "string", "description": "The bank's page: open it in the customer's browser."},
        "return_url": {"type": "string", "description": "Where the customer comes back to."},
    },
}

PAY_WITH = {
    "type": "object",
    "description": "What Stripe.js needs to collect a card for the gateway that routing would charge now.",
    "required": ["gateway", "publishable_key"],
    "properties": {
        "gateway": {"type": "string"},
        "publishable_key": {"type": "string"},
        "stripe_account": {"type": "string", "description": "Of a connected account; else empty."},
    },
}

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "field": {"type": "string", "description": "The path of what was sent, such as lines.0.offer."},
                "message": {"type": "string", "description": "What is wrong, and the remedy."},
                "others": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}

SCHEMAS: dict[str, Schema] = {
    "Address": ADDRESS,
    "Customer": CUSTOMER,
    "Line": LINE,
    "NewPayment": PAYMENT,
    "NewOrder": NEW_ORDER,
    "Order": ORDER,
    "Payment": PAYMENT_SHOWN,
    "Redirect": REDIRECT,
    "PayWith": PAY_WITH,
    "Error": ERROR,
}
