"""Payment gateways: which accounts money goes through, with keys that can be written and never read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look, money
from gateways.fieldsets import gateway_fieldsets
from gateways.forms import GatewayForm
from gateways.models import Gateway
from gateways.neighbours import neighbours
from gateways.problems import RefusalsInForm, remember
from gateways.processors import registry
from gateways.services import Connection, GatewayProblem, connect, store_gateway
from gateways.usage import used_this_month, with_recent_volumes


def state_badge(gateway: Gateway) -> SafeString:
    if not gateway.active:
        return look.badge("inactive", "Inactive")
    return look.badge("paused", "Paused") if gateway.paused_at else look.badge("active", "Active")


def month_meter(gateway: Gateway) -> SafeString:
    """Month-to-date against the monthly cap. The gateway comes from `with_recent_volumes`."""
    used = used_this_month(gateway)
    if gateway.monthly_cap is None:
        return format_html('<span class="meter-text">{} · no cap</span>', money.pretty(used, gateway.currency))
    return format_html(
        '<div class="meter-cell">{}<span class="meter-text">{} of {}</span></div>',
        look.meter(used, gateway.monthly_cap, "Monthly cap"),
        money.pretty(used, gateway.currency),
        money.pretty(gateway.monthly_cap, gateway.currency),
    )


@admin.register(Gateway)
class GatewayAdmin(RefusalsInForm):
    form = GatewayForm
    refusals = (GatewayProblem,)
    change_form_template = "admin/gateways/gateway/change_form.html"
    list_display = ["name", "processor", "mode_text", "state_text", "default_text", "currency", "month_text"]
    list_filter = ["mode", "active", "processor", "currency"]
    search_fields = ["name", "account_id", "account_name"]
    search_help_text = "Name or account"
    list_per_page = 50
    show_full_result_count = False
    actions = None

    @admin.display(description="mode", ordering="mode")
    def mode_text(self, gateway: Gateway) -> SafeString:
        return look.mode_badge(gateway.mode)

    @admin.display(description="state")
    def state_text(self, gateway: Gateway) -> SafeString:
        return state_badge(gateway)

    @admin.display(description="default", ordering="is_default")
    def default_text(self, gateway: Gateway) -> SafeString | str:
        return look.badge("info", "Default") if gateway.is_default else ""

    @admin.display(description="this month")
    def month_text(self, gateway: Gateway) -> SafeString:
        return month_meter(gateway)

    @admin.display(description="account")
    def account_text(self, gateway: Gateway) -> SafeString:
        return format_html("{} <code>{}</code>", gateway.account_name, gateway.account_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gateway]:
        return with_recent_volumes(super().get_queryset(request))

    def has_delete_permission(self, request: HttpRequest, obj: Gateway | None = None) -> bool:
        return False  # payments point to it for ever: switch it off instead

    def get_readonly_fields(self, request: HttpRequest, obj: Gateway | None = None) -> list[str]:
        return ["account_text", "mode_text", "currency"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        may_save = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return gateway_fieldsets(obj, with_keys=may_save)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tries new keys first: the view itself is one transaction, and none may wait for an answer from outside."""
        if request.method == "POST" and self._may_save(request, object_id):
            self._try_keys(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _may_save(self, request: HttpRequest, object_id: str | None) -> bool:
        return self.has_change_permission(request) if object_id else self.has_add_permission(request)

    def _try_keys(self, request: HttpRequest) -> None:
        secret_key = request.POST.get("secret_key", "").strip()
        processor = request.POST.get("processor", "")
        if not secret_key or processor not in registry.TYPES:
            return
        try:
            opened = connect(processor, secret_key, request.POST.get("public_key", "").strip())
        except GatewayProblem as problem:
            remember(request, problem)
        else:
            request.connection = opened  # type: ignore[attr-defined]

    def get_form(
        self, request: HttpRequest, obj: Gateway | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.connection = _connection(request)  # type: ignore[attr-defined]
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if not context.get("is_popup"):
            rows = neighbours(self, request)
            context["neighbours"] = [(row, state_badge(row), month_meter(row)) for row in rows]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        store_gateway(
            obj,
            secret_key=form.cleaned_data["secret_key"] or None,
            signing_secret=form.cleaned_data["signing_secret"] or None,
            connection=_connection(request),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "gateways", "empty_text": "A gateway is your account at Stripe: money goes through it."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})


def _connection(request: HttpRequest) -> Connection | None:
    return getattr(request, "connection", None)
