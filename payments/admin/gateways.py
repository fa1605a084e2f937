"""The pages of a gateway that know of payments: what stops when it is switched off, go-live check, test transaction."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways.admin import GatewayAdmin
from gateways.admin_actions import page_url
from gateways.models import Gateway, GoLiveCheck
from orders.models import Campaign
from orders.services.campaigns import assign
from payments.admin.caps import CapPanel
from payments.admin.test_drives import TestDrives
from payments.admin.test_transactions import TestTransactions
from payments.golive import LABELS, checks_for, is_ready, run_go_live_check
from payments.previews import month_ahead
from payments.services.deactivation import what_stops

ICONS = {"ok": "check", "warning": "warning", "failed": "error"}


@admin.register(Gateway)
class MerchantGatewayAdmin(TestTransactions, TestDrives, CapPanel, GatewayAdmin):
    change_form_template = "admin/payments/gateway/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.go_live_view)
        return [path("<int:pk>/go-live/", view, name="gateways_gateway_go_live"), *super().get_urls()]

    def what_stops(self, gateway: Gateway) -> list[str]:
        return what_stops(gateway)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        gateway = self.get_object(request, object_id)
        if isinstance(gateway, Gateway):
            extra |= {**go_live_panel(gateway), "month_ahead": month_ahead(gateway)}
            if gateway.kind.takes_cards:
                extra["test_url"] = reverse("admin:gateways_gateway_test", args=[gateway.pk])
                extra["drive_url"] = reverse("admin:gateways_gateway_drive", args=[gateway.pk])
        return super().change_view(request, object_id, form_url, extra)

    def response_post_save_add(self, request: HttpRequest, obj: Gateway) -> HttpResponseRedirect:
        """A gateway that was made for a campaign is assigned to it, and the way leads back there."""
        wanted = request.GET.get("campaign", "")
        campaign = Campaign.objects.kept().filter(pk=int(wanted)).first() if wanted.isdecimal() else None
        if campaign is None or not request.user.has_perm("orders.change_campaign"):
            return super().response_post_save_add(request, obj)
        if why := assign(obj, campaign):
            messages.warning(request, f"It is not assigned to {campaign}. {why}")
        else:
            messages.success(request, f"{obj} is assigned to {campaign}: its card payments can be switched on now.")
        return HttpResponseRedirect(reverse("admin:orders_campaign_change", args=[campaign.pk]))

    def go_live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open. Without a script the page reloads."""
        gateway = self.gateway_for(request, pk)
        if request.method != "POST":
            return HttpResponseRedirect(page_url(gateway))
        run_go_live_check(gateway)
        if request.headers.get("HX-Request") != "true":
            messages.success(request, f"The go-live check of {gateway} has run.")
            return HttpResponseRedirect(f"{page_url(gateway)}?panel=go-live#go-live")
        gateway.refresh_from_db()
        context = {"original": gateway, "panel": "go-live", "has_change_permission": True, **go_live_panel(gateway)}
        return render(request, "admin/payments/gateway/go_live.html", context)


def go_live_panel(gateway: Gateway) -> dict[str, Any]:
    rows = {row.check_name: row for row in gateway.go_live_checks.all()}
    wanted = [check.name for check in checks_for(gateway)]
    found = [rows[name] for name in wanted if name in rows]
    counts = {value: sum(row.outcome == value for row in found) for value in GoLiveCheck.Outcome.values}
    return {
        "checks_apply": bool(wanted),
        "checks": [{"label": LABELS[row.check_name], "row": row, "icon": ICONS[row.outcome]} for row in found],
        "checked_at": max((row.checked_at for row in found), default=None),
        "counts": counts,
        "ready": bool(found) and is_ready(gateway),
    }
