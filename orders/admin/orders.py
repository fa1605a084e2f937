"""Sales orders. `payments` registers the admin, with the payment entry on its page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.paging import BoundedPaginator
from gateways.problems import RefusalsInForm
from orders.forms import OrderForm
from orders.models import Order, OrderLine, PaymentState, order_pk
from orders.services.orders import OrderProblem, price_line, start_order, total_up

LOCKED_AMOUNTS = ("discount_text", "shipping_text", "tax_text")


def order_lock(order: Order | None) -> str:
    """Why this order's lines and amounts may not change any longer; empty when they may."""
    if order is None or order.payment_state == PaymentState.UNPAID:
        return ""
    if order.payment_state == PaymentState.CANCELLED:
        return "This order is cancelled, so that its lines and amounts stay as they are."
    return "Money has been taken or held on this order, so that its lines and amounts stay as they are."


def without_shortcuts(field: Any) -> Any:
    """A choice without the icons that would open the chosen row in a window of its own."""
    if isinstance(field, ModelChoiceField):
        for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            setattr(field.widget, name, False)
    return field


class OrderLineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = OrderLine
    autocomplete_fields = ["offer"]
    fields = ["offer", "quantity", "unit_price_text", "amount_text"]
    readonly_fields = ["unit_price_text", "amount_text"]
    extra = 0

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

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("order", "offer")

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return not order_lock(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return not order_lock(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return not order_lock(obj) and super().has_delete_permission(request, obj)


class OrderAdmin(RefusalsInForm):
    form = OrderForm
    refusals = (OrderProblem,)
    change_form_template = "admin/orders/order/change_form.html"
    list_display = ["number_text", "customer_text", "campaign", "total_text", "paid_text", "state_text", "created_text"]
    list_display_links = ["number_text"]
    list_filter = ["payment_state", "campaign"]
    list_select_related = ["customer", "campaign"]
    search_fields = ["customer__name", "customer__email"]
    search_help_text = "Number, customer or e-mail"
    sortable_by = ["number_text", "created_text"]
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    autocomplete_fields = ["customer", "address"]
    inlines = [OrderLineInline]
    actions = None

    @admin.display(description="number", ordering="pk")
    def number_text(self, order: Order) -> str:
        return order.number

    @admin.display(description="customer")
    def customer_text(self, order: Order) -> SafeString:
        return format_html('<span class="who">{}<small>{}</small></span>', order.customer.name, order.customer.email)

    @admin.display(description="total")
    def total_text(self, order: Order) -> SafeString:
        return look.amount(order.total, order.currency)

    @admin.display(description="paid")
    def paid_text(self, order: Order) -> SafeString:
        return look.amount(order.amount_paid or None, order.currency)

    @admin.display(description="payment")
    def state_text(self, order: Order) -> SafeString:
        return look.badge(order.payment_state, order.get_payment_state_display())

    @admin.display(description="date", ordering="created_at")
    def created_text(self, order: Order) -> SafeString:
        return look.moment(order.created_at)

    @admin.display(description="discount")
    def discount_text(self, order: Order) -> SafeString:
        return look.amount(order.discount, order.currency)

    @admin.display(description="shipping")
    def shipping_text(self, order: Order) -> SafeString:
        return look.amount(order.shipping, order.currency)

    @admin.display(description="tax")
    def tax_text(self, order: Order) -> SafeString:
        return look.amount(order.tax, order.currency)

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> Any:
        amounts = LOCKED_AMOUNTS if order_lock(obj) else ("discount", "shipping", "tax")
        return [
            ("Order", {"fields": ["customer", "campaign", "address", "notes"]}),
            ("Amounts", {"fields": [amounts]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        return ["customer", "campaign", *LOCKED_AMOUNTS] if obj else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return field if db_field.name == "customer" else without_shortcuts(field)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        pk = order_pk(search_term)
        return (queryset.filter(pk=pk), False) if pk else super().get_search_results(request, queryset, search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        lock = order_lock(order) if isinstance(order, Order) else ""
        return super().change_view(request, object_id, form_url, {"order_lock": lock, **(extra_context or {})})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "orders", "empty_text": "An order says who buys what; payments are taken on its page."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        start_order(obj)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is OrderLine:
            for row in formset.forms:
                if row.has_changed() and "offer" in row.changed_data and row.instance.offer_id:
                    price_line(row.instance)
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not order_lock(form.instance):
            total_up(form.instance)
