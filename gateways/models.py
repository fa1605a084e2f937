"""The merchant's accounts at processors, and the ledger of what each may still take this month."""

import secrets
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from gateways import money
from gateways.fields import AmountField, CurrencyField, EncryptedCharField
from gateways.processors import registry

SECRETS = ("secret_key", "signing_secret", "previous_signing_secret")


class Mode(models.TextChoices):
    TEST = "test", "Test"
    LIVE = "live", "Live"


def new_slug() -> str:
    return secrets.token_urlsafe(9)


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
    webhook_reference = models.CharField(max_length=64, blank=True, editable=False)
    webhook_url = models.CharField(max_length=255, blank=True, editable=False)

    descriptor = models.CharField(
        max_length=22, blank=True, help_text="What the customer reads on the bank statement, as Stripe gives it."
    )
    monthly_cap = AmountField(null=True, blank=True, help_text="The most that may be taken in a month. Empty: no cap.")
    minimum_amount = AmountField(null=True, blank=True, help_text="Empty: the currency's own minimum.")
    maximum_amount = AmountField(null=True, blank=True, help_text="Empty: the processor's own maximum.")

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
            models.CheckConstraint(
                condition=Q(monthly_cap=None) | Q(monthly_cap__gt=0), name="gateway_monthly_cap_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(minimum_amount=None) | Q(minimum_amount__gt=0), name="gateway_minimum_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(maximum_amount=None)
                | Q(minimum_amount=None, maximum_amount__gt=0)
                | Q(maximum_amount__gte=F("minimum_amount")),
                name="gateway_maximum_amount_is_not_below_minimum",
                violation_error_message="The maximum amount is below the minimum amount: raise it, or leave it empty.",
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
    def is_live(self) -> bool:
        return self.mode == Mode.LIVE

    @property
    def is_usable(self) -> bool:
        return self.active and self.paused_at is None

    def amount_bounds(self) -> tuple[int, int]:
        """The least and the most that one payment may take here, in minor units."""
        least = max(self.minimum_amount or 0, money.minimum(self.currency))
        return least, min(self.maximum_amount or money.MAXIMUM, money.MAXIMUM)


class MonthlyVolume(models.Model):
    """The monthly-cap ledger: what one gateway holds (reserved) and has taken (captured) in one month of its time zone.

    Refunds give nothing back: processors count gross volume.
    """

    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="volumes")
    month = models.DateField(help_text="The first day of the month.")
    reserved = AmountField(default=0)
    captured = AmountField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "month"], name="volume_one_row_per_gateway_and_month"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="volume_reserved_is_not_negative"),
            models.CheckConstraint(condition=Q(captured__gte=0), name="volume_captured_is_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="volume_month_is_a_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.month:%Y-%m}"

    @property
    def used(self) -> int:
        return int(self.reserved + self.captured)
