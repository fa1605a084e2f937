"""The ship doc's page with its money: what is paid and held, and the page on which the goods leave."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from gateways import money
from orders.admin.shipping import ShipDocAdmin, page_of
from orders.models import ShipDoc
from orders.services.orders import OrderProblem
from payments.actors import operator
from payments.admin.entry import PaymentEntry
from payments.admin.ship_form import ShipForm
from payments.entry_document import Document
from payments.holds_left import time_left
from payments.models import Payment
from payments.services.balances import balance_of
from payments.services.reserve import PaymentRefused
from payments.services.ship_doc_balances import ship_doc_balance
from payments.services.ship_docs import ship
from payments.services.ship_warnings import warnings_of


@admin.register(ShipDoc)
class ShippingAdmin(PaymentEntry, ShipDocAdmin):
    page_template = "admin/payments/shipdoc/page.html"

    def document_of(self, row: ShipDoc) -> Document:
        due, payments = ship_doc_balance(row).due, Payment.objects.filter(ship_doc=row)
        return Document(
            "orders_shipdoc", row.pk, row.order, balance_of(row.order), due, payments, about={"ship_doc": row}
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.ship_view)
        return [path("<int:pk>/ship/", view, name="orders_shipdoc_ship"), *super().get_urls()]

    def more_of(self, request: HttpRequest, doc: ShipDoc) -> dict[str, Any]:
        return {
            "worth": ship_doc_balance(doc),
            "payments": list(doc.payments.select_related("gateway").order_by("-pk")),
        }

    def ship_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open. Nothing leaves without a press here."""
        doc = self.doc_for(request, str(pk))
        if not self.has_change_permission(request, doc):
            raise PermissionDenied
        if doc.status != ShipDoc.Status.DRAFT:
            messages.info(request, f"{doc} is {doc.get_status_display().lower()}: nothing was done.")
            return HttpResponseRedirect(page_of(doc))
        balance, may_capture = ship_doc_balance(doc), request.user.has_perm("payments.change_payment")
        form = ShipForm(doc, balance, request.POST if request.method == "POST" else None, may_capture=may_capture)
        if request.method == "POST" and form.is_valid():
            try:
                payment = ship(
                    doc.pk, operator(request.user), take=form.take, unpaid_too=form.cleaned_data["unpaid_too"]
                )
            except (PaymentRefused, OrderProblem) as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            else:
                return self._shipped(request, doc, payment)
        context = {
            "form": form,
            "worth": balance,
            "may_capture": may_capture,
            "warnings": warnings_of(doc, balance),
            "options": [(*option, *time_left(option[1].payment.capture_before)) for option in form.options],
            "title": f"Ship {doc}",
        }
        return self.show(request, "admin/payments/shipdoc/ship.html", doc=doc, **context)

    def _shipped(self, request: HttpRequest, doc: ShipDoc, payment: Payment | None) -> HttpResponse:
        doc.refresh_from_db(fields=["status"])
        if doc.status == ShipDoc.Status.SHIPPED:
            unpaid, currency = ship_doc_balance(doc).unpaid, doc.order.currency
            taken = f"{money.plain(payment.amount_captured, currency)} captured. " if payment else ""
            left = f" {money.plain(unpaid, currency)} of it is unpaid." if unpaid else ""
            self.log_change(request, doc, f"Shipped. {taken}{left}".strip())
            messages.success(request, f"{taken}{doc} has left.{left}")
        elif payment and payment.capture_asked:
            messages.warning(
                request,
                f"{doc} has not left: the processor has not answered whether {payment} is captured. Midway asks again "
                "by itself; ship once it is.",
            )
        elif payment:
            why = payment.message or f"it is {payment.get_status_display().lower()}."
            messages.error(request, f"{doc} has not left: {payment} was not captured: {why}")
        return HttpResponseRedirect(page_of(doc))
