"""Payments, to look at. What may be done to one stands on its page as buttons; no row is typed or deleted here."""

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.models import SECRETS, Gateway, Mode
from gateways.paging import BoundedPaginator
from orders.models import order_pk
from payments.admin.hold_actions import HoldActions
from payments.admin.look_actions import LookActions
from payments.admin.refund_actions import RefundActions, refunds_of
from payments.admin.withdraw_action import WithdrawAction
from payments.models import Payment, PaymentEvent, Status

GATEWAY_SECRETS = tuple(f"gateway__{name}" for name in SECRETS)
ATTENTION = (Status.UNKNOWN, Status.REQUIRES_ACTION)


class NeedsAttention(admin.SimpleListFilter):
    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Being settled"), ("review", "A person must look")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        if self.value() == "open":
            return queryset.filter(status__in=ATTENTION)
        return queryset.exclude(review_reason="") if self.value() == "review" else queryset


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only services write."""

    actions = None
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(RefundActions, HoldActions, LookActions, WithdrawAction, ReadOnlyAdmin):
    change_form_template = "admin/payments/payment/change_form.html"
    list_display = [
        "number_text",
        "amount_text",
        "status_text",
        "gateway_text",
        "card_text",
        "purpose",
        "order_text",
        "created_text",
    ]
    list_display_links = ["number_text"]
    list_filter = ["status", "gateway", "mode", "purpose", NeedsAttention]
    search_fields = ["reference"]
    search_help_text = "Order number, reference or key"
    sortable_by = ["number_text", "created_text"]
    fields = ["status"]

    @admin.display(description="payment", ordering="pk")
    def number_text(self, payment: Payment) -> str:
        return payment.number

    @admin.display(description="amount")
    def amount_text(self, payment: Payment) -> SafeString:
        return look.amount(payment.amount, payment.currency)

    @admin.display(description="status")
    def status_text(self, payment: Payment) -> SafeString:
        flag = look.badge("warning", "Look") if payment.review_reason else ""
        return format_html("{} {}", look.badge(payment.status, payment.get_status_display()), flag)

    @admin.display(description="gateway")
    def gateway_text(self, payment: Payment) -> SafeString:
        mark = look.mode_badge(payment.mode) if payment.mode == Mode.TEST else ""
        return format_html("{} {}", payment.gateway.name, mark)

    @admin.display(description="card")
    def card_text(self, payment: Payment) -> str:
        return payment.card_text or "–"

    @admin.display(description="order")
    def order_text(self, payment: Payment) -> SafeString | str:
        if payment.order_id is None or payment.order is None:
            return "–"
        url = reverse("admin:orders_order_change", args=[payment.order_id])
        return format_html('<a href="{}">{}</a>', url, payment.order.number)

    @admin.display(description="created", ordering="created_at")
    def created_text(self, payment: Payment) -> SafeString:
        return look.moment(payment.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        rows = super().get_queryset(request).select_related("gateway", "order__customer", "card")
        return rows.defer("draft", "form_token", *GATEWAY_SECRETS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        return queryset.filter(search(search_term.strip())) if search_term.strip() else queryset, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        payment = self.get_object(request, object_id)
        if isinstance(payment, Payment):
            news = payment.webhook_events.defer("body").order_by("pk")
            extra |= {"steps": _steps(payment), "webhook_events": list(news), "refunds": refunds_of(payment)}
        return super().change_view(request, object_id, form_url, extra)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "payments", "empty_text": "Payments are taken on the page of a sales order."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})


def _steps(payment: Payment) -> list[tuple[PaymentEvent, str, str]]:
    """The history, each event with the statuses before and after it in words."""
    names = dict(Status.choices)
    return [(event, names.get(event.from_status, ""), names.get(event.to_status, "")) for event in payment.events.all()]


def search(term: str) -> Q:
    """By our key, by the order's number or the payment's own, else by one of the processor's references."""
    try:
        return Q(key=UUID(term))
    except ValueError:
        pass
    if test := re.fullmatch(r"(?i)test-(\d{1,18})", term):
        return Q(pk=int(test[1]))
    order, _, ordinal = term.upper().partition("-P")
    if (pk := order_pk(order)) is not None:
        return Q(order_id=pk) & (Q(ordinal=int(ordinal)) if ordinal.isdecimal() else Q())
    # Account and mode are named so that the database can use the unique index on all three.
    accounts = list(Gateway.objects.values_list("account_id", flat=True))
    charged = Q(account_id__in=accounts, mode__in=Mode.values, reference=term) & ~Q(reference="")
    return charged | Q(charge_reference=term)
