"""The kill switch: charging that somebody stopped, and who let it go on again. Rows are never deleted."""

from django.db import models
from django.db.models import Q

from gateways.models import Gateway
from orders.models import Campaign


class ChargeStop(models.Model):
    """While it is not released, nothing new is charged in its scope; what is in flight is still settled."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything", "Everything"
        CAMPAIGN = "campaign", "One campaign"
        GATEWAY = "gateway", "One gateway"

    scope = models.CharField(max_length=10, choices=Scope)
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True, related_name="charge_stops")
    gateway = models.ForeignKey(Gateway, models.PROTECT, null=True, blank=True, related_name="charge_stops")
    reason = models.CharField(max_length=255)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "charging stop"
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="everything", campaign=None, gateway=None)
                | Q(scope="campaign", campaign__isnull=False, gateway=None)
                | Q(scope="gateway", campaign=None, gateway__isnull=False),
                name="charge_stop_names_what_its_scope_says",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="charge_stop_has_a_reason"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by="") | Q(released_at__isnull=False) & ~Q(released_by=""),
                name="charge_stop_release_has_a_name",
            ),
            models.UniqueConstraint(
                fields=["scope"],
                condition=Q(scope="everything", released_at=None),
                name="charge_stop_one_for_everything",
            ),
            models.UniqueConstraint(
                fields=["campaign"],
                condition=Q(scope="campaign", released_at=None),
                name="charge_stop_one_per_campaign",
            ),
            models.UniqueConstraint(
                fields=["gateway"], condition=Q(scope="gateway", released_at=None), name="charge_stop_one_per_gateway"
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_active(self) -> bool:
        return self.released_at is None

    @property
    def what(self) -> str:
        """`everything`, `the campaign Summer Glow`, `the gateway Northwind US`: to stand inside a sentence."""
        if self.scope == self.Scope.CAMPAIGN:
            return f"the campaign {self.campaign}"
        return f"the gateway {self.gateway}" if self.scope == self.Scope.GATEWAY else "everything"
