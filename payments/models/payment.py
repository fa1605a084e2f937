"""One attempt to take money, and the append-only list of what happened to it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from gateways.fields import AmountField, CurrencyField
from gateways.models import Gateway, Mode
from gateways.processors.declines import UNCONFIRMED
from orders.models import Card, Order, OrderLine, ShipDoc, Subscription, order_number
from payments.models.pay_link import PayLink
from payments.states import IN_FLIGHT, LIVE, Status
from payments.words import EXPLANATIONS, HEADLINES


class Purpose(models.TextChoices):
    SALE = "sale", "Sale"
    UPSELL = "upsell", "Upsell"
    REBILL = "rebill", "Rebill"
    PAYMENT_ENTRY = "entry", "Payment entry"
    DEPOSIT = "deposit", "Deposit"
    CANCELLATION_FEE = "fee", "Cancellation fee"
    TEST = "test", "Test transaction"


class Payment(models.Model):
    """Amounts in minor units of `currency`. "Refunded" is an amount, never a status."""

    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="payments")
    ordinal = models.PositiveIntegerField(default=1, help_text="First, second, … payment of its order.")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="payments")
    account_id = models.CharField(max_length=64, help_text="The processor's account, pinned when it was reserved.")
    mode = models.CharField(max_length=4, choices=Mode)
    card = models.ForeignKey(Card, models.PROTECT, null=True, blank=True, related_name="payments")
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, null=True, blank=True, related_name="payments", editable=False
    )
    cycle = models.PositiveIntegerField(null=True, blank=True, editable=False)
    pay_link = models.ForeignKey(
        PayLink, models.PROTECT, null=True, blank=True, related_name="payments", editable=False
    )
    upsell_line = models.ForeignKey(
        OrderLine,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="upsell_payments",
        editable=False,
        help_text="The line that it pays; an upsell that is not paid is taken off its order again.",
    )
    ship_doc = models.ForeignKey(ShipDoc, models.PROTECT, null=True, blank=True, related_name="payments")
    purpose = models.CharField(max_length=12, choices=Purpose)
    route = models.JSONField(
        "why this gateway", default=list, editable=False, help_text="The gateways that were looked at, with reasons."
    )
    capture_now = models.BooleanField("charge now", default=True, help_text="Off: authorize only.")

    currency = CurrencyField()
    amount = AmountField()
    amount_captured = AmountField("captured", default=0)
    amount_refunded = AmountField("refunded", default=0)
    cap_month = models.DateField(help_text="The month whose cap this payment counts to.")
    fee = AmountField(null=True, blank=True)
    net = AmountField(null=True, blank=True)
    settled_currency = models.CharField(max_length=3, blank=True)

    status = models.CharField(max_length=16, choices=Status, default=Status.PENDING)
    key = models.UUIDField("idempotency key", unique=True, default=uuid.uuid4, editable=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    draft = models.JSONField("request", default=dict, editable=False)
    reference = models.CharField(max_length=64, blank=True)
    charge_reference = models.CharField(max_length=64, blank=True)
    statement_text = models.CharField(max_length=64, blank=True)
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    decline_hard = models.BooleanField(default=False)
    advice = models.CharField(max_length=64, blank=True)
    message = models.CharField("in words", max_length=500, blank=True)
    action_url = models.CharField(max_length=500, blank=True, editable=False)
    review_reason = models.CharField("why a person must look", max_length=255, blank=True)
    refunds_due_at = models.DateTimeField("its refunds are to be looked up", null=True, blank=True, editable=False)

    capture_asked = AmountField(null=True, blank=True, editable=False)
    void_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    capture_before = models.DateTimeField("hold ends", null=True, blank=True)

    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    next_try_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    receipt_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    actor = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="payments")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-id"], name="payment_by_status"),
            models.Index(fields=["gateway", "-id"], name="payment_by_gateway"),
            models.Index(fields=["charge_reference"], name="payment_by_charge_reference"),
            models.Index(fields=["gateway", "cap_month"], name="payment_by_cap_month"),
            models.Index(fields=["created_at"], name="payment_by_created_at"),
            models.Index(
                fields=["account_id", "mode", "id"],
                name="payment_waiting_in_its_lane",
                condition=Q(status=Status.PENDING, purpose=Purpose.REBILL),
            ),
            models.Index(fields=["-id"], name="payment_to_review", condition=~Q(review_reason="")),
            models.Index(fields=["settled_at"], name="payment_by_settled_at"),
            models.Index(fields=["capture_before", "id"], name="payment_holds", condition=Q(status=Status.AUTHORIZED)),
            models.Index(
                fields=["id"],
                name="payment_of_an_unpaid_upsell",
                condition=Q(upsell_line__isnull=False, status__in=["declined", "failed", "voided", "expired"]),
            ),
            models.Index(
                fields=["gateway", "cap_month", "currency", "amount_captured"],
                name="payment_captured_in_month",
                condition=Q(status=Status.CAPTURED),
            ),
            models.Index(fields=["next_try_at"], name="payment_by_next_try", condition=Q(next_try_at__isnull=False)),
            models.Index(
                fields=["refunds_due_at"], name="payment_by_refunds", condition=Q(refunds_due_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(amount_captured__gte=0, amount_captured__lte=F("amount")),
                name="payment_captured_is_not_more_than_asked",
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount_captured")),
                name="payment_refunded_is_not_more_than_captured",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.CAPTURED) | Q(amount_captured__gt=0) & ~Q(reference=""),
                name="payment_captured_has_amount_and_reference",
            ),
            models.CheckConstraint(
                condition=Q(amount_captured=0) | Q(status=Status.CAPTURED), name="payment_money_is_taken_when_captured"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.AUTHORIZED) | ~Q(reference=""), name="payment_authorized_has_reference"
            ),
            models.CheckConstraint(
                condition=Q(capture_asked=None) | Q(capture_asked__gt=0, capture_asked__lte=F("amount")),
                name="payment_capture_asked_is_not_more_than_held",
            ),
            models.CheckConstraint(
                condition=Q(capture_asked=None) | Q(void_asked_at=None), name="payment_is_captured_or_voided_not_both"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="payment_status_is_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="payment_mode_is_test_or_live"),
            models.CheckConstraint(condition=Q(cap_month__day=1), name="payment_cap_month_is_a_first_day"),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(purpose=Purpose.TEST), name="payment_without_order_is_a_test"
            ),
            models.UniqueConstraint(
                fields=["account_id", "mode", "reference"],
                condition=~Q(reference=""),
                name="payment_reference_is_unique_in_its_account",
            ),
            models.UniqueConstraint(fields=["order", "ordinal"], name="payment_ordinal_is_unique_in_its_order"),
            models.UniqueConstraint(
                fields=["subscription", "cycle"],
                condition=Q(status__in=sorted(status.value for status in LIVE)),
                name="payment_is_one_live_for_each_cycle_of_a_subscription",
            ),
            models.CheckConstraint(
                condition=Q(subscription=None, cycle=None) & ~Q(purpose=Purpose.REBILL)
                | Q(subscription__isnull=False, cycle__gte=2, order__isnull=False, purpose=Purpose.REBILL),
                name="payment_that_is_a_rebill_names_its_cycle",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def __repr__(self) -> str:
        return f"<Payment {self.pk} {self.status} {self.amount} {self.currency}>"

    @property
    def number(self) -> str:
        """`SO-1001-P1`: what an operator reads out on the phone."""
        return f"{order_number(self.order_id)}-P{self.ordinal}" if self.order_id else f"TEST-{self.pk}"

    @property
    def off_session(self) -> bool:
        """Its cardholder was away when the bank was asked: a rebill by beat, or by Force Bill NOW."""
        return bool(self.draft.get("off_session"))

    @property
    def is_live(self) -> bool:
        """May take money, or took it."""
        return self.status in LIVE

    @property
    def is_in_flight(self) -> bool:
        """An answer is still to come."""
        return self.status in IN_FLIGHT

    @property
    def authentication_failed(self) -> bool:
        """The cardholder did not confirm, or was away when the bank asked. They may still do so (S4-13, S4-14)."""
        return self.status == Status.REQUIRES_ACTION and self.decline_code in UNCONFIRMED

    @property
    def left_to_refund(self) -> int:
        """What was taken and is not given back, nor on its way back."""
        return int(self.amount_captured - self.amount_refunded)

    @property
    def headline(self) -> str:
        return HEADLINES[Status(self.status)]

    @property
    def explanation(self) -> str:
        """The reason that the processor gave, else what the status means."""
        told = self.message and (self.status in {Status.DECLINED, Status.FAILED} or self.authentication_failed)
        return self.message if told else EXPLANATIONS[Status(self.status)]

    @property
    def card_text(self) -> str:
        """The card as it may be shown; where there was none, what there was: cash, a cheque, a wire."""
        brand = self.card_brand.title()
        return f"{brand} •••• {self.card_last4}" if self.card_last4 else brand


class PaymentEvent(models.Model):
    """One thing that happened to a payment. Rows are only ever added."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    from_status = models.CharField(max_length=16, blank=True)
    to_status = models.CharField(max_length=16, blank=True)
    source = models.CharField(max_length=16, help_text="Where the news came from: operator, task, webhook, reconcile.")
    actor = models.CharField(max_length=80)
    amount = AmountField(null=True, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.to_status}".strip()
