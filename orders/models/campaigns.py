"""Ways of selling: a campaign with its offers, the gateways that it may charge, its staff and its coupons."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from gateways.fields import AmountField, CurrencyField
from gateways.models import Gateway, Mode, new_slug

RETRY_DAYS = re.compile(r"[1-9]\d?(,[1-9]\d?){0,9}")
MOST_ATTEMPTS = 15  # on one card in 30 days: Visa's limit, the lowest of the card networks


def validate_retry_days(value: str) -> None:
    if not RETRY_DAYS.fullmatch(value):
        raise ValidationError("Write the days after the decline, such as 1,3,5,7: ten at most, each from 1 to 99.")
    days = [int(day) for day in value.split(",")]
    if days != sorted(set(days)):
        raise ValidationError("Write the days from the earliest to the latest, each once, such as 1,3,5,7.")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def kept(self) -> "CampaignQuerySet":
        """Those that are not deleted: lists and reports show no others."""
        return self.filter(deleted_at=None)


class Campaign(models.Model):
    """One way of selling: a list of offers in one currency."""

    class Kind(models.TextChoices):
        PHONE = "phone", "Phone"
        WEB = "web", "Web"
        TEST = "test", "Test"

    class AfterRetries(models.TextChoices):
        PAST_DUE = "past_due", "Stay past due"
        CANCEL = "cancel", "Cancel the subscription"

    name = models.CharField(
        max_length=80,
        unique=True,
        error_messages={"unique": "There is a campaign of this name, perhaps among those that were deleted."},
    )
    slug = models.CharField("address part", max_length=24, unique=True, default=new_slug, editable=False)
    kind = models.CharField(
        max_length=5, choices=Kind, default=Kind.WEB, help_text="Test: for trying gateways; stays out of reports."
    )
    currency = CurrencyField(help_text="Three-letter code; all offers of the campaign are priced in it.")
    mode = models.CharField(
        max_length=4,
        choices=Mode,
        default=Mode.LIVE,
        help_text="Live campaigns are charged through live gateways only, test campaigns through test gateways only.",
    )
    active = models.BooleanField(default=True, help_text="Off: no new orders.")

    card_payments = models.BooleanField(
        default=False,
        help_text="Customers pay by card through a payment gateway: your account at a payment company, which credits "
        "what they pay to your own bank account. It needs an active gateway. Off: only money in hand is taken.",
    )
    checkout_on = models.BooleanField(
        "payment in the online form", default=False, help_text="Customers pay on the campaign's own checkout page."
    )
    pay_links_on = models.BooleanField(
        "payment by link", default=False, help_text="Operators can send a customer a link that pays an order."
    )
    thank_you_title = models.CharField(max_length=120, blank=True, help_text="Empty: “Thank you”.")
    thank_you_text = models.TextField(blank=True, help_text="What customers read after they paid.")
    thank_you_url = models.URLField(
        "thank-you address", blank=True, help_text="A page of your own to go on to; empty: Midway's thank-you page."
    )

    retry_days = models.CharField(
        max_length=40,
        default="1,3,5,7",
        validators=[validate_retry_days],
        help_text="On which days after a declined rebill the card is tried again.",
    )
    attempts_per_card = models.PositiveSmallIntegerField(
        default=MOST_ATTEMPTS, help_text="The most that one card is tried within 30 days, whatever it is for."
    )
    after_retries = models.CharField(
        max_length=8,
        choices=AfterRetries,
        default=AfterRetries.PAST_DUE,
        help_text="What becomes of a subscription when the last retry was declined.",
    )
    gateways = models.ManyToManyField(Gateway, through="CampaignGateway", related_name="campaigns")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelling_by = models.CharField(
        max_length=80,
        blank=True,
        editable=False,
        help_text="Who wanted the subscriptions of the deleted campaign cancelled; empty again once they are.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CampaignQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["phone", "web", "test"]), name="campaign_kind_is_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="campaign_mode_is_test_or_live"),
            models.CheckConstraint(
                condition=Q(after_retries__in=["past_due", "cancel"]), name="campaign_after_retries_is_known"
            ),
            models.CheckConstraint(
                condition=Q(attempts_per_card__gte=1, attempts_per_card__lte=MOST_ATTEMPTS),
                name="campaign_attempts_per_card_are_what_networks_allow",
                violation_error_message=f"A card may be tried 1 to {MOST_ATTEMPTS} times in 30 days: card networks "
                "fine merchants who try it more often.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def retry_schedule(self) -> list[int]:
        """Days after the first decline, in order."""
        return [int(day) for day in self.retry_days.split(",")]


class Assignment(models.Model):
    """A gateway that may charge something: the lowest priority first, among equals by weight."""

    priority = models.PositiveSmallIntegerField(default=1, help_text="1 is tried first.")
    weight = models.PositiveSmallIntegerField(
        default=1, help_text="Among equal priorities: 2 gets twice as many payments as 1."
    )

    class Meta:
        abstract = True


class CampaignGateway(Assignment):
    """Serves every offer of the campaign that names no gateways of its own."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="assignments")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="campaign_assignments")

    class Meta:
        ordering = ["priority", "pk"]
        verbose_name = "gateway of the campaign"
        verbose_name_plural = "gateways of the campaign"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "gateway"], name="campaign_names_a_gateway_once"),
            models.CheckConstraint(
                condition=Q(priority__gte=1, weight__gte=1), name="campaign_gateway_priority_and_weight_are_positive"
            ),
        ]

    def __str__(self) -> str:
        return str(self.gateway)


class Staff(models.Model):
    """Somebody who gives a service that customers can buy (S3-34)."""

    name = models.CharField(max_length=80, unique=True)
    active = models.BooleanField(default=True, help_text="Off: customers cannot choose this person any longer.")

    class Meta:
        ordering = ["name"]
        verbose_name = "member of staff"
        verbose_name_plural = "staff"

    def __str__(self) -> str:
        return self.name


class Coupon(models.Model):
    """Takes an amount (minor units of the campaign's currency) or a share off an order's lines."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="coupons")
    code = models.CharField(max_length=32, help_text="What customers type; capitals and small letters are the same.")
    amount = AmountField(null=True, blank=True)
    rate = models.PositiveIntegerField(
        null=True, blank=True, help_text="In hundredths of a percent: 1000 is 10 %. Either this or an amount."
    )
    starts_on = models.DateField("from", null=True, blank=True)
    ends_on = models.DateField("until", null=True, blank=True, help_text="The last day on which it counts.")
    most_uses = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as often as customers like.")
    uses = models.PositiveIntegerField(default=0, editable=False)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["campaign", "code"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="coupon_code_is_unique_in_campaign"),
            models.CheckConstraint(
                condition=Q(amount__isnull=False, amount__gt=0, rate=None)
                | Q(amount=None, rate__isnull=False, rate__gt=0, rate__lte=10_000),
                name="coupon_takes_an_amount_or_a_share",
                violation_error_message="Give an amount above zero, or a share of up to 100 %: one of the two.",
            ),
            models.CheckConstraint(
                condition=Q(most_uses=None) | Q(uses__lte=F("most_uses")), name="coupon_is_not_used_too_often"
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="coupon_ends_after_it_starts",
                violation_error_message="The last day is before the first: turn them round.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
