"""The monthly-cap ledger."""

from django.db import models
from django.db.models import Q

from gateways.fields import AmountField
from gateways.models.gateway import Gateway


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
