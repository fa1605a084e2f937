"""Finding a sales order by what the processor calls its payment."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from payments.admin.payments import search
from payments.models import Payment


class FindsByReference(admin.ModelAdmin):  # type: ignore[type-arg]
    """For the admin of sales orders: what is typed may be a Stripe reference, or a payment's number."""

    search_help_text = "Number, customer, e-mail or Stripe reference"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        paid = Payment.objects.filter(search(search_term.strip()), order__isnull=False) if search_term.strip() else None
        orders = list(paid.values_list("order_id", flat=True).distinct()[:50]) if paid is not None else []
        if orders:
            return queryset.filter(pk__in=orders), False
        return super().get_search_results(request, queryset, search_term)
