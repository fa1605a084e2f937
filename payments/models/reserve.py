"""The part of a sale that the processor holds back for a while, as the gateway's owner agreed with it."""

from django.db import models
from django.db.models import F, Q

from gateways.fields import AmountField, CurrencyField
from gateways.models import Gateway, Mode
from orders.models import Campaign
from payments.models.payment import Payment


class ReserveTranche(models.Model):
    """Written when the payment is captured, by the gateway's terms of that moment, and never changed afterwards.

    The dates are days in the gateway's time zone. On `release_on` the money is free.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="reserve_tranches")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="reserve_tranches")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, related_name="reserve_tranches", help_text="None: of a test transaction."
    )
    mode = models.CharField(max_length=4, choices=Mode)
    currency = CurrencyField()
    captured = AmountField()
    rate = models.PositiveIntegerField(help_text="In hundredths of a percent.")
    amount = AmountField("held back")
    held_on = models.DateField()
    release_on = models.DateField()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["gateway", "release_on", "currency", "campaign", "amount"], name="reserve_by_release"),
            models.Index(fields=["held_on", "id"], name="reserve_by_day_held"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["payment"], name="reserve_tranche_is_one_for_each_payment"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=F("captured")),
                name="reserve_tranche_is_a_part_of_what_was_captured",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0, rate__lte=10_000), name="reserve_tranche_rate_is_a_share"),
            models.CheckConstraint(
                condition=Q(release_on__gte=F("held_on")), name="reserve_tranche_is_released_after_it_is_held"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="reserve_tranche_mode_is_test_or_live"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} until {self.release_on}"
