"""Ship docs: what leaves the house, whole or in parts, each with its own payment entry."""

from django.db import models
from django.db.models import Q

from orders.models.customers import Address
from orders.models.sales import Order, OrderLine


class ShipDoc(models.Model):
    """A shipment of some of an order's lines. What is on a draft already counts as taken from its order."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Being packed"
        SHIPPED = "shipped", "Shipped"
        CANCELLED = "cancelled", "Cancelled"

    order = models.ForeignKey(Order, models.PROTECT, related_name="ship_docs")
    ordinal = models.PositiveIntegerField(default=1)
    address = models.ForeignKey(Address, models.PROTECT, null=True, blank=True, related_name="ship_docs")
    carrier = models.CharField(max_length=60, blank=True)
    tracking = models.CharField("tracking number", max_length=80, blank=True)
    notes = models.TextField(blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "ship doc"
        indexes = [
            models.Index(fields=["status", "-id"], name="ship_doc_by_status"),
            models.Index(fields=["tracking"], name="ship_doc_by_tracking", condition=~Q(tracking="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="ship_doc_ordinal_is_unique_in_its_order"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "shipped", "cancelled"]), name="ship_doc_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="shipped", shipped_at__isnull=False) | ~Q(status="shipped") & Q(shipped_at=None),
                name="ship_doc_that_left_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """`SO-1001-S1`."""
        return f"{self.order.number}-S{self.ordinal}" if self.order_id else "new ship doc"


class ShipDocLine(models.Model):
    ship_doc = models.ForeignKey(ShipDoc, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="ship_doc_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        verbose_name = "line"
        constraints = [
            models.UniqueConstraint(fields=["ship_doc", "order_line"], name="ship_doc_names_a_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="ship_doc_line_quantity_is_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.description}"

    @property
    def amount(self) -> int:
        return int(self.quantity * self.order_line.unit_price)
