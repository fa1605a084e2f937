"""Test drives: a gateway tried from the first sale to the rebill and back, step by step (S2-33 to S2-40)."""

from django.db import models
from django.db.models import Q

from gateways.models import Gateway
from orders.models import Campaign


class TestDrive(models.Model):
    """`steps` are written as they are done: `name`, `ok`, `reference`, `seconds` (text) and `detail` each."""

    __test__ = False  # pytest would collect it

    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="test_drives")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True, related_name="test_drives")
    card = models.CharField(max_length=64, help_text="The reference of the card that it charges, never a number.")
    steps = models.JSONField(default=list)
    reason = models.CharField("why it stopped", max_length=500, blank=True)
    started_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    ok = models.BooleanField(default=False)
    actor = models.CharField(max_length=80)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway"],
                condition=Q(finished_at__isnull=True),
                name="test_drive_is_one_at_a_time_for_each_gateway",
            ),
            models.CheckConstraint(
                condition=Q(ok=False) | Q(finished_at__isnull=False, reason=""),
                name="test_drive_that_went_well_is_finished_without_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Test drive {self.pk} of {self.gateway}"
