"""The few ways at a time on which rebills go to one account at a processor."""

from django.db import models

from gateways.models import Mode


class Lane(models.Model):
    """Who has taken the row charges the account's rebills, one after the other, and gives it back soon.

    It only keeps the pace: that nothing is charged twice does not depend on it.
    """

    account_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=4, choices=Mode)
    number = models.PositiveSmallIntegerField()
    taken_until = models.DateTimeField(help_text="Somebody charges on it; after this nobody has heard of them.")
    next_at = models.DateTimeField(help_text="The next charge on it starts no earlier.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "mode", "number"], name="lane_number_is_unique_in_account"),
            models.CheckConstraint(condition=models.Q(mode__in=Mode.values), name="lane_mode_is_test_or_live"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.mode} {self.number}"
