"""Subscriptions, to look at. `payments` registers the admin, with what can be done to one."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.models import SECRETS
from gateways.paging import BoundedPaginator
from orders.models import Order, Subscription, order_pk
from orders.models.subscriptions import FIRST_NUMBER
from orders.services.plans import next_amount, plan_of

TONES = {"active": "ok", "past_due": "warning", "paused": "info", "cancelled": "inactive", "finished": "inactive"}


def subscription_pk(text: str) -> int | None:
    """The primary key behind `SUB-1001` or `1001`; None when the text is no such number."""
    digits = text.strip().upper().removeprefix("SUB").removeprefix("-").strip()
    return int(digits) - FIRST_NUMBER if digits.isascii() and digits.isdecimal() and len(digits) < 12 else None


class SubscriptionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No row is typed here: a subscription begins with the sale of a recurring offer."""

    change_form_template = "admin/payments/subscription/change_form.html"
    change_list_template = "admin/payments/subscription/change_list.html"
    list_display = ["number_text", "customer_text", "offer", "status_text", "cycle", "due_text", "amount_text"]
    list_display_links = ["number_text"]
    list_filter = ["status", "held", "gateway", "offer__campaign"]
    search_fields = ["customer__name", "customer__email"]
    search_help_text = "Number, order, customer or e-mail"
    sortable_by = ["number_text"]
    fields = ["status"]
    actions = None
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    @admin.display(description="number", ordering="pk")
    def number_text(self, row: Subscription) -> str:
        return row.number

    @admin.display(description="customer")
    def customer_text(self, row: Subscription) -> SafeString:
        return format_html('<span class="who">{}<small>{}</small></span>', row.customer.name, row.customer.email)

    @admin.display(description="status")
    def status_text(self, row: Subscription) -> SafeString:
        held = format_html(" <small>{}</small>", row.get_held_display()) if row.held else ""
        return format_html("{}{}", status_badge(row), held)

    @admin.display(description="next rebill")
    def due_text(self, row: Subscription) -> SafeString:
        return look.moment(row.due_at)

    @admin.display(description="amount")
    def amount_text(self, row: Subscription) -> SafeString:
        amount = next_amount(row, plan_of(row.offer)) if row.due_at else None
        return look.amount(amount, row.offer.campaign.currency)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        rows = (
            super()
            .get_queryset(request)
            .select_related("customer", "offer__campaign", "gateway", "card", "order_line__order")
        )
        return rows.prefetch_related("offer__cycles").defer(*(f"gateway__{name}" for name in SECRETS))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        term = search_term.strip().upper()
        if term.startswith("SO") and (order := order_pk(term)):
            lines = Order.objects.filter(pk=order).values("lines__pk")
            rebilled = Order.objects.filter(pk=order).values("subscription")
            return (queryset.filter(order_line__in=lines) | queryset.filter(pk__in=rebilled)), False
        if (pk := subscription_pk(term)) is not None:
            return queryset.filter(pk=pk), False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        text = "A subscription begins when a recurring offer is sold: give an offer billing cycles, and sell it."
        empty = {"empty_icon": "subscriptions", "empty_text": text}
        return super().changelist_view(request, {**empty, **(extra_context or {})})


def status_badge(row: Subscription) -> SafeString:
    ending = row.bills and row.ends_after_cycle
    return look.badge("warning", "Ends soon") if ending else look.badge(TONES[row.status], row.get_status_display())
