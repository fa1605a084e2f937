"""What the offline processor remembers: the receipts of money that came without a processor, and what went back."""

from django.db import models
from django.db.models import Q

from gateways.fields import AmountField, CurrencyField


class OfflineReceipt(models.Model):
    """Money that somebody handed over. `our_key` is the payment's: the same payment is written down once."""

    account_id = models.CharField(max_length=64)
    livemode = models.BooleanField()
    number = models.CharField(max_length=64)
    our_key = models.CharField(max_length=36, unique=True)
    means = models.CharField(max_length=16)
    amount = AmountField()
    currency = CurrencyField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "number"], name="offline_receipt_number_is_used_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="offline_receipt_amount_is_positive"),
            models.CheckConstraint(condition=~Q(number=""), name="offline_receipt_has_a_number"),
        ]

    def __str__(self) -> str:
        return self.number


class OfflineRefund(models.Model):
    """Money that somebody gave back, once for each key."""

    receipt = models.ForeignKey(OfflineReceipt, models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=255, unique=True)
    amount = AmountField()
    reason = models.CharField(max_length=255, blank=True)
    refunded_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="offline_refund_amount_is_positive")]

    def __str__(self) -> str:
        return f"{self.receipt}-R{self.pk}"
