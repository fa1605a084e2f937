"""The lines of a sales order, as rows on its page; and why they may not change any longer."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.safestring import SafeString

from gateways import look
from orders.models import Order, OrderLine, PaymentState, Staff
from orders.services.orders import price_line
from orders.services.totals import check_changed_line


def order_lock(order: Order | None) -> str:
    """Why this order's lines and amounts may not change any longer; empty when they may."""
    if order is None:
        return ""
    if order.subscription:
        return f"This is cycle {order.cycle} of {order.subscription}: what it bills is changed there, not here."
    if order.payment_state == PaymentState.UNPAID:
        return ""
    if order.payment_state == PaymentState.CANCELLED:
        return "This order is cancelled, so that its lines and amounts stay as they are."
    return (
        "Money has been taken or held on this order, so that its lines and amounts stay as they are. What the customer "
        "buys besides is added as an upsell."
    )


def without_shortcuts(field: Any) -> Any:
    """A choice without the icons that would open the chosen row in a window of its own."""
    if isinstance(field, ModelChoiceField):
        for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            setattr(field.widget, name, False)
    return field


def price_lines(formset: Any) -> None:
    """Lines that are new, or of another offer, get its price of today. Raises OrderProblem."""
    for row in formset.forms:
        if not row.has_changed() or not row.instance.offer_id or row in formset.deleted_forms:
            continue
        if "offer" in row.changed_data:
            price_line(row.instance)
        else:
            check_changed_line(row.instance)


class OrderLineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = OrderLine
    autocomplete_fields = ["offer"]
    readonly_fields = ["unit_price_text", "amount_text", "upsell_text"]
    extra = 0

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """What nothing stands in is left out."""
        staff = ["staff"] if Staff.objects.filter(active=True).exists() else []
        upsells = ["upsell_text"] if obj and obj.lines.filter(is_upsell=True).exists() else []
        return ["offer", "quantity", *staff, "unit_price_text", "amount_text", *upsells]

    def get_extra(self, request: HttpRequest, obj: Order | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return without_shortcuts(super().formfield_for_dbfield(db_field, request, **kwargs))

    @admin.display(description="price")
    def unit_price_text(self, line: OrderLine) -> SafeString:
        return look.amount(line.unit_price, line.order.currency if line.pk else "")

    @admin.display(description="amount")
    def amount_text(self, line: OrderLine) -> SafeString:
        return look.amount(line.amount, line.order.currency) if line.pk else look.amount(None, "")

    @admin.display(description="")
    def upsell_text(self, line: OrderLine) -> SafeString | str:
        return look.badge("info", "Upsell") if line.is_upsell else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("order", "offer", "staff")

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return not order_lock(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return not order_lock(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return not order_lock(obj) and super().has_delete_permission(request, obj)
