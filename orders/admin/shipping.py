"""Ship docs: the list, and the pages of one. `payments` registers the admin, with shipping and payment on its page."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.paging import BoundedPaginator
from orders.admin.parcel_form import ParcelForm
from orders.models import Order, ShipDoc, order_pk
from orders.services.orders import OrderProblem
from orders.services.shipping import cancel_ship_doc, change_ship_doc, create_ship_doc, lines_to_ship


class ShipDocAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["number_text", "customer_text", "status_text", "since_text", "carrier_text"]
    list_display_links = ["number_text"]
    list_filter = ["status"]
    list_select_related = ["order__customer"]
    search_fields = ["order__customer__name", "order__customer__email"]
    search_help_text = "Number, tracking number or customer"
    sortable_by = ["number_text"]
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None
    page_template = "admin/orders/shipdoc/page.html"

    @admin.display(description="number", ordering="pk")
    def number_text(self, doc: ShipDoc) -> str:
        return doc.number

    @admin.display(description="customer")
    def customer_text(self, doc: ShipDoc) -> SafeString:
        customer = doc.order.customer
        return format_html('<span class="who">{}<small>{}</small></span>', customer.name, customer.email)

    @admin.display(description="status")
    def status_text(self, doc: ShipDoc) -> SafeString:
        return look.badge(doc.status, doc.get_status_display())

    @admin.display(description="carrier")
    def carrier_text(self, doc: ShipDoc) -> SafeString:
        return format_html('<span class="who">{}<small>{}</small></span>', doc.carrier or "–", doc.tracking)

    @admin.display(description="since")
    def since_text(self, doc: ShipDoc) -> SafeString:
        return look.moment(doc.shipped_at or doc.cancelled_at or doc.created_at)

    def has_delete_permission(self, request: HttpRequest, obj: ShipDoc | None = None) -> bool:
        return False  # what was packed and what left stays on record: a draft is cancelled instead

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ShipDoc], search_term: str
    ) -> tuple[QuerySet[ShipDoc], bool]:
        term = search_term.strip()
        order, _, ordinal = term.upper().partition("-S")
        if (pk := order_pk(order)) is not None:
            return queryset.filter(Q(order_id=pk), Q(ordinal=int(ordinal)) if ordinal.isdecimal() else Q()), False
        tracked = queryset.filter(tracking__in=[term, term.upper()])
        if term and tracked.exists():
            return tracked, False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "shipping", "empty_text": "A ship doc is made from a sales order, whole or in parts."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/print/", wrap(self.print_view), name="orders_shipdoc_print"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name="orders_shipdoc_cancel"),
            *super().get_urls(),
        ]

    # --- the pages ------------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """From a sales order; where none is named, it is asked for."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        number = request.GET.get("order", "")
        order = Order.objects.select_related("customer").filter(pk=order_pk(number) or 0).first()
        if order is None or order.cancelled_at or not lines_to_ship(order):
            return self._ask_for_order(request, number, order)
        form = ParcelForm(order, data=request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                doc = create_ship_doc(order.pk, form.parcel())
            except OrderProblem as problem:
                form.refuse(problem)
            else:
                self.log_addition(request, doc, "Made.")
                messages.success(request, f"{doc} is being packed: print its packing slip, then ship it.")
                return HttpResponseRedirect(page_of(doc))
        return self.show(request, "admin/orders/shipdoc/new.html", order=order, form=form, title=f"Ship {order}")

    def _ask_for_order(self, request: HttpRequest, number: str, order: Order | None) -> HttpResponse:
        problem = ""
        if order is None and number:
            problem = f"There is no sales order {number}: check the number."
        elif order is not None:
            why = "is cancelled" if order.cancelled_at else "has nothing left to ship"
            problem = f"{order} {why}: choose another order."
        context = {"number": number, "problem": problem, "title": "New ship doc"}
        return self.show(request, "admin/orders/shipdoc/choose_order.html", **context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        doc = self.doc_for(request, object_id)
        is_post = request.method == "POST"
        if is_post and not self.has_change_permission(request, doc):
            raise PermissionDenied
        form = ParcelForm(doc.order, doc, request.POST if is_post else None)
        if is_post and form.is_valid():
            try:
                change_ship_doc(doc.pk, form.parcel())
            except OrderProblem as problem:
                form.refuse(problem)
            else:
                self.log_change(request, doc, "Changed.")
                messages.success(request, f"{doc} is saved.")
                return HttpResponseRedirect(page_of(doc))
        context = {"form": form, "title": doc.number, **self.more_of(request, doc), **(extra_context or {})}
        return self.show(request, self.page_template, doc=doc, **context)

    def more_of(self, request: HttpRequest, doc: ShipDoc) -> dict[str, Any]:
        """What else the page shows; `payments` knows more."""
        return {}

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        doc = self.doc_for(request, str(pk))
        if not self.has_change_permission(request, doc):
            raise PermissionDenied
        if request.method != "POST":
            return self.show(request, "admin/orders/shipdoc/cancel.html", doc=doc, title=f"Cancel {doc}?")
        try:
            if cancel_ship_doc(doc.pk):
                self.log_change(request, doc, "Cancelled.")
                messages.success(request, f"{doc} is cancelled: what was on it can be packed anew.")
        except OrderProblem as problem:
            messages.error(request, problem.message)
        return HttpResponseRedirect(page_of(doc))

    def print_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A packing slip; with prices on request. Its address is the ship doc's own."""
        doc = self.doc_for(request, str(pk))
        lines = list(doc.lines.select_related("order_line__offer"))
        context = {"doc": doc, "order": doc.order, "lines": lines, "left": lines_to_ship(doc.order)}
        return render(request, "admin/orders/shipdoc/slip.html", {**context, "prices": "prices" in request.GET})

    # --- what they share ------------------------------------------------------------------------------------------

    def doc_for(self, request: HttpRequest, pk: str) -> ShipDoc:
        docs = ShipDoc.objects.select_related("order__customer", "order__campaign", "address")
        doc = docs.filter(pk=pk).first() if pk.isdecimal() else None
        if doc is None:
            raise Http404("no such ship doc")
        if not self.has_view_permission(request, doc):
            raise PermissionDenied
        return doc

    def show(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        doc, form = context.get("doc"), context.get("form")
        everything = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": doc,
            "may_change": self.has_change_permission(request, doc),
            **context,
        }
        failed = (form is not None and form.errors) or context.get("problem")
        return render(request, template, everything, status=400 if failed else 200)


def page_of(doc: ShipDoc) -> str:
    return reverse("admin:orders_shipdoc_change", args=[doc.pk])
