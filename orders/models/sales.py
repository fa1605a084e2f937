"""Sales orders. Their totals are made here; what was paid on them is written by `payments` alone."""

from django.db import models
from django.db.models import F, Q

from gateways.fields import AmountField, CurrencyField
from orders.models.catalog import Campaign, Offer
from orders.models.customers import Address, Customer

FIRST_NUMBER = 1000


def order_number(pk: int | None) -> str:
    return f"SO-{FIRST_NUMBER + pk}" if pk else "new sales order"


def order_pk(text: str) -> int | None:
    """The primary key behind `SO-1001`, `so1001` or `1001`; None when the text is no order number."""
    digits = text.strip().upper().removeprefix("SO").removeprefix("-").strip()
    return int(digits) - FIRST_NUMBER if digits.isascii() and digits.isdecimal() and len(digits) < 12 else None


class PaymentState(models.TextChoices):
    """Where an order stands, told from its payments."""

    UNPAID = "unpaid", "Unpaid"
    IN_PROGRESS = "in_progress", "Being settled"
    HELD = "held", "Authorized"
    PART_PAID = "part_paid", "Part paid"
    PAID = "paid", "Paid"
    REFUNDED = "refunded", "Refunded"
    CANCELLED = "cancelled", "Cancelled"


class Order(models.Model):
    """Amounts in minor units of `currency`. `total` is lines less discount plus shipping and tax."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="orders")
    address = models.ForeignKey(Address, models.PROTECT, null=True, blank=True, related_name="orders")
    currency = CurrencyField(editable=False)
    discount = AmountField(default=0)
    shipping = AmountField(default=0)
    tax = AmountField(default=0)
    total = AmountField(default=0, editable=False)
    notes = models.TextField(blank=True)

    payment_state = models.CharField(
        "payment", max_length=12, choices=PaymentState, default=PaymentState.UNPAID, editable=False
    )
    amount_paid = AmountField(default=0, editable=False)
    amount_held = AmountField(default=0, editable=False)
    amount_refunded = AmountField(default=0, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "sales order"
        indexes = [
            models.Index(fields=["payment_state", "-id"], name="order_by_payment_state"),
            models.Index(fields=["campaign", "-id"], name="order_by_campaign"),
            models.Index(fields=["created_at"], name="order_by_created_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(discount__gte=0, shipping__gte=0, tax__gte=0), name="order_amounts_are_not_negative"
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_is_not_negative"),
            models.CheckConstraint(
                condition=Q(amount_paid__gte=0, amount_held__gte=0, amount_refunded__gte=0),
                name="order_paid_held_refunded_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__lte=F("amount_paid")), name="order_refunded_is_not_more_than_paid"
            ),
            models.CheckConstraint(
                condition=Q(payment_state__in=PaymentState.values), name="order_payment_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """`SO-1001`: what people quote."""
        return order_number(self.pk)

    @property
    def amount_due(self) -> int:
        """What nobody has paid or holds yet. A refund does not make it due again."""
        return max(0, int(self.total - self.amount_paid - self.amount_held))


class OrderLine(models.Model):
    """`unit_price` is the offer's price on the day of the order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="lines")
    description = models.CharField(max_length=120, editable=False)
    quantity = models.PositiveIntegerField(default=1)
    unit_price = AmountField(editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = "line"
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="order_line_quantity_is_at_least_one",
                violation_error_message="A line has a quantity of 1 or more: remove the line instead.",
            ),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="order_line_price_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.description}"

    @property
    def amount(self) -> int:
        return int(self.quantity * self.unit_price)
