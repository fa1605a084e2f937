"""Holds: authorized payments, as a list of their own."""

from typing import ClassVar

from django.db import models
from django.db.models import F

from payments.models.payment import Payment
from payments.states import Status


class HoldManager(models.Manager["Hold"]):
    def get_queryset(self) -> models.QuerySet["Hold"]:
        return super().get_queryset().filter(status=Status.AUTHORIZED)


class Hold(Payment):
    """The same row as the payment, while its money is held; the one that ends first before the others."""

    objects: ClassVar[HoldManager] = HoldManager()

    class Meta:
        proxy = True
        ordering = [F("capture_before").asc(nulls_last=True), "pk"]
        default_permissions = ()  # those of payments
