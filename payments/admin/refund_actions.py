"""Refund on a payment's page: a button, a page that says what will happen, and the deed."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path

from gateways import money
from payments.actors import operator
from payments.admin.back import back_url
from payments.models import Payment, Refund, RefundStatus
from payments.models.refund import Reason
from payments.refund_states import UNHEARD
from payments.services.refunds.reserve import RefundReservation
from payments.services.refunds.rules import RefundRefused, why_not_refundable
from payments.services.refunds.submit import refund_payment


class RefundForm(forms.Form):
    """Validates what was typed; whether it may be given back is `refund_payment`'s to say, under the payment's lock."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Type the amount to refund."},
    )
    reason = forms.ChoiceField(required=False, choices=Reason.choices)
    note = forms.CharField(required=False, max_length=255, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 255}))

    def __init__(self, payment: Payment, data: Any = None) -> None:
        left = money.plain(payment.left_to_refund, payment.currency).split()[0]
        super().__init__(data, initial={"form_token": uuid.uuid4(), "amount": left})
        self.payment = payment

    def clean_amount(self) -> int:
        try:
            return money.parse_amount(self.cleaned_data["amount"], self.payment.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error


class RefundActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin of payments: one more page under each."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.refund_view)
        return [path("<int:pk>/refund/", view, name="payments_payment_refund"), *super().get_urls()]

    def refund_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open."""
        payment = _payment(request, pk)
        form = RefundForm(payment, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                reservation = _refund(request, payment, form)
            except RefundRefused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
                payment.refresh_from_db()
            else:
                _tell(request, reservation)
                return HttpResponseRedirect(back_url(request, payment))
        return self._refund_page(request, payment, form)

    def _refund_page(self, request: HttpRequest, payment: Payment, form: RefundForm) -> HttpResponse:
        refunds = refunds_of(payment)
        why_not = why_not_refundable(payment) or ("" if payment.left_to_refund else "Nothing is left to give back.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Refund {payment}",
            "payment": payment,
            "form": form,
            "refunds": refunds,
            "why_not": why_not,
            "unheard": any(refund.status in UNHEARD for refund in refunds),
            "back": back_url(request, payment),
        }
        return render(request, "admin/payments/refund/ask.html", context, status=400 if form.errors else 200)


def refunds_of(payment: Payment) -> list[Refund]:
    """Newest first, ready for the table."""
    return list(payment.refunds.select_related("payment").defer("payment__draft", "payment__route"))


def refunds_among(payments: QuerySet[Payment]) -> list[Refund]:
    refunds = Refund.objects.filter(payment__in=payments.order_by()).select_related("payment")
    return list(refunds.defer("payment__draft", "payment__route"))


def _payment(request: HttpRequest, pk: int) -> Payment:
    if not request.user.has_perm("payments.add_refund"):
        raise PermissionDenied
    payment = Payment.objects.select_related("gateway", "order__customer").filter(pk=pk).first()
    if payment is None:
        raise Http404("no such payment")
    return payment


def _refund(request: HttpRequest, payment: Payment, form: RefundForm) -> RefundReservation:
    typed = form.cleaned_data
    return refund_payment(
        payment.pk,
        typed["amount"],
        operator(request.user),
        reason=typed["reason"],
        note=typed["note"].strip(),
        form_token=typed["form_token"],
    )


def _tell(request: HttpRequest, reservation: RefundReservation) -> None:
    refund = reservation.refund
    amount = money.plain(refund.amount, refund.currency)
    if reservation.repeated:
        messages.info(request, f"This form was sent before: it made {refund}, and nothing was refunded again.")
    elif refund.status == RefundStatus.SUCCEEDED:
        messages.success(request, f"{amount} refunded: {refund}.")
    elif refund.status == RefundStatus.PROCESSING:
        messages.success(request, f"The refund of {amount} is on its way: {refund}. The bank has to confirm it.")
    elif refund.status in UNHEARD:
        messages.warning(request, f"The processor has not answered yet about {refund}. Midway asks again by itself.")
    else:
        messages.error(request, f"{refund} of {amount} failed, nothing was given back. {refund.message}")
