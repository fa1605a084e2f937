"""What the go-live check found, one row a check and gateway."""

from django.db import models
from django.db.models import Q

from gateways.models.gateway import Gateway


class GoLiveCheck(models.Model):
    """The last outcome of one check. `detail` says what was seen and, when it is not well, the remedy."""

    class Outcome(models.TextChoices):
        OK = "ok", "OK"
        WARNING = "warning", "Look at this"
        FAILED = "failed", "Not ready"

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="go_live_checks")
    check_name = models.CharField("check", max_length=40)
    outcome = models.CharField(max_length=8, choices=Outcome)
    detail = models.CharField(max_length=500)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name = "go-live check"
        constraints = [
            models.UniqueConstraint(fields=["gateway", "check_name"], name="go_live_check_is_kept_once_per_gateway"),
            models.CheckConstraint(
                condition=Q(outcome__in=["ok", "warning", "failed"]), name="go_live_check_outcome_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.outcome}"
