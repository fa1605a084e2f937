"""Subscriptions: what is billed again, when the next cycle is due, on which card and through which gateway."""

from django.db import models
from django.db.models import Q

from gateways.fields import AmountField
from gateways.models import Gateway
from orders.models.catalog import Offer
from orders.models.customers import Card, Customer

FIRST_NUMBER = 1000


def subscription_number(pk: int | None) -> str:
    return f"SUB-{FIRST_NUMBER + pk}" if pk else "new subscription"


def subscription_pk(text: str) -> int | None:
    """The primary key behind `SUB-1001` or `sub1001`, or the key itself; None when the text is neither."""
    plain = text.strip().upper()
    digits = plain.removeprefix("SUB").removeprefix("-").strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 12):
        return None
    return int(digits) - (FIRST_NUMBER if plain.startswith("SUB") else 0)


class Subscription(models.Model):
    """Made from a recurring line of a paid order. Every cycle from 2 on is an order of its own, charged by itself.

    `cycle` is the last cycle that was paid, `due_at` when the next one is due, `try_at` when its card is next tried:
    the same moment at first, later ones while declined cards are retried. Both are empty once nothing is billed.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        PAST_DUE = "past_due", "Past due"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        FINISHED = "finished", "Finished"

    class Held(models.TextChoices):
        """Why a cycle that is due waits; empty when it does not."""

        CAP = "cap", "No room under the monthly cap"
        GATEWAY = "gateway", "The gateway is not active"
        STOPPED = "stopped", "Charging is stopped"
        CARD = "card", "The card will not do: a new one is needed"
        AUTHENTICATION = "authentication", "The customer has to confirm"
        RETRIES = "retries", "Every retry was declined"

    order_line = models.OneToOneField("orders.OrderLine", models.PROTECT, related_name="subscription")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="subscriptions")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="subscriptions")
    quantity = models.PositiveIntegerField(default=1)
    card = models.ForeignKey(Card, models.PROTECT, null=True, blank=True, related_name="subscriptions")
    gateway = models.ForeignKey(
        Gateway, models.PROTECT, related_name="subscriptions", help_text="The one that approved the first sale."
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    held = models.CharField("waits because", max_length=14, choices=Held, blank=True)
    cycle = models.PositiveIntegerField("last paid cycle", default=1)
    anchor_day = models.PositiveSmallIntegerField(help_text="The day of the month that monthly cycles keep to.")
    time_zone = models.CharField(max_length=64, help_text="Days begin and end here: the gateway's, when it began.")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField("next rebill", null=True, blank=True)
    try_at = models.DateTimeField("next try", null=True, blank=True)
    retries = models.PositiveSmallIntegerField(default=0, help_text="Declines of the cycle that is due.")
    price_override = AmountField(
        "price of coming cycles", null=True, blank=True, help_text="Empty: the prices of the offer's cycles."
    )
    ends_after_cycle = models.BooleanField(default=False, help_text="It was cancelled at the end of its period.")
    paused_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField("why it ended", max_length=255, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["try_at", "id"], name="subscription_by_try", condition=Q(try_at__isnull=False)),
            models.Index(fields=["status", "-id"], name="subscription_by_status"),
            models.Index(fields=["held", "-id"], name="subscription_by_held", condition=~Q(held="")),
            models.Index(fields=["gateway", "due_at"], name="subscription_by_gateway_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["active", "past_due", "paused", "cancelled", "finished"]),
                name="subscription_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(held__in=["", "cap", "gateway", "stopped", "card", "authentication", "retries"]),
                name="subscription_held_is_known",
            ),
            models.CheckConstraint(condition=Q(cycle__gte=1), name="subscription_cycle_is_at_least_one"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="subscription_quantity_is_at_least_one"),
            models.CheckConstraint(
                condition=Q(anchor_day__gte=1, anchor_day__lte=31), name="subscription_anchor_is_a_day"
            ),
            models.CheckConstraint(
                condition=Q(price_override=None) | Q(price_override__gt=0), name="subscription_price_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "past_due"]) | Q(try_at=None),
                name="subscription_tries_no_card_unless_it_bills",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["cancelled", "finished"], ended_at__isnull=False, due_at=None)
                | Q(status__in=["active", "past_due", "paused"], ended_at=None),
                name="subscription_that_ended_has_its_end",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """`SUB-1001`: what people quote."""
        return subscription_number(self.pk)

    @property
    def bills(self) -> bool:
        return self.status in {self.Status.ACTIVE, self.Status.PAST_DUE}


class SubscriptionEvent(models.Model):
    """One thing that happened to a subscription. Rows are only ever added."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    cycle = models.PositiveIntegerField(null=True, blank=True)
    actor = models.CharField(max_length=80)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind
