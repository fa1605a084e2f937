"""What the monthly-cap check found, and which warnings about a cap were mailed."""

from django.db import models
from django.db.models import Q

from gateways.fields import AmountField
from gateways.models.gateway import Gateway


class CapCheck(models.Model):
    """How one gateway's month stood when it was last checked, after what had drifted was repaired.

    `drift` is all that was wrong, added up regardless of its sign: 0 when everything agrees.
    """

    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="cap_checks")
    month = models.DateField(help_text="The first day of the month.")
    cap = AmountField("monthly cap", null=True, blank=True)
    captured = AmountField(default=0)
    reserved = AmountField(default=0)
    left = AmountField(null=True, blank=True)
    drift = AmountField(default=0, help_text="What this check found wrong, in the ledger or against the processor.")
    checked_at = models.DateTimeField()
    processor_captured = AmountField("captured at the processor", null=True, blank=True)
    processor_drift = AmountField("differs from the processor", default=0)
    unknown_count = models.PositiveIntegerField("charges that Midway does not know", default=0)
    unknown_amount = AmountField(default=0)
    compared_at = models.DateTimeField(null=True, blank=True)
    drifted_at = models.DateTimeField("last drift", null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-month", "gateway__name"]
        verbose_name = "monthly cap"
        constraints = [
            models.UniqueConstraint(fields=["gateway", "month"], name="cap_check_one_row_per_gateway_and_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="cap_check_month_is_a_first_day"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, reserved__gte=0, drift__gte=0, processor_drift__gte=0),
                name="cap_check_amounts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(cap=None, left=None) | Q(cap__isnull=False, left__gte=0), name="cap_check_left_needs_a_cap"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.month:%Y-%m}"

    @property
    def used(self) -> int:
        return int(self.captured + self.reserved)


class CapWarning(models.Model):
    """A warning that was mailed: once for each gateway, month and threshold."""

    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="cap_warnings")
    month = models.DateField(help_text="The first day of the month.")
    threshold = models.PositiveSmallIntegerField(help_text="Per cent of the monthly cap.")
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "month", "threshold"], name="cap_warning_is_mailed_once_per_threshold"
            ),
            models.CheckConstraint(condition=Q(threshold__in=[80, 95, 100]), name="cap_warning_threshold_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.month:%Y-%m} {self.threshold} %"
