"""The sales order's page with its payment entry."""

from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from orders.admin.orders import OrderAdmin
from orders.models import Order
from payments.actors import operator
from payments.forms import PaymentEntryForm
from payments.models import Payment, Status
from payments.services.balances import balance_of
from payments.services.entry import RawCardsRefused, enter_payment
from payments.services.reconcile import look_again
from payments.services.reserve import PaymentRefused
from payments.states import IN_FLIGHT
from payments.tasks import enqueue_charge, enqueue_reconcile


@admin.register(Order)
class SalesOrderAdmin(OrderAdmin):
    change_form_template = "admin/payments/entry/sales_order.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/payment/", wrap(self.payment_view), name="orders_order_payment"),
            path("<int:pk>/payment/<int:payment_pk>/", wrap(self.answer_view), name="orders_order_payment_answer"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        order = self.get_object(request, object_id)
        if order is not None and "payment_intent" in request.GET:
            return self._back_from_the_bank(order, request.GET["payment_intent"])
        if order is not None:
            extra |= self._panel(request, order, extra.get("entry_form"))
        return super().change_view(request, object_id, form_url, extra)

    def _back_from_the_bank(self, order: Order, reference: str) -> HttpResponse:
        """Stripe sends people back with a client secret in the address: look how it went, and forget the address."""
        page = reverse("admin:orders_order_change", args=[order.pk])
        payments = order.payments.filter(reference=reference)
        payment = payments.filter(status=Status.REQUIRES_ACTION).first()
        if payment is not None:
            look_again(payment)
            enqueue_reconcile(payment.pk)
        known = payment or payments.first()
        return HttpResponseRedirect(f"{page}?payment={known.pk}#payment" if known else page)

    def _panel(self, request: HttpRequest, order: Order, form: PaymentEntryForm | None) -> dict[str, Any]:
        balance = balance_of(order)
        payments = list(order.payments.select_related("gateway").prefetch_related("disputes").order_by("-pk"))
        wanted = request.GET.get("payment", "")
        return {
            "balance": balance,
            "payments": payments,
            "answer": next((payment for payment in payments if str(payment.pk) == wanted), None),
            "entry_form": form or PaymentEntryForm(order, balance),
            "may_charge": self._may_charge(request),
        }

    def _may_charge(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm("payments.add_payment")

    def payment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Takes the payment-entry form. The answer stands on the order's own page, so that a reload asks nothing."""
        order = self._order(request, pk)
        page = reverse("admin:orders_order_change", args=[pk])
        if request.method != "POST":
            return HttpResponseRedirect(page)
        form = PaymentEntryForm(order, balance_of(order), request.POST, getattr(request, "typed_card", None))
        if not form.is_valid():
            return self._with_errors(request, order, form)
        try:
            reservation = enter_payment(
                order,
                form.cleaned_data["gateway"],
                form.cleaned_data["amount"],
                form.cleaned_data["method"],
                operator(request.user),
                capture=form.cleaned_data["capture"] == "now",
                form_token=form.cleaned_data["form_token"],
                typed=form.typed,
            )
        except PaymentRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            return self._with_errors(request, order, form, raw_cards_refused=isinstance(refusal, RawCardsRefused))
        payment = reservation.payment
        if reservation.repeated:
            messages.info(request, f"This form was sent before: it made {payment}, and was not charged again.")
        else:
            enqueue_charge(payment.pk)
        return HttpResponseRedirect(f"{page}?payment={payment.pk}#payment")

    def _with_errors(self, request: HttpRequest, order: Order, form: PaymentEntryForm, **context: Any) -> HttpResponse:
        page = copy(request)
        page.method = "GET"
        response = self.change_view(page, str(order.pk), extra_context={"entry_form": form, **context})
        response.status_code = 400
        return response

    def answer_view(self, request: HttpRequest, pk: int, payment_pk: int) -> HttpResponse:
        """The part of the page that says how the payment went; asked for each second until it is known."""
        self._order(request, pk)
        payment = Payment.objects.select_related("gateway", "order").filter(pk=payment_pk, order_id=pk).first()
        if payment is None:
            raise Http404
        response = render(request, "admin/payments/entry/answer.html", {"answer": payment})
        if payment.status not in IN_FLIGHT:
            response["HX-Refresh"] = "true"  # the balance beside it has changed as well
        return response

    def _order(self, request: HttpRequest, pk: int) -> Order:
        if not self._may_charge(request):
            raise PermissionDenied
        order = Order.objects.select_related("customer", "campaign").filter(pk=pk).first()
        if order is None:
            raise Http404("no such order")
        return order
