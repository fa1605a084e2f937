"""What stands under the fields of a gateway's form: one line each in plain words, with the way to where it is found.

The words of one type only (see `processors.kinds`) win over these.
"""

from django.utils.html import format_html
from django.utils.safestring import SafeString

API_KEYS = "https://dashboard.stripe.com/apikeys"
API_KEYS_HELP = "https://docs.stripe.com/keys"
WEBHOOKS = "https://dashboard.stripe.com/webhooks"
RADAR_HELP = "https://docs.stripe.com/radar/radar-session"
MOTO_HELP = "https://support.stripe.com/questions/mail-order-telephone-order-(moto)-transactions-when-to-categorize-transactions-as-moto"


def link(url: str, text: str) -> SafeString:
    """A way out of Midway: in a new tab, so that the form stays."""
    return format_html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>', url, text)


WORDS: dict[str, SafeString | str] = {
    "name": "For you only: customers never see it.",
    "processor": "The processing company. It decides which fields follow.",
    "wanted_mode": "Live is real money. A test gateway serves test campaigns only, and stays out of reports.",
    "currency": "Three-letter code of the money that it takes. Empty: the currency of the Stripe account.",
    "is_default": "Offered first where an operator chooses. There is one for each mode and currency.",
    "time_zone": "The month of the monthly cap turns at midnight here.",
    "secret_key": format_html(
        "Starts with sk_live_ or, for test cards only, sk_test_. It stands under {} › Secret key › Reveal. {}",
        link(API_KEYS, "Developers › API keys"),
        link(API_KEYS_HELP, "More on API keys"),
    ),
    "public_key": format_html(
        "Starts with pk_live_ or pk_test_ and stands {}. Needed to type new cards, and for Radar sessions.",
        link(API_KEYS, "beside the secret key"),
    ),
    "signing_secret": format_html(
        "Starts with whsec_. “Register webhook” fills it in; by hand it is under {} › your endpoint › Reveal.",
        link(WEBHOOKS, "Developers › Webhooks"),
    ),
    "current_password": "Asked for because a key changes. The history tells of the change, never of the key.",
    "descriptor": "What the customer reads on the bank statement, as Stripe gives it. It goes into mails to customers.",
    "descriptor_suffix": "Stands behind your prefix on the bank statement: one letter at least.",
    "send_product_as_suffix": "Puts the product's name on the bank statement. It wins over the suffix above, which is "
    "used when a product's name cannot stand there.",
    "send_radar_sessions": format_html(
        "Sends Stripe Radar what it knows of the customer's browser. Needs the publishable key. {}",
        link(RADAR_HELP, "How Radar sessions work"),
    ),
    "moto": format_html(
        "Lets operators mark a payment as a mail or telephone order: no 3-D Secure. {}.",
        link(MOTO_HELP, "Stripe must have allowed it"),
    ),
    "monthly_cap": "The most that may be taken in a calendar month. Empty: no cap.",
    "when_capped": "What rebills do that find no room left under the cap, or this gateway switched off.",
    "minimum_amount": "Of one payment, at least the currency's own minimum. Empty: that minimum.",
    "maximum_amount": "Of one payment. Empty: the processor's own maximum.",
    "discount_rate": "The processor's share of each sale, in percent, such as 2.90.",
    "transaction_fee": "The processor's fee for each payment.",
    "reserve_rate": "The share of each sale that is held back, in percent. The Reserve report tells what is held and "
    "when it comes free.",
    "reserve_days": "How many days it is held back.",
    "chargeback_fee": "What the processor takes for each dispute. The Chargeback details report adds it up.",
    "disable_email_receipt": "Stripe mails no receipt. Midway mails its own, with the customer-service details, once "
    "EMAIL_URL is set.",
    "service_company": "Who customers bought from.",
    "service_phone": "Where customers call.",
    "service_email": "Where customers write.",
    "service_site": "Your shop's address on the web, with https://.",
    "service_address": "Your postal address, on one line.",
    "service_hours": "When somebody answers, such as: Mon to Fri, 9 to 17.",
}

OFFLINE_WORDS = {
    "currency": "Three-letter code of the money that it takes, such as USD.",
    "minimum_amount": "Of one payment. Empty: the smallest coin will do.",
}

SERVICE_PREVIEW = (
    "{service_company} · {service_address}",
    "Questions? Call {service_phone} ({service_hours}), write to {service_email} or visit {service_site}.",
)
