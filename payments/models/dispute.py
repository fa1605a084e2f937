"""A cardholder contests a payment at the bank; and what the merchant answered."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from gateways.fields import AmountField, CurrencyField
from gateways.models import Gateway, Mode
from orders.models import Campaign
from payments.models.payment import Payment


class DisputeStatus(models.TextChoices):
    """As Stripe's dispute object says. A warning is an inquiry: no money has moved yet."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response", "Inquiry: needs an answer"
    WARNING_UNDER_REVIEW = "warning_under_review", "Inquiry: under review"
    WARNING_CLOSED = "warning_closed", "Inquiry closed"
    NEEDS_RESPONSE = "needs_response", "Needs an answer"
    UNDER_REVIEW = "under_review", "Under review"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response", "Appeal: needs an answer"
    APPEAL_UNDER_REVIEW = "appeal_under_review", "Appeal: under review"
    PREVENTED = "prevented", "Prevented"
    WON = "won", "Won"
    LOST = "lost", "Lost"


INQUIRY = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW, DisputeStatus.WARNING_CLOSED}
)
NEEDS_ANSWER = frozenset(
    {DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE, DisputeStatus.APPEAL_NEEDS_RESPONSE}
)
DECIDED = frozenset({DisputeStatus.WON, DisputeStatus.LOST})
"""These two never change again."""

OVER = DECIDED | {DisputeStatus.WARNING_CLOSED, DisputeStatus.PREVENTED}
NO_CHARGEBACK = INQUIRY | {DisputeStatus.PREVENTED}
"""The card's network counts no chargeback, and the processor takes no fee for one."""


class Dispute(models.Model):
    """`amount` is in minor units of `currency`; what moved on the balance is in those of `settled_currency`.

    `fee` is what the gateway's owner agreed to pay for a chargeback, on the day that it became one, in the gateway's
    currency; `fee_taken` is what the processor says that it took.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="disputes")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, related_name="disputes", help_text="None: of a test transaction."
    )
    account_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=4, choices=Mode)
    reference = models.CharField(max_length=64)
    charge_reference = models.CharField(max_length=64, blank=True)

    currency = CurrencyField()
    amount = AmountField()
    reason = models.CharField(max_length=64)
    network_reason = models.CharField("reason code", max_length=32, blank=True)
    status = models.CharField(max_length=24, choices=DisputeStatus)
    evidence_due_at = models.DateTimeField("answer by", null=True, blank=True)
    submissions = models.PositiveSmallIntegerField(default=0)

    movements = models.PositiveSmallIntegerField(default=0)
    amount_withdrawn = AmountField("taken back", default=0)
    amount_reinstated = AmountField("given back", default=0)
    fee = AmountField("chargeback fee", null=True, blank=True)
    fee_taken = AmountField("fee taken", default=0)
    settled_currency = models.CharField(max_length=3, blank=True)

    opened_at = models.DateTimeField("opened")
    opened_on = models.DateField(help_text="The day in the gateway's time zone: reports count by it.")
    closed_at = models.DateTimeField("over since", null=True, blank=True)
    looked_at = models.DateTimeField(help_text="When the processor was last asked.")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-id"], name="dispute_by_status"),
            models.Index(fields=["reason", "-id"], name="dispute_by_reason"),
            models.Index(fields=["gateway", "-id"], name="dispute_by_gateway"),
            models.Index(fields=["mode", "-id"], name="dispute_by_mode"),
            models.Index(fields=["opened_on", "id"], name="dispute_by_day"),
            models.Index(fields=["evidence_due_at", "-id"], name="dispute_by_evidence_due"),
            models.Index(fields=["charge_reference"], name="dispute_by_charge_reference"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(amount_withdrawn__gte=0, amount_reinstated__gte=0),
                name="dispute_movements_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount_reinstated=0) | Q(amount_withdrawn__gt=0),
                name="dispute_gives_back_only_what_was_taken",
            ),
            models.CheckConstraint(
                condition=Q(amount_withdrawn=0, fee_taken=0) | ~Q(settled_currency=""),
                name="dispute_movements_have_a_currency",
            ),
            models.CheckConstraint(condition=Q(fee=None) | Q(fee__gte=0), name="dispute_fee_is_not_negative"),
            models.CheckConstraint(condition=Q(status__in=DisputeStatus.values), name="dispute_status_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(OVER), closed_at__isnull=False)
                | ~Q(status__in=sorted(OVER)) & Q(closed_at=None),
                name="dispute_is_over_since_a_time",
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="dispute_mode_is_test_or_live"),
            models.CheckConstraint(condition=~Q(reference=""), name="dispute_has_a_reference"),
            models.UniqueConstraint(
                fields=["account_id", "mode", "reference"], name="dispute_reference_is_unique_in_its_account"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def needs_answer(self) -> bool:
        return self.status in NEEDS_ANSWER

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def is_inquiry(self) -> bool:
        return self.status in INQUIRY


class DisputeAnswer(models.Model):
    """What a person had the processor told about a dispute. Written before it is sent, and sent under its own key."""

    class Kind(models.TextChoices):
        EVIDENCE = "evidence", "Evidence"
        ACCEPT = "accept", "Accepted"

    class Status(models.TextChoices):
        ASKED = "asked", "Being sent"
        UNKNOWN = "unknown", "Not known yet"
        DONE = "done", "Sent"
        REFUSED = "refused", "Refused"

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="answers")
    kind = models.CharField(max_length=8, choices=Kind)
    evidence = models.JSONField(default=dict, editable=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.ASKED)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    form_token = models.UUIDField(unique=True, editable=False)
    submissions_before = models.PositiveSmallIntegerField(editable=False)
    message = models.CharField("in words", max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=1, editable=False)
    next_try_at = models.DateTimeField(null=True, blank=True, editable=False)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=80)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="dispute_answers"
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="dispute_answer_by_next_try", condition=Q(next_try_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["evidence", "accept"]), name="dispute_answer_kind_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["asked", "unknown"], settled_at=None, next_try_at__isnull=False)
                | Q(status__in=["done", "refused"], settled_at__isnull=False, next_try_at=None),
                name="dispute_answer_is_open_or_settled",
            ),
            models.UniqueConstraint(
                fields=["dispute"], condition=Q(settled_at=None), name="dispute_answer_is_open_once_for_each_dispute"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.dispute_id}"

    @property
    def is_open(self) -> bool:
        """It may have been heard, or may be heard yet."""
        return self.settled_at is None
