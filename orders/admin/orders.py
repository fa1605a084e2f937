"""Sales orders. `payments` registers the admin, with the payment entry on its page."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.paging import BoundedPaginator
from gateways.problems import RefusalsInForm
from orders.admin.campaigns import KeptCampaigns
from orders.admin.order_lines import OrderLineInline, order_lock, price_lines, without_shortcuts
from orders.forms import OrderForm
from orders.models import Campaign, Order, OrderLine, Subscription, order_pk
from orders.services.coupons import change_coupon
from orders.services.orders import OrderProblem, start_order, total_up
from orders.services.shipping import lines_to_ship

AMOUNTS = [("coupon_code", "discount", "discount_reason"), ("shipping", "tax")]
LOCKED_AMOUNTS = [("coupon_text", "discount_text"), ("shipping_text", "tax_text")]


class OrderAdmin(RefusalsInForm):
    form = OrderForm
    refusals = (OrderProblem,)
    change_form_template = "admin/orders/order/change_form.html"
    list_display = ["number_text", "customer_text", "campaign", "total_text", "paid_text", "state_text", "created_text"]
    list_display_links = ["number_text"]
    list_filter = ["payment_state", ("campaign", KeptCampaigns)]
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

    @admin.display(description="coupon")
    def coupon_text(self, order: Order) -> str:
        return str(order.coupon or "–")

    @admin.display(description="discount")
    def discount_text(self, order: Order) -> SafeString:
        why = f" · {order.discount_reason}" if order.discount_reason else ""
        return format_html("{}{}", look.amount(order.discount, order.currency), why)

    @admin.display(description="shipping")
    def shipping_text(self, order: Order) -> SafeString:
        return look.amount(order.shipping, order.currency)

    @admin.display(description="tax")
    def tax_text(self, order: Order) -> SafeString:
        return look.amount(order.tax, order.currency)

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> Any:
        return [
            ("Order", {"fields": ["customer", "campaign", "address", "notes"]}),
            ("Amounts", {"fields": LOCKED_AMOUNTS if order_lock(obj) else AMOUNTS}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        return ["customer", "campaign", *(name for row in LOCKED_AMOUNTS for name in row)] if obj else []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "campaign":
            kwargs["queryset"] = Campaign.objects.kept().filter(active=True)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return field if db_field.name == "customer" else without_shortcuts(field)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        pk = order_pk(search_term)
        return (queryset.filter(pk=pk), False) if pk else super().get_search_results(request, queryset, search_term)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """A rebill is what its subscription says."""
        return super().has_change_permission(request, obj) and not (obj and obj.subscription_id)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Order | None:
        """An order that is being saved is locked before it is read: payments write to it as well."""
        if request.method == "POST" and object_id.isdecimal() and transaction.get_connection().in_atomic_block:
            list(Order.objects.select_for_update().filter(pk=object_id).values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        extra = self._about(request, order) if isinstance(order, Order) else {}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    def _about(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        return {
            "order_lock": order_lock(order),
            "ship_docs": list(order.ship_docs.select_related("order").order_by("pk")),
            "may_ship": request.user.has_perm("orders.add_shipdoc")
            and not order.cancelled_at
            and bool(lines_to_ship(order)),
            "subscription_url": self._page_of(order.subscription),
        }

    def _page_of(self, subscription: Subscription | None) -> str:
        if subscription is None or not self.admin_site.is_registered(Subscription):
            return ""
        return reverse("admin:orders_subscription_change", args=[subscription.pk])

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "orders", "empty_text": "An order says who buys what; payments are taken on its page."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        start_order(obj)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is OrderLine:
            price_lines(formset)
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not order_lock(form.instance):
            change_coupon(form.instance, form.coupon)
            total_up(form.instance)
        elif "shipping" in request.POST:  # the page was opened while they could still change
            messages.warning(request, f"Lines and amounts were not saved. {order_lock(form.instance)}")
