"""Which place this database belongs to: a copy of it may not charge before somebody has confirmed it."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class Installation(models.Model):
    """One row. `identity` is written at the place as well; a copy of the database finds another one there, or none.

    `pulse` only ever grows, here and then at the place: a database that was restored from a backup is behind it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    identity = models.CharField(max_length=64)
    pulse = models.PositiveBigIntegerField(default=0)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80)

    history = HistoricalRecords(excluded_fields=["pulse"])

    class Meta:
        verbose_name_plural = "installation"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="installation_is_one"),
            models.CheckConstraint(condition=~Q(identity=""), name="installation_has_an_identity"),
        ]

    def __str__(self) -> str:
        return f"Installation {self.identity[:8]}"
