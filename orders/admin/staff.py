"""Staff: who gives the services that customers can buy."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from gateways import look
from orders.models import Staff


@admin.register(Staff)
class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "offer_count", "state_text"]
    list_filter = ["active"]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name"]
    show_full_result_count = False
    fields = ["name", "active"]
    actions = None

    @admin.display(description="offers on sale", ordering="offers_on_sale")
    def offer_count(self, staff: Any) -> int:
        return int(staff.offers_on_sale)

    @admin.display(description="state", ordering="active")
    def state_text(self, staff: Staff) -> SafeString:
        return look.badge("active", "Can be chosen") if staff.active else look.badge("inactive", "Off")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        on_sale = Count("offers", filter=Q(offers__active=True, offers__campaign__deleted_at=None))
        staff: QuerySet[Staff] = super().get_queryset(request).annotate(offers_on_sale=on_sale)
        return staff

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Staff], search_term: str
    ) -> tuple[QuerySet[Staff], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        return (found.filter(active=True) if request.path.endswith("/autocomplete/") else found), duplicates

    def has_delete_permission(self, request: HttpRequest, obj: Staff | None = None) -> bool:
        return False  # orders keep naming them: switch somebody off instead

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "staff", "empty_text": "Where an offer is a service, customers choose who gives it."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})
