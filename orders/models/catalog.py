"""What is sold: campaigns and their offers."""

from django.db import models
from django.db.models import Q

from gateways.fields import AmountField, CurrencyField
from gateways.models import Mode


class Campaign(models.Model):
    """One way of selling: a list of offers in one currency."""

    class Kind(models.TextChoices):
        PHONE = "phone", "Phone"
        WEB = "web", "Web"
        TEST = "test", "Test"

    name = models.CharField(max_length=80, unique=True)
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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["phone", "web", "test"]), name="campaign_kind_is_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="campaign_mode_is_test_or_live"),
        ]

    def __str__(self) -> str:
        return self.name


class Offer(models.Model):
    """A thing on sale in a campaign, priced in the campaign's currency."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="offers")
    name = models.CharField(max_length=120)
    sku = models.CharField("SKU", max_length=40, blank=True)
    price = AmountField()
    shippable = models.BooleanField(default=True, help_text="Off: nothing has to leave the house.")
    active = models.BooleanField(default=True, help_text="Off: not on sale any longer.")

    class Meta:
        ordering = ["campaign", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="offer_price_is_positive",
                violation_error_message="A price is more than zero.",
            ),
            models.UniqueConstraint(fields=["campaign", "name"], name="offer_name_is_unique_in_campaign"),
        ]

    def __str__(self) -> str:
        return self.name
