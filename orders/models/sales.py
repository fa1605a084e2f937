"""Sales orders. Their totals are made here; what was paid on them is written by `payments` alone."""

from django.db import models
from django.db.models import F, Q

from gateways.fields import AmountField, CurrencyField
from gateways.models import new_slug
from orders.models.campaigns import Campaign, Coupon, Staff
from orders.models.catalog import Offer
from orders.models.customers import Address, Customer
from orders.models.subscriptions import Subscription

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
    """Amounts in minor units of `currency`. `total` is lines less discount plus shipping and tax.

    A rebill is an order as well: it names its subscription and the cycle, one order for each cycle.
    """

    class Source(models.TextChoices):
        OFFICE = "office", "Back office"
        CHECKOUT = "checkout", "Checkout"
        API = "api", "Order API"
        REBILL = "rebill", "Rebill"

    slug = models.CharField("address part", max_length=24, unique=True, default=new_slug, editable=False)
    source = models.CharField(max_length=8, choices=Source, default=Source.OFFICE, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="orders")
    address = models.ForeignKey(Address, models.PROTECT, null=True, blank=True, related_name="orders")
    currency = CurrencyField(editable=False)
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, null=True, blank=True, related_name="orders", editable=False
    )
    cycle = models.PositiveIntegerField(null=True, blank=True, editable=False)
    coupon = models.ForeignKey(Coupon, models.PROTECT, null=True, blank=True, related_name="orders")
    discount = AmountField(default=0)
    discount_reason = models.CharField(max_length=120, blank=True)
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
    cancel_reason = models.CharField(max_length=255, blank=True, editable=False)
    cancellation_fee = AmountField(default=0, editable=False, help_text="What a cancelled order still owes.")
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "sales order"
        indexes = [
            models.Index(fields=["payment_state", "-id"], name="order_by_payment_state"),
            models.Index(fields=["campaign", "-id"], name="order_by_campaign"),
            models.Index(fields=["created_at"], name="order_by_created_at"),
            models.Index(fields=["source", "-id"], name="order_by_source"),
            models.Index(
                fields=["cancelled_at"],
                name="order_cancelled_with_money",
                condition=Q(cancelled_at__isnull=False)
                & (Q(amount_held__gt=0) | Q(amount_paid__gt=F("amount_refunded") + F("cancellation_fee"))),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(discount__gte=0, shipping__gte=0, tax__gte=0), name="order_amounts_are_not_negative"
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_is_not_negative"),
            models.CheckConstraint(
                condition=Q(source__in=["office", "checkout", "api", "rebill"]), name="order_source_is_known"
            ),
            models.UniqueConstraint(
                fields=["subscription", "cycle"], name="order_is_one_for_each_cycle_of_a_subscription"
            ),
            models.CheckConstraint(
                condition=Q(subscription=None, cycle=None) | Q(subscription__isnull=False, cycle__gte=2),
                name="order_of_a_subscription_names_its_cycle",
            ),
            models.CheckConstraint(
                condition=Q(cancellation_fee=0)
                | Q(cancelled_at__isnull=False, cancellation_fee__gt=0, cancellation_fee__lte=F("total")),
                name="order_cancellation_fee_is_of_a_cancelled_order",
            ),
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
    def amount_owed(self) -> int:
        """What the order costs the customer: of a cancelled one, only its cancellation fee."""
        return int(self.cancellation_fee if self.cancelled_at else self.total)

    @property
    def amount_due(self) -> int:
        """What nobody has paid or holds yet. A refund does not make it due again, unless a fee is owed."""
        paid = self.amount_paid - (self.amount_refunded if self.cancelled_at else 0)
        return max(0, int(self.amount_owed - paid - self.amount_held))


class OrderLine(models.Model):
    """`unit_price` is the offer's price on the day of the order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="lines")
    description = models.CharField(max_length=120, editable=False)
    quantity = models.PositiveIntegerField(default=1)
    unit_price = AmountField(editable=False)
    is_upsell = models.BooleanField("upsell", default=False, help_text="Was added after the sale.")
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="lines")
    quantity_on_ship_docs = models.PositiveIntegerField(default=0, editable=False)

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
            models.CheckConstraint(
                condition=Q(quantity_on_ship_docs__lte=F("quantity")), name="order_line_ships_no_more_than_was_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.description}"

    @property
    def amount(self) -> int:
        return int(self.quantity * self.unit_price)

    @property
    def quantity_left(self) -> int:
        """How many are on no ship doc yet."""
        return int(self.quantity - self.quantity_on_ship_docs)
