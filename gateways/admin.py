"""Payment gateways: which accounts money goes through, with keys that can be written and never read.

`payments` registers the admin, with the pages that know of payments.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.activity import default_of
from gateways.admin_actions import GatewayActions, page_url, webhook_facts
from gateways.errors import GatewayProblem
from gateways.fieldsets import gateway_fieldsets
from gateways.gateway_form import AMOUNTS, RATES, GatewayForm
from gateways.marks import month_meter, state_badge
from gateways.models import Gateway
from gateways.neighbours import KEPT, beside, kept_query, split_list
from gateways.only_looking import ShowsMoney, money_column, percent_column
from gateways.overview import overview
from gateways.page import page_of
from gateways.problems import RefusalsInForm, remember
from gateways.services import Connection, store_gateway
from gateways.trial import try_typed
from gateways.usage import with_recent_volumes

SECRET_FIELDS = {"secret_key": "secret key", "signing_secret": "signing secret"}


class GatewayAdmin(ShowsMoney, GatewayActions, RefusalsInForm):
    shown_as = {name: f"{name}_text" for name in (*AMOUNTS, *RATES)}
    monthly_cap_text = money_column("monthly_cap", "monthly cap")
    minimum_amount_text = money_column("minimum_amount", "minimum amount")
    maximum_amount_text = money_column("maximum_amount", "maximum amount")
    transaction_fee_text = money_column("transaction_fee", "transaction fee")
    chargeback_fee_text = money_column("chargeback_fee", "chargeback fee")
    discount_rate_text = percent_column("discount_rate", "discount rate")
    reserve_rate_text = percent_column("reserve_rate", "reserve rate")

    form = GatewayForm
    refusals = (GatewayProblem,)
    change_form_template = "admin/gateways/gateway/change_form.html"
    change_list_template = "admin/gateways/gateway/change_list.html"
    list_display = ["name", "processor", "mode", "active", "is_default", "currency"]
    list_filter = ["mode", "active", "processor", "currency"]
    search_fields = ["name", "account_id", "account_name"]
    search_help_text = "Name or account"
    list_per_page = 200
    show_full_result_count = False
    actions = None

    @admin.display(description="mode")
    def mode_text(self, gateway: Gateway) -> SafeString:
        return look.mode_badge(gateway.mode)

    @admin.display(description="account")
    def account_text(self, gateway: Gateway) -> SafeString:
        where = "As at the top left of the Stripe dashboard." if gateway.kind.has_account else ""
        words = '{} <code>{}</code> <span class="muted small">{}</span>'
        return format_html(words, gateway.account_name, gateway.account_id, where)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gateway]:
        return with_recent_volumes(super().get_queryset(request))

    def has_delete_permission(self, request: HttpRequest, obj: Gateway | None = None) -> bool:
        return False  # payments point to it for ever: switch it off instead

    def get_readonly_fields(self, request: HttpRequest, obj: Gateway | None = None) -> list[str]:
        named: list[str] = super().get_readonly_fields(request, obj)
        return [*named, "account_text", "mode_text", "currency"] if obj else named

    def get_fieldsets(self, request: HttpRequest, obj: Gateway | None = None) -> Any:
        fieldsets = gateway_fieldsets(obj, with_keys=self._may_save(request, obj))
        return self.shown_fieldsets(request, obj, fieldsets)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tries new keys first: the view itself is one transaction, and none may wait for an answer from outside."""
        gateway = self.get_object(request, object_id) if object_id else None
        if request.method == "POST" and self._may_save(request, gateway):
            try:
                request.connection = try_typed(request, gateway)  # type: ignore[attr-defined]
            except GatewayProblem as problem:
                remember(request, problem)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _may_save(self, request: HttpRequest, gateway: Gateway | None) -> bool:
        return self.has_change_permission(request, gateway) if gateway else self.has_add_permission(request)

    def get_form(
        self, request: HttpRequest, obj: Gateway | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.connection = _connection(request)  # type: ignore[attr-defined]
        wanted = form.base_fields.get(request.GET.get("focus", ""))
        if wanted is not None:
            wanted.widget.attrs["autofocus"] = True
        return form

    def get_preserved_filters(self, request: HttpRequest) -> str:
        """A search that was typed beside a form is kept like one that was typed on the list's own page."""
        if request.path == reverse("admin:gateways_gateway_changelist"):
            return str(super().get_preserved_filters(request))
        kept = kept_query(request)
        return urlencode({KEPT: kept}) if kept else ""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        gateway = kwargs.get("obj") or (args[3] if len(args) > 3 else None)
        context |= page_of(gateway, context["adminform"].form)
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if not context.get("is_popup"):
            context["split"] = beside(self, request, gateway)
        if gateway:
            context |= {"state": state_badge(gateway), "month": month_meter(gateway), "panel": request.GET.get("panel")}
            context["webhook"] = webhook_facts(gateway) if gateway.kind.has_webhooks else None
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Gateway, form: Any, change: bool) -> None:
        typed = form.cleaned_data
        if not change and not obj.kind.needs_keys:
            obj.mode = form.chosen_mode()
        connection = _connection(request)
        before = default_of(obj.mode or (connection.mode if connection else ""), obj.currency)
        changed = [words for name, words in SECRET_FIELDS.items() if typed.get(name)]
        if change and changed:
            obj._change_reason = f"Replaced: {', '.join(changed)}"  # type: ignore[attr-defined]  # noqa: SLF001
        store_gateway(
            obj,
            secret_key=typed.get("secret_key") or None,
            signing_secret=typed.get("signing_secret") or None,
            connection=connection,
        )
        _tell_default(request, obj, before)

    def response_post_save_add(self, request: HttpRequest, obj: Gateway) -> HttpResponseRedirect:
        return self._stay(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Gateway) -> HttpResponseRedirect:
        return self._stay(request, obj)

    def _stay(self, request: HttpRequest, gateway: Gateway) -> HttpResponseRedirect:
        """The list is beside the form: after saving one stays where one is."""
        kept = self.get_preserved_filters(request)
        return HttpResponseRedirect(f"{page_url(gateway)}?{kept}" if kept else page_url(gateway))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, {**overview(), **(extra_context or {})})
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["split"] = split_list(context["cl"], kept=request.GET.urlencode())
        return response


def _connection(request: HttpRequest) -> Connection | None:
    return getattr(request, "connection", None)


def _tell_default(request: HttpRequest, gateway: Gateway, before: Gateway | None) -> None:
    if not gateway.is_default or gateway == before:
        return
    where = f"{gateway.currency} in {gateway.mode} mode"
    instead = f", instead of {before}" if before else ""
    messages.info(request, f"{gateway} is the default gateway for {where} now{instead}.")
