"""The list of holds: money that is held and not taken yet, by the hours that are left of it (failure 13)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gateways import look
from gateways.models import Mode
from payments.admin.payments import GATEWAY_SECRETS, ReadOnlyAdmin, search
from payments.holds_left import time_left
from payments.models import Hold, Payment


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["left_text", "number_text", "amount_text", "order_text", "gateway_text", "deeds_text"]
    list_display_links = None
    list_filter = ["gateway", "mode"]
    search_fields = ["reference"]
    search_help_text = "Order number, reference or key"
    sortable_by = ()

    @admin.display(description="left")
    def left_text(self, hold: Hold) -> SafeString:
        text, tone = time_left(hold.capture_before)
        ends_at = look.moment(hold.capture_before) if hold.capture_before else ""
        return format_html('<span class="who"><span>{}</span><small>{}</small></span>', look.badge(tone, text), ends_at)

    @admin.display(description="payment")
    def number_text(self, hold: Hold) -> SafeString:
        url = reverse("admin:payments_payment_change", args=[hold.pk])
        return format_html('<a class="nowrap" href="{}"><strong>{}</strong></a>', url, hold.number)

    @admin.display(description="held")
    def amount_text(self, hold: Hold) -> SafeString:
        return look.amount(hold.amount, hold.currency)

    @admin.display(description="order")
    def order_text(self, hold: Hold) -> SafeString | str:
        """With the ship doc that it is meant for, and the customer."""
        if hold.order is None:
            return "–"
        links = [(reverse("admin:orders_order_change", args=[hold.order.pk]), hold.order.number)]
        if hold.ship_doc:
            links.append((reverse("admin:orders_shipdoc_change", args=[hold.ship_doc.pk]), hold.ship_doc.number))
        names = format_html_join(" · ", '<a class="nowrap" href="{}">{}</a>', links)
        return format_html('<span class="who"><span>{}</span><small>{}</small></span>', names, hold.order.customer)

    @admin.display(description="gateway")
    def gateway_text(self, hold: Hold) -> SafeString:
        mark = look.mode_badge(hold.mode) if hold.mode == Mode.TEST else ""
        return format_html("{} {}", hold.gateway.name, mark)

    @admin.display(description="")
    def deeds_text(self, hold: Any) -> SafeString | str:
        if hold.capture_asked or hold.void_asked_at:
            return look.badge("info", "Being captured" if hold.capture_asked else "Being voided")
        if not hold.may_act:
            return ""
        capture, void = (reverse(f"admin:payments_payment_{deed}", args=[hold.pk]) for deed in ("capture", "void"))
        buttons = '<span class="row-deeds"><a class="button button-small" href="{}">Capture</a>'
        return format_html(buttons + '<a class="button button-small" href="{}">Void</a></span>', capture, void)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("payments.view_payment") or request.user.has_perm("payments.change_payment")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        rows: QuerySet[Hold] = super().get_queryset(request)
        rows = rows.select_related("gateway", "order__customer", "ship_doc__order")
        may_act = request.user.has_perm("payments.change_payment")
        return rows.defer("draft", "form_token", *GATEWAY_SECRETS).annotate(may_act=Value(may_act))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Hold], search_term: str
    ) -> tuple[QuerySet[Hold], bool]:
        return queryset.filter(search(search_term.strip())) if search_term.strip() else queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {
            "empty_icon": "holds",
            "empty_text": "Money that is held on a card, and not taken yet, is listed here.",
        }
        return super().changelist_view(request, {**empty, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.admin_site.get_model_admin(Payment).change_view(request, object_id, form_url, extra_context)
