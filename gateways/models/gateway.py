"""The merchant's accounts at processors: credentials, what is sent, limits, and what mails tell customers."""

import secrets
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from gateways import money
from gateways.fields import AmountField, CurrencyField, EncryptedCharField
from gateways.processors import registry
from gateways.processors.kinds.base import ProcessorType

SECRETS = ("secret_key", "signing_secret", "previous_signing_secret")


class Mode(models.TextChoices):
    TEST = "test", "Test"
    LIVE = "live", "Live"


class WhenCapped(models.TextChoices):
    WAIT = "wait", "Rebills wait for next month"
    OTHER = "other", "Rebills take another gateway on the same account"


def new_slug() -> str:
    """22 characters, 128 bits: whoever has an address with it was given it."""
    return secrets.token_urlsafe(16)


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(f"“{value}” is no time zone: write a name such as America/New_York or Europe/Berlin.")


class GatewayQuerySet(models.QuerySet["Gateway"]):
    def usable(self) -> "GatewayQuerySet":
        """Active and not paused: new payments may go through it."""
        return self.filter(active=True, paused_at=None)


class Gateway(models.Model):
    """A merchant's account at a processor: one MID."""

    slug = models.CharField("address part", max_length=24, unique=True, default=new_slug, editable=False)
    name = models.CharField(max_length=80, unique=True, help_text="For you only: customers never see it.")
    processor = models.CharField("type", max_length=20, choices=registry.choices, default=registry.DEFAULT)
    active = models.BooleanField(default=True, help_text="Off: no new payment goes through this gateway.")
    is_default = models.BooleanField("default", default=False, help_text="Offered first where an operator chooses.")
    mode = models.CharField(max_length=4, choices=Mode, editable=False)
    currency = CurrencyField(help_text="Three-letter code of the money that this gateway takes.")
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="The month of the monthly cap turns at midnight here.",
    )

    secret_key = EncryptedCharField(max_length=255)
    public_key = models.CharField("publishable key", max_length=255, blank=True)
    signing_secret = EncryptedCharField(max_length=255, blank=True)
    previous_signing_secret = EncryptedCharField(max_length=255, blank=True)
    secret_key_hint = models.CharField(max_length=4, blank=True, editable=False)
    signing_secret_hint = models.CharField(max_length=4, blank=True, editable=False)
    account_id = models.CharField(max_length=64, editable=False)
    account_name = models.CharField(max_length=255, blank=True, editable=False)
    key_account_id = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="The account that the secret key itself is of: the platform's, for a connected account.",
    )
    connected_account = models.BooleanField(
        default=False, help_text="This is a connected account of your platform: its number goes into MID."
    )
    mid = models.CharField(
        "MID",
        max_length=64,
        blank=True,
        help_text="Stripe gives none: keep any value. With connected accounts, the account number acct_…",
    )
    signing_secret_proven_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When an event first came that was signed with this secret."
    )
    webhook_reference = models.CharField(max_length=64, blank=True, editable=False)
    webhook_url = models.CharField(max_length=255, blank=True, editable=False)

    descriptor = models.CharField(
        max_length=22, blank=True, help_text="What the customer reads on the bank statement, as Stripe gives it."
    )
    descriptor_prefix = models.CharField(max_length=22, blank=True, editable=False)
    descriptor_suffix = models.CharField(
        max_length=20, blank=True, help_text="Stands behind your prefix on the bank statement; needs a letter."
    )
    send_product_name = models.BooleanField(
        default=False, help_text="Tells Stripe what was bought, in the payment's description."
    )
    send_product_as_suffix = models.BooleanField(
        default=False,
        help_text="Puts the product's name on the bank statement. It wins over the suffix above, which is used when "
        "a product's name cannot stand there.",
    )
    send_upsell_token = models.BooleanField(
        default=False, help_text="Keeps the card of a sale, so that an upsell needs one click and no new challenge."
    )
    send_radar_sessions = models.BooleanField(
        default=False, help_text="Sends Radar what it knows of the customer's browser. Needs the publishable key."
    )
    disable_phone = models.BooleanField("do not send phone", default=False, help_text="Stripe gets no phone number.")
    disable_email = models.BooleanField("do not send e-mail", default=False, help_text="Stripe gets no e-mail address.")
    disable_email_receipt = models.BooleanField(
        "no receipt by Stripe", default=False, help_text="For when you send order confirmations yourself."
    )
    do_not_send_address = models.BooleanField(default=False, help_text="Stripe gets no postal address.")
    do_not_send_descriptor = models.BooleanField(
        default=False, help_text="Stripe's own account setting decides the whole bank statement text."
    )
    create_customer = models.BooleanField(default=False, help_text="Also makes a customer record at Stripe.")
    moto = models.BooleanField(
        "mail and telephone orders",
        default=False,
        help_text="Marks payments that operators enter as MOTO: no 3-D Secure. Stripe must have allowed it.",
    )

    service_company = models.CharField("company", max_length=80, blank=True)
    service_phone = models.CharField("phone", max_length=40, blank=True)
    service_email = models.EmailField("e-mail", blank=True)
    service_site = models.CharField(
        "web site", max_length=200, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    service_address = models.CharField("address", max_length=200, blank=True)
    service_hours = models.CharField("hours", max_length=80, blank=True, help_text="Such as: Mon to Fri, 9 to 17")

    monthly_cap = AmountField(null=True, blank=True, help_text="The most that may be taken in a month. Empty: no cap.")
    when_capped = models.CharField(
        "when the cap is reached",
        max_length=5,
        choices=WhenCapped,
        default=WhenCapped.WAIT,
        help_text="What rebills do that find no room left, or this gateway switched off.",
    )
    minimum_amount = AmountField(null=True, blank=True, help_text="Empty: the currency's own minimum.")
    maximum_amount = AmountField(null=True, blank=True, help_text="Empty: the processor's own maximum.")

    discount_rate = models.PositiveIntegerField(
        default=0, help_text="The processor's share of each sale, in hundredths of a percent: 290 is 2.90 %."
    )
    transaction_fee = AmountField(default=0, help_text="The processor's fee for each payment.")
    reserve_rate = models.PositiveIntegerField(
        default=0, help_text="The share of each sale that is held back, in hundredths of a percent."
    )
    reserve_days = models.PositiveSmallIntegerField(default=0, help_text="How long it is held back.")
    chargeback_fee = AmountField(default=0, help_text="What the processor takes for each dispute.")

    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    pause_reason = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = GatewayQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=[*SECRETS, "updated_at"])

    class Meta:
        ordering = ["-active", "-is_default", "name"]
        verbose_name = "payment gateway"
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="gateway_mode_is_test_or_live"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(active=True),
                name="gateway_default_is_active",
                violation_error_message="A gateway that is not active cannot be the default: make another one default.",
            ),
            models.UniqueConstraint(
                fields=["mode", "currency"],
                condition=Q(is_default=True),
                name="gateway_one_default_per_mode_and_currency",
            ),
            models.CheckConstraint(condition=Q(when_capped__in=["wait", "other"]), name="gateway_when_capped_is_known"),
            models.CheckConstraint(
                condition=Q(monthly_cap=None) | Q(monthly_cap__gt=0), name="gateway_monthly_cap_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(minimum_amount=None) | Q(minimum_amount__gt=0), name="gateway_minimum_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(maximum_amount=None)
                | Q(minimum_amount=None, maximum_amount__gt=0)
                | Q(minimum_amount__isnull=False, maximum_amount__gte=F("minimum_amount")),
                name="gateway_maximum_amount_is_not_below_minimum",
                violation_error_message="The maximum amount is below the minimum amount: raise it, or leave it empty.",
            ),
            models.CheckConstraint(
                condition=Q(discount_rate__lte=10_000, reserve_rate__lte=10_000),
                name="gateway_rates_are_at_most_100_percent",
                violation_error_message="A rate is at most 100 %.",
            ),
            models.CheckConstraint(
                condition=Q(transaction_fee__gte=0, chargeback_fee__gte=0), name="gateway_fees_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(connected_account=False) | Q(mid__startswith="acct_"),
                name="gateway_connected_account_has_its_number",
                violation_error_message="A connected account needs its account number, acct_…, as MID.",
            ),
            models.CheckConstraint(
                condition=Q(send_radar_sessions=False) | ~Q(public_key=""),
                name="gateway_radar_needs_the_public_key",
                violation_error_message="Radar sessions need the publishable key: enter it, or switch them off.",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None, pause_reason="") | Q(paused_at__isnull=False) & ~Q(pause_reason=""),
                name="gateway_pause_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Gateway {self.pk} {self.name!r} {self.mode}>"

    @property
    def kind(self) -> ProcessorType:
        """What its type says of itself."""
        return registry.TYPES[self.processor]

    @property
    def is_live(self) -> bool:
        return self.mode == Mode.LIVE

    @property
    def is_usable(self) -> bool:
        return self.active and self.paused_at is None

    def amount_bounds(self) -> tuple[int, int]:
        """The least and the most that one payment may take here, in minor units."""
        least = max(self.minimum_amount or 0, self.kind.least(self.currency))
        most = money.maximum(self.currency)
        return least, min(self.maximum_amount or most, most)
