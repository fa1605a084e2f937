"""What is sold: offers with their terms, a price for each billing cycle, and the gateways that may charge them."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from gateways.fields import AmountField
from gateways.models import Gateway
from orders.models.campaigns import Assignment, Campaign, Staff


class Offer(models.Model):
    """A thing on sale in a campaign, priced in the campaign's currency. `price` is that of cycle 1."""

    class Kind(models.TextChoices):
        ONE_OFF = "one_off", "One-off"
        RECURRING = "recurring", "Recurring"

    class Terms(models.TextChoices):
        FULL = "full", "In full"
        DEPOSIT = "deposit", "Deposit now, the rest later"
        LATER = "later", "Later"

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="offers")
    name = models.CharField(max_length=120)
    sku = models.CharField("SKU", max_length=40, blank=True)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.ONE_OFF)
    price = AmountField(help_text="Of the first sale, which is cycle 1 of a recurring offer.")
    repeats = models.BooleanField(
        "last cycle repeats", default=True, help_text="Off: the subscription ends after its last cycle."
    )
    shippable = models.BooleanField(default=True, help_text="Off: nothing has to leave the house.")
    terms = models.CharField("payment terms", max_length=7, choices=Terms, default=Terms.FULL)
    deposit_amount = AmountField(null=True, blank=True)
    deposit_rate = models.PositiveIntegerField(
        null=True, blank=True, help_text="In hundredths of a percent: 2000 is 20 %. Either this or an amount."
    )
    cancellation_fee = AmountField(
        default=0, help_text="What may be kept or charged when an order with it is cancelled."
    )
    staff = models.ManyToManyField(Staff, blank=True, related_name="offers", help_text="Who gives this service.")
    is_upsell = models.BooleanField(
        "upsell",
        default=False,
        help_text="Is offered after a sale, for one click on the card that was just used; not on the checkout page.",
    )
    active = models.BooleanField(default=True, help_text="Off: not on sale any longer.")
    gateways = models.ManyToManyField(Gateway, through="OfferGateway", related_name="offers")
    history = HistoricalRecords()

    class Meta:
        ordering = ["campaign", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0),
                name="offer_price_is_positive",
                violation_error_message="A price is more than zero.",
            ),
            models.UniqueConstraint(fields=["campaign", "name"], name="offer_name_is_unique_in_campaign"),
            models.CheckConstraint(condition=Q(kind__in=["one_off", "recurring"]), name="offer_kind_is_known"),
            models.CheckConstraint(condition=Q(terms__in=["full", "deposit", "later"]), name="offer_terms_are_known"),
            models.CheckConstraint(
                condition=~Q(terms="deposit", deposit_amount=None, deposit_rate=None),
                name="offer_deposit_has_an_amount_or_a_share",
                violation_error_message="A deposit needs an amount or a share: enter one of the two.",
            ),
            models.CheckConstraint(
                condition=Q(deposit_amount=None)
                | Q(deposit_amount__gt=0, deposit_amount__lt=models.F("price"), deposit_rate=None),
                name="offer_deposit_amount_is_part_of_the_price",
                violation_error_message="A deposit is more than zero and less than the price, and has no share beside.",
            ),
            models.CheckConstraint(
                condition=Q(deposit_rate=None) | Q(deposit_rate__gt=0, deposit_rate__lt=10_000),
                name="offer_deposit_rate_is_part_of_the_price",
                violation_error_message="A deposit's share is more than 0 % and less than 100 %.",
            ),
            models.CheckConstraint(
                condition=Q(cancellation_fee__gte=0, cancellation_fee__lte=models.F("price")),
                name="offer_cancellation_fee_is_at_most_the_price",
                violation_error_message="A cancellation fee is at most the price.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_recurring(self) -> bool:
        return self.kind == self.Kind.RECURRING


class OfferCycle(models.Model):
    """A rebill of a recurring offer: cycle 2 and later. Cycle 1 is the sale itself, at the offer's own price.

    `every_count` and `every_unit` say how long after the cycle before it is due.
    """

    class Unit(models.TextChoices):
        DAY = "day", "days"
        MONTH = "month", "months"

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="cycles")
    number = models.PositiveSmallIntegerField("cycle", help_text="2 is the first rebill.")
    price = AmountField()
    every_count = models.PositiveSmallIntegerField("after", default=1)
    every_unit = models.CharField("unit", max_length=5, choices=Unit, default=Unit.MONTH)

    class Meta:
        ordering = ["offer", "number"]
        verbose_name = "billing cycle"
        constraints = [
            models.UniqueConstraint(fields=["offer", "number"], name="offer_cycle_number_is_unique_in_offer"),
            models.CheckConstraint(
                condition=Q(number__gte=2),
                name="offer_cycle_is_a_rebill",
                violation_error_message="Cycle 1 is the sale, at the offer's price: rebills are numbered from 2.",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="offer_cycle_price_is_positive"),
            models.CheckConstraint(
                condition=Q(every_count__gte=1, every_count__lte=999), name="offer_cycle_interval_is_positive"
            ),
            models.CheckConstraint(condition=Q(every_unit__in=["day", "month"]), name="offer_cycle_unit_is_known"),
        ]

    def __str__(self) -> str:
        return f"Cycle {self.number}"

    @property
    def interval_text(self) -> str:
        unit = {"day": "day", "month": "month"}[self.every_unit]
        return f"after 1 {unit}" if self.every_count == 1 else f"after {self.every_count} {unit}s"


class OfferGateway(Assignment):
    """A gateway that may charge this offer (S2-11). Where an offer names some, the campaign's do not count."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="assignments")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="offer_assignments")

    class Meta:
        ordering = ["priority", "pk"]
        verbose_name = "gateway of the offer"
        verbose_name_plural = "gateways of the offer"
        constraints = [
            models.UniqueConstraint(fields=["offer", "gateway"], name="offer_names_a_gateway_once"),
            models.CheckConstraint(
                condition=Q(priority__gte=1, weight__gte=1), name="offer_gateway_priority_and_weight_are_positive"
            ),
        ]

    def __str__(self) -> str:
        return str(self.gateway)
