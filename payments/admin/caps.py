"""Monthly caps in the admin: the list of checks, and on a gateway's page its warning, its months and “Check now”."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look, money
from gateways.admin_actions import GatewayActions, page_url
from gateways.caps import near_cap
from gateways.models import CapCheck, Gateway
from gateways.usage import used_this_month
from payments.admin.payments import GATEWAY_SECRETS, ReadOnlyAdmin
from payments.services.cap_warnings import warn_of_cap
from payments.services.caps import check_cap

SHOWN = 2


class CapPanel(GatewayActions):
    """For the admin of gateways."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.cap_view)
        return [path("<int:pk>/cap/", view, name="gateways_gateway_cap"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        gateway = self.get_object(request, object_id)
        if isinstance(gateway, Gateway):
            extra["cap_checks"] = list(gateway.cap_checks.order_by("-month")[:SHOWN])
            extra["near_cap"] = near_cap(gateway, used_this_month(gateway)) if gateway.active else None
        return super().change_view(request, object_id, form_url, extra)

    def cap_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open."""
        gateway = self.gateway_for(request, pk)
        if request.method == "POST":
            check = check_cap(gateway)
            warn_of_cap(check)
            _tell(request, check)
        return HttpResponseRedirect(f"{page_url(gateway)}?panel=cap#cap")


def _tell(request: HttpRequest, check: CapCheck) -> None:
    if check.drift:
        drift = money.plain(check.drift, check.gateway.currency)
        messages.warning(request, f"A drift of {drift} was found. What the ledger had wrong is mended.")
    elif not check.note:
        messages.success(request, "The books of this month agree with the payments and with the processor.")
    else:
        messages.warning(request, f"The books agree with the payments. {check.note}")


@admin.register(CapCheck)
class CapCheckAdmin(ReadOnlyAdmin):
    list_display = ["month_text", "gateway_text", "use_text", "left_text", "drift_text", "checked_text"]
    list_display_links = None
    list_filter = ["gateway"]
    sortable_by = ()
    fields = ["month", "gateway_text", "use_text", "left_text", "drift_text", "note", "checked_text"]

    @admin.display(description="month")
    def month_text(self, check: CapCheck) -> str:
        return f"{check.month:%B %Y}"

    @admin.display(description="gateway")
    def gateway_text(self, check: CapCheck) -> SafeString:
        url = reverse("admin:gateways_gateway_change", args=[check.gateway_id])
        mark = look.mode_badge(check.gateway.mode) if check.gateway.mode == "test" else ""
        return format_html('<a href="{}?panel=cap#cap">{}</a> {}', url, check.gateway.name, mark)

    @admin.display(description="captured and reserved")
    def use_text(self, check: CapCheck) -> SafeString:
        used = money.pretty(check.used, check.gateway.currency)
        if check.cap is None:
            return format_html('<span class="meter-text">{} · no cap</span>', used)
        meter = look.meter(check.used, check.cap, "Monthly cap")
        cap = money.pretty(check.cap, check.gateway.currency)
        return format_html('<div class="meter-cell">{}<span class="meter-text">{} of {}</span></div>', meter, used, cap)

    @admin.display(description="left")
    def left_text(self, check: CapCheck) -> SafeString:
        return look.amount(check.left, check.gateway.currency)

    @admin.display(description="drift")
    def drift_text(self, check: CapCheck) -> SafeString:
        if not check.drift:
            return look.badge("ok", "None")
        return look.badge("warning", money.pretty(check.drift, check.gateway.currency))

    @admin.display(description="checked")
    def checked_text(self, check: CapCheck) -> SafeString:
        compared = "" if check.compared_at else look.badge("plain", "Not compared")
        return format_html("{} {}", look.moment(check.checked_at), compared)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CapCheck]:
        return super().get_queryset(request).select_related("gateway").defer(*GATEWAY_SECRETS)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        text = "The monthly-cap check runs by itself every ten minutes, once there is an active gateway."
        return super().changelist_view(request, {"empty_icon": "caps", "empty_text": text, **(extra_context or {})})
