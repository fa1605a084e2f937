"""The kill switch's list: what is stopped now and what that holds, and every stop that there ever was."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from payments.admin.payments import GATEWAY_SECRETS, ReadOnlyAdmin
from payments.admin.stop_pages import StopPages
from payments.models import ChargeStop
from payments.services.held import held_by, held_rebills, sums_of, totals_of
from payments.services.stops import active_stops


@admin.register(ChargeStop)
class ChargeStopAdmin(StopPages, ReadOnlyAdmin):
    change_list_template = "admin/payments/chargestop/change_list.html"
    list_display = ["what_text", "state_text", "reason", "started_text", "released_text"]
    list_display_links = ["what_text"]
    list_filter = ["scope"]
    list_select_related = ["campaign", "gateway"]
    sortable_by = ()
    fields = ["what_text", "reason", "started_text", "released_text"]

    @admin.display(description="what")
    def what_text(self, stop: ChargeStop) -> str:
        return stop.what[:1].upper() + stop.what[1:]

    @admin.display(description="state")
    def state_text(self, stop: ChargeStop) -> SafeString:
        return look.badge("error", "Stopped") if stop.is_active else look.badge("ok", "Released")

    @admin.display(description="stopped")
    def started_text(self, stop: ChargeStop) -> SafeString:
        return format_html("{} by {}", look.moment(stop.started_at), stop.started_by)

    @admin.display(description="released")
    def released_text(self, stop: ChargeStop) -> SafeString | str:
        return format_html("{} by {}", look.moment(stop.released_at), stop.released_by) if stop.released_at else "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChargeStop]:
        return super().get_queryset(request).defer(*GATEWAY_SECRETS)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "held": [(stop, totals_of(sums_of(held_by(stop))), held_rebills(stop)) for stop in active_stops()],
            "may_stop": request.user.has_perm("payments.add_chargestop"),
            "may_release": request.user.has_perm("payments.change_chargestop"),
            "empty_icon": "stop",
            "empty_text": "Nothing was ever stopped here.",
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})
