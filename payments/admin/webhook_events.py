"""The webhook inbox: what processors told us, and what came of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from payments.admin.payments import GATEWAY_SECRETS, ReadOnlyAdmin
from payments.admin.replay import ReplayAction
from payments.models import WebhookEvent

TONES = {
    WebhookEvent.Status.NEW: "info",
    WebhookEvent.Status.APPLIED: "ok",
    WebhookEvent.Status.IGNORED: "ignored",
    WebhookEvent.Status.FAILED: "failed",
}


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReplayAction, ReadOnlyAdmin):
    change_form_template = "admin/payments/webhookevent/change_form.html"
    list_display = ["type", "event_id", "gateway_text", "status_text", "received_text", "payment_text"]
    list_filter = ["status", "gateway", "livemode"]
    search_fields = ["event_id"]
    search_help_text = "Event id"
    sortable_by = ["type"]
    fields = ["status"]

    @admin.display(description="gateway")
    def gateway_text(self, event: WebhookEvent) -> SafeString:
        return format_html("{} {}", event.gateway.name, "" if event.livemode else look.mode_badge("test"))

    @admin.display(description="status")
    def status_text(self, event: WebhookEvent) -> SafeString:
        return look.badge(TONES[WebhookEvent.Status(event.status)], event.get_status_display())

    @admin.display(description="received")
    def received_text(self, event: WebhookEvent) -> SafeString:
        return look.moment(event.received_at)

    @admin.display(description="payment")
    def payment_text(self, event: WebhookEvent) -> SafeString | str:
        if event.payment is None:
            return "–"
        url = reverse("admin:payments_payment_change", args=[event.payment_id])
        return format_html('<a href="{}">{}</a>', url, event.payment.number)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        rows = super().get_queryset(request).select_related("gateway", "payment")
        return rows.defer("body", "payment__draft", *GATEWAY_SECRETS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        term = search_term.strip()
        return queryset.filter(event_id=term) if term else queryset, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        event = self.get_object(request, object_id)
        tone = TONES[WebhookEvent.Status(event.status)] if isinstance(event, WebhookEvent) else ""
        return super().change_view(request, object_id, form_url, {"tone": tone, **(extra_context or {})})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        text = "Stripe's news of payments arrive here once a gateway has its webhook."
        return super().changelist_view(request, {"empty_icon": "webhooks", "empty_text": text, **(extra_context or {})})
