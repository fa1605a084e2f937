"""Refunds, to look at: each is made on the page of its payment, or was made elsewhere."""

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.models import Gateway, Mode
from orders.models import order_pk
from payments.admin.payments import GATEWAY_SECRETS, ReadOnlyAdmin
from payments.models import Refund

NUMBER = re.compile(r"(?P<order>(?:SO-?)?\d{1,11})(?:-P(?P<payment>\d{1,9}))?(?:-R(?P<refund>\d{1,9}))?", re.IGNORECASE)
TEST_NUMBER = re.compile(r"TEST-(?P<payment>\d{1,18})(?:-R(?P<refund>\d{1,9}))?", re.IGNORECASE)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    change_form_template = "admin/payments/refund/change_form.html"
    list_display = [
        "number_text",
        "amount_text",
        "status_text",
        "reason_text",
        "gateway_text",
        "actor_text",
        "created_text",
    ]
    list_display_links = ["number_text"]
    list_filter = ["status", "gateway", "mode", "source"]
    search_fields = ["reference"]
    search_help_text = "Number, reference or key"
    sortable_by = ["number_text", "created_text"]
    fields = ["status"]

    @admin.display(description="refund", ordering="pk")
    def number_text(self, refund: Refund) -> str:
        return refund.number

    @admin.display(description="amount")
    def amount_text(self, refund: Refund) -> SafeString:
        return look.amount(refund.amount, refund.currency)

    @admin.display(description="status")
    def status_text(self, refund: Refund) -> SafeString:
        return look.badge(refund.status, refund.get_status_display())

    @admin.display(description="reason")
    def reason_text(self, refund: Refund) -> str:
        return refund.get_reason_display() if refund.reason else "–"

    @admin.display(description="gateway")
    def gateway_text(self, refund: Refund) -> SafeString:
        mark = look.mode_badge(refund.mode) if refund.mode == Mode.TEST else ""
        return format_html("{} {}", refund.gateway.name, mark)

    @admin.display(description="made by")
    def actor_text(self, refund: Refund) -> str:
        return refund.actor

    @admin.display(description="when", ordering="created_at")
    def created_text(self, refund: Refund) -> SafeString:
        return look.moment(refund.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        rows = super().get_queryset(request).select_related("gateway", "payment__order__customer")
        return rows.defer("form_token", "payment__draft", "payment__route", *GATEWAY_SECRETS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Refund], search_term: str
    ) -> tuple[QuerySet[Refund], bool]:
        return queryset.filter(_search(search_term.strip())) if search_term.strip() else queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        text = "A payment is refunded on its sales order's page; refunds made at Stripe show here as well."
        return super().changelist_view(request, {"empty_icon": "refunds", "empty_text": text, **(extra_context or {})})


def _search(term: str) -> Q:
    """By our key, by a number of the refund, its payment or its order, else by the processor's reference."""
    try:
        return Q(key=UUID(term))
    except ValueError:
        pass
    if test := TEST_NUMBER.fullmatch(term):
        return Q(payment_id=int(test["payment"])) & _ordinal("ordinal", test["refund"])
    if (named := NUMBER.fullmatch(term)) and (pk := order_pk(named["order"])) is not None:
        of = Q(payment__order_id=pk) & _ordinal("payment__ordinal", named["payment"])
        return of & _ordinal("ordinal", named["refund"])
    # Account and mode are named so that the database can use the unique index on all three.
    accounts = list(Gateway.objects.values_list("account_id", flat=True))
    return Q(account_id__in=accounts, mode__in=Mode.values, reference=term) & ~Q(reference="")


def _ordinal(field: str, digits: str | None) -> Q:
    return Q(**{field: int(digits)}) if digits else Q()
