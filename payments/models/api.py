"""The order API: the keys that outside checkouts sign in with, and their calls, each made once."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from orders.models import Campaign, Order


class ApiKey(models.Model):
    """Opens one campaign. Only a digest is kept: the key itself is shown once, when it is made."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80, help_text="Which checkout uses it, such as “WordPress shop”.")
    hint = models.CharField(max_length=24, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="api_keys"
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="api_key_is_kept_as_a_digest")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class ApiCall(models.Model):
    """One idempotency key of a campaign: what was asked with it, the order that it made, and what was answered."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="api_calls")
    key = models.CharField("idempotency key", max_length=255)
    digest = models.CharField("of the request", max_length=64)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="api_calls")
    return_url = models.CharField(max_length=1000, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "key"], name="api_call_key_is_used_once_in_its_campaign"),
            models.CheckConstraint(
                condition=Q(status=None, answer__isnull=True) | Q(status__isnull=False, answer__isnull=False),
                name="api_call_answer_has_a_status",
            ),
        ]

    def __str__(self) -> str:
        return self.key
