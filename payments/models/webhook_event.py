"""The inbox: each verified event once, kept as it came, worked on later."""

from django.db import models
from django.db.models import Q

from gateways.models import Gateway
from payments.models.payment import Payment


class WebhookEvent(models.Model):
    class Status(models.TextChoices):
        NEW = "new", "Waiting"
        APPLIED = "applied", "Applied"
        IGNORED = "ignored", "Not for us"
        FAILED = "failed", "Failed"

    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="webhook_events")
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=80)
    livemode = models.BooleanField()
    body = models.TextField(help_text="The verified body, as Stripe sent it.")
    status = models.CharField(max_length=8, choices=Status, default=Status.NEW)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="webhook_events")
    note = models.CharField(max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "next_try_at"], name="webhook_event_waiting"),
            models.Index(fields=["type", "-id"], name="webhook_event_by_type"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_is_stored_once"),
            models.CheckConstraint(
                condition=Q(status__in=["new", "applied", "ignored", "failed"]), name="webhook_event_status_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
