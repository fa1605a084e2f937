"""Customers: who they are, where they live, which cards a processor keeps for them, what they ordered."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from gateways import look
from gateways.paging import BoundedPaginator
from orders.models import Address, Customer

SHOWN_ORDERS = 20


class AddressInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Address
    extra = 0
    fields = [("line1", "line2"), ("postal_code", "city"), ("region", "country")]

    def get_extra(self, request: HttpRequest, obj: Customer | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


@admin.register(Address)
class AddressAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Addresses are kept with their customer; this one answers the drop-down of the sales order."""

    search_fields = ["customer__name", "line1", "city", "postal_code"]
    list_select_related = ["customer"]
    list_display = ["__str__", "customer"]
    autocomplete_fields = ["customer"]
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Address]:
        return super().get_queryset(request).select_related("customer")

    def choice_label(self, address: Address) -> str:
        return f"{address.customer} · {address}"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Address | None = None) -> bool:
        return False  # on the customer's page only, where one sees whose it is


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    change_form_template = "admin/orders/customer/change_form.html"
    list_display = ["name", "email", "phone", "created_text"]
    search_fields = ["name", "email", "phone"]
    search_help_text = "Name, e-mail or phone"
    sortable_by = ["name", "email"]
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    fields = ["name", "email", "phone", "notes"]
    inlines = [AddressInline]
    actions = None

    @admin.display(description="since")
    def created_text(self, customer: Customer) -> SafeString:
        return look.moment(customer.created_at)

    def choice_label(self, customer: Customer) -> str:
        return f"{customer.name} · {customer.email}"

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False  # orders, cards and payments name them

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        customer = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if isinstance(customer, Customer):
            extra |= {
                "cards": list(customer.cards.all()),
                "orders": list(customer.orders.select_related("campaign")[:SHOWN_ORDERS]),
            }
        return super().change_view(request, object_id, form_url, extra)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "customers", "empty_text": "Customers are added here, or when they order."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})
