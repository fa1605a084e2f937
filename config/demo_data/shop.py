"""The merchant's gateways, campaigns and offers."""

from dataclasses import dataclass

from django.conf import settings

from gateways.models import Gateway, Mode
from gateways.services import connect, register_webhook, store_gateway
from gateways.webhooks import webhook_url
from orders.models import Campaign, Coupon, Offer


@dataclass(frozen=True)
class Plan:
    name: str
    secret_key: str
    public_key: str
    currency: str
    time_zone: str
    descriptor: str
    monthly_cap: int | None = None  # minor units
    mails_receipts: bool = False
    reserve_rate: int = 0  # hundredths of a percent
    reserve_days: int = 0
    chargeback_fee: int = 0  # minor units


LOCAL_GATEWAYS = [
    Plan(
        name="Northwind US",
        secret_key="sk_test_northwindus_1",  # noqa: S106 - the local Stripe takes any key
        public_key="pk_test_northwindus_1",
        currency="USD",
        time_zone="America/New_York",
        descriptor="NORTHWIND",
        monthly_cap=1_000_000,
        reserve_rate=500,
        reserve_days=90,
        chargeback_fee=1500,
    ),
    Plan(
        name="Northwind EU",
        secret_key="sk_test_northwindeu_1",  # noqa: S106
        public_key="pk_test_northwindeu_1",
        currency="EUR",
        time_zone="Europe/Berlin",
        descriptor="NORTHWIND EU",
        mails_receipts=True,
        monthly_cap=400_000,
        reserve_rate=300,
        reserve_days=14,
        chargeback_fee=2000,
    ),
    Plan(
        name="Brightleaf US",
        secret_key="sk_test_brightleaf_1",  # noqa: S106
        public_key="",
        currency="USD",
        time_zone="America/Los_Angeles",
        descriptor="BRIGHTLEAF",
        reserve_rate=1000,
        reserve_days=180,
        chargeback_fee=2500,
    ),
]

WELCOME = "WELCOME10"
SKINCARE = [
    ("Glow Serum 30 ml", "GLOW-30", 4900),
    ("Night Repair Cream", "NIGHT-50", 6450),
    ("Trial Kit", "KIT-1", 1995),
]
COFFEE = [
    ("Espresso Club Box", "ESP-BOX", 3290),
    ("Filter Club Box", "FIL-BOX", 2890),
    ("Ceramic Dripper", "DRIP-1", 4400),
]


def local_gateways() -> list[Gateway]:
    """Three gateways on three accounts of the local Stripe; the first of each currency becomes its default."""
    return [_gateway(plan) for plan in LOCAL_GATEWAYS]


def own_gateway() -> Gateway:
    """A gateway from the merchant's own test keys in the environment. Raises GatewayProblem."""
    connection = connect("stripe_v2", settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLIC_KEY)
    name = f"{connection.account_name or 'My Stripe account'} (test)"
    plan = Plan(name, settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLIC_KEY, connection.currency, "UTC", "")
    return _gateway(plan)


def _gateway(plan: Plan) -> Gateway:
    connection = connect("stripe_v2", plan.secret_key, plan.public_key)
    known = Gateway.objects.filter(account_id=connection.account_id, mode=connection.mode).first()
    if known:
        return known
    taken = Gateway.objects.filter(mode=connection.mode, currency=plan.currency, is_default=True).exists()
    gateway = Gateway(
        name=plan.name,
        public_key=plan.public_key,
        currency=plan.currency,
        time_zone=plan.time_zone,
        descriptor=plan.descriptor,
        monthly_cap=plan.monthly_cap,
        reserve_rate=plan.reserve_rate,
        reserve_days=plan.reserve_days,
        chargeback_fee=plan.chargeback_fee,
        disable_email_receipt=plan.mails_receipts,
        service_company=plan.name,
        service_email="help@example.com",
        service_hours="Mon to Fri, 9 to 17",
        is_default=not taken,
    )
    secret = settings.STRIPE_SIGNING_SECRET if plan.secret_key == settings.STRIPE_SECRET_KEY else ""
    return store_gateway(gateway, secret_key=plan.secret_key, signing_secret=secret or None, connection=connection)


def announce(gateway: Gateway) -> None:
    """Let the local Stripe send this gateway's news to the address that Midway has now."""
    if gateway.webhook_url != webhook_url(gateway, settings.PUBLIC_URL):
        register_webhook(gateway, settings.PUBLIC_URL)


def campaigns(currencies: tuple[str, str]) -> tuple[Campaign, Campaign]:
    first = _campaign("Summer Glow", Campaign.Kind.WEB, currencies[0], SKINCARE)
    second = _campaign("Coffee Club", Campaign.Kind.PHONE, currencies[1], COFFEE)
    return first, second


def _campaign(name: str, kind: str, currency: str, offers: list[tuple[str, str, int]]) -> Campaign:
    campaign, _ = Campaign.objects.get_or_create(
        name=name,
        defaults={
            "kind": kind,
            "currency": currency,
            "mode": Mode.TEST,
            "card_payments": True,
            "checkout_on": kind == Campaign.Kind.WEB,
            "pay_links_on": True,
        },
    )
    for title, sku, price in offers:
        Offer.objects.get_or_create(campaign=campaign, name=title, defaults={"sku": sku, "price": price})
    Coupon.objects.get_or_create(campaign=campaign, code=WELCOME, defaults={"rate": 1_000})
    return campaign
