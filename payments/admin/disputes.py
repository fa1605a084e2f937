"""Disputes: the list, and the page that tells what happened. The processor writes them; people answer."""

import re
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import clock, look
from gateways.models import Gateway, Mode
from orders.models import order_pk
from payments.admin.dispute_actions import HIDDEN, DisputeActions
from payments.admin.dispute_forms import LABELS
from payments.admin.payments import ReadOnlyAdmin
from payments.dispute_words import EXPLANATIONS, REASONS, TONES, reason_text
from payments.models import Dispute, DisputeStatus
from payments.models.dispute import NEEDS_ANSWER
from payments.services.dispute_answers import ANSWERABLE

SOON = timedelta(days=3)


class AnswerFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "Needs an answer"), ("soon", f"Due within {SOON.days} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:
        if self.value() == "needed":
            return queryset.filter(status__in=sorted(NEEDS_ANSWER))
        if self.value() == "soon":
            return queryset.filter(status__in=sorted(NEEDS_ANSWER), evidence_due_at__lte=clock.now() + SOON)
        return queryset


class ReasonFilter(admin.SimpleListFilter):
    """By Stripe's list of reasons: to ask the rows for theirs would read them all."""

    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(REASONS.items(), key=lambda entry: entry[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(Dispute)
class DisputeAdmin(DisputeActions, ReadOnlyAdmin):
    change_form_template = "admin/payments/dispute/change_form.html"
    list_display = [
        "payment_text",
        "status_text",
        "reason_text",
        "amount_text",
        "due_text",
        "gateway_text",
    ]
    list_display_links = ["payment_text"]
    list_filter = [AnswerFilter, "status", ReasonFilter, "gateway", "mode"]
    search_fields = ["reference"]
    search_help_text = "Dispute, payment, order or charge"
    sortable_by = ["payment_text", "due_text"]
    fields = ["status"]

    @admin.display(description="payment", ordering="pk")
    def payment_text(self, dispute: Dispute) -> str:
        return dispute.payment.number

    @admin.display(description="status")
    def status_text(self, dispute: Dispute) -> SafeString:
        return look.badge(TONES[DisputeStatus(dispute.status)], dispute.get_status_display())

    @admin.display(description="reason")
    def reason_text(self, dispute: Dispute) -> str:
        return reason_text(dispute.reason)

    @admin.display(description="amount")
    def amount_text(self, dispute: Dispute) -> SafeString:
        return look.amount(dispute.amount, dispute.currency)

    @admin.display(description="answer by", ordering="evidence_due_at")
    def due_text(self, dispute: Dispute) -> SafeString:
        due = dispute.evidence_due_at
        if not dispute.needs_answer or due is None:
            return look.moment(None)
        left = due - clock.now()
        if left > SOON:
            return look.moment(due)
        return format_html(
            "<span>{} {}</span>",
            look.moment(due),
            look.badge("error" if left < timedelta() else "warning", _left(left)),
        )

    @admin.display(description="gateway")
    def gateway_text(self, dispute: Dispute) -> SafeString:
        mark = look.mode_badge(dispute.mode) if dispute.mode == Mode.TEST else ""
        return format_html("{} {}", dispute.gateway.name, mark)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        return super().get_queryset(request).select_related("gateway", "payment__order__customer").defer(*HIDDEN)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Dispute], search_term: str
    ) -> tuple[QuerySet[Dispute], bool]:
        return queryset.filter(_search(search_term.strip())) if search_term.strip() else queryset, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        dispute = self.get_object(request, object_id)
        if isinstance(dispute, Dispute):
            extra |= _story(dispute)
        return super().change_view(request, object_id, form_url, extra)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        text = "When a cardholder contests a payment at the bank, it shows here, with the day by which to answer."
        empty = {"empty_icon": "disputes", "empty_text": text}
        return super().changelist_view(request, {**empty, **(extra_context or {})})


def _left(left: timedelta) -> str:
    if left < timedelta():
        return "Past"
    return f"{left.days} d left" if left.days else f"{left.seconds // 3600} h left"


def _story(dispute: Dispute) -> dict[str, Any]:
    payment = dispute.payment
    answers = list(dispute.answers.all())
    left = dispute.evidence_due_at - clock.now() if dispute.evidence_due_at else None
    return {
        "explanation": EXPLANATIONS[DisputeStatus(dispute.status)],
        "can_answer": dispute.status in ANSWERABLE,
        "on_its_way": next((answer for answer in answers if answer.is_open), None),
        "answers": [(answer, _texts(answer.evidence)) for answer in answers],
        "left": _left(left) if left is not None and dispute.needs_answer else "",
        "is_urgent": left is not None and left <= SOON,
        "steps": payment.events.filter(kind__startswith="dispute"),
        "webhook_events": payment.webhook_events.filter(type__startswith="charge.dispute.")
        .defer("body")
        .order_by("pk"),
    }


def _texts(evidence: dict[str, str]) -> list[tuple[str, str]]:
    return [(LABELS.get(name, name), text) for name, text in evidence.items()]


def _search(term: str) -> Q:
    """By one of the processor's references, or by the number of the payment or of its order."""
    if test := re.fullmatch(r"(?i)test-(\d{1,18})", term):
        return Q(payment=int(test[1]))
    order, _, ordinal = term.upper().partition("-P")
    if (pk := order_pk(order)) is not None:
        return Q(payment__order_id=pk) & (Q(payment__ordinal=int(ordinal)) if ordinal.isdecimal() else Q())
    # Account and mode are named so that the database can use the unique index on all three.
    accounts = list(Gateway.objects.values_list("account_id", flat=True))
    return Q(account_id__in=accounts, mode__in=Mode.values, reference=term) | Q(charge_reference=term)
