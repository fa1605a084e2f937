"""Money that goes back to a customer: one row each, whoever gave it back."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from gateways.fields import AmountField, CurrencyField
from gateways.models import Gateway, Mode
from payments.models.payment import Payment
from payments.refund_states import ACCEPTED, RefundStatus
from payments.words import REFUND_EXPLANATIONS, REFUND_HEADLINES


class Reason(models.TextChoices):
    """Stripe's own three; a refund needs none."""

    NONE = "", "No particular reason"
    REQUESTED = "requested_by_customer", "The customer asked for it"
    DUPLICATE = "duplicate", "Charged twice"
    FRAUDULENT = "fraudulent", "Fraud"


class Source(models.TextChoices):
    MIDWAY = "midway", "Midway"
    ELSEWHERE = "elsewhere", "Outside Midway"


class Refund(models.Model):
    """In minor units of `currency`. The refunds of a payment that were not given up come to its `amount_refunded`."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    ordinal = models.PositiveIntegerField(help_text="First, second, … refund of its payment.")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="refunds", help_text="The payment's.")
    account_id = models.CharField(max_length=64, help_text="The payment's: where the money came in, it goes out.")
    mode = models.CharField(max_length=4, choices=Mode)
    currency = CurrencyField()
    amount = AmountField()

    status = models.CharField(max_length=10, choices=RefundStatus, default=RefundStatus.PENDING)
    source = models.CharField(max_length=9, choices=Source, default=Source.MIDWAY)
    key = models.UUIDField("our key", unique=True, default=uuid.uuid4, editable=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    reference = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=24, choices=Reason, blank=True, default=Reason.NONE)
    note = models.CharField(max_length=255, blank=True)
    failure_reason = models.CharField(max_length=64, blank=True)
    message = models.CharField("in words", max_length=500, blank=True)

    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="refunds")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-id"], name="refund_by_status"),
            models.Index(fields=["gateway", "-id"], name="refund_by_gateway"),
            models.Index(fields=["source", "-id"], name="refund_by_source"),
            models.Index(fields=["mode", "-id"], name="refund_by_mode"),
            models.Index(fields=["created_at"], name="refund_by_created_at"),
            models.Index(fields=["next_try_at"], name="refund_by_next_try", condition=Q(next_try_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_is_positive"),
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_is_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="refund_source_is_known"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="refund_reason_is_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="refund_mode_is_test_or_live"),
            models.CheckConstraint(
                condition=~Q(status__in=[*sorted(ACCEPTED), RefundStatus.CANCELLED]) | ~Q(reference=""),
                name="refund_that_was_accepted_has_reference",
            ),
            models.CheckConstraint(
                condition=Q(source=Source.MIDWAY) | ~Q(reference=""), name="refund_from_elsewhere_has_reference"
            ),
            models.UniqueConstraint(
                fields=["account_id", "mode", "reference"],
                condition=~Q(reference=""),
                name="refund_reference_is_unique_in_its_account",
            ),
            models.UniqueConstraint(fields=["payment", "ordinal"], name="refund_ordinal_is_unique_in_its_payment"),
        ]

    def __str__(self) -> str:
        return self.number

    def __repr__(self) -> str:
        return f"<Refund {self.pk} {self.status} {self.amount} {self.currency}>"

    @property
    def number(self) -> str:
        """`SO-1001-P1-R1`."""
        return f"{self.payment.number}-R{self.ordinal}"

    @property
    def headline(self) -> str:
        return REFUND_HEADLINES[RefundStatus(self.status)]

    @property
    def explanation(self) -> str:
        """What went wrong in words, else what the status means."""
        return self.message or REFUND_EXPLANATIONS[RefundStatus(self.status)]
