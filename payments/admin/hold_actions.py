"""Capture and void on a payment's page: a button, a page that says what will happen, and the deed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path

from gateways import money
from payments.actors import operator
from payments.admin.back import back_url
from payments.models import Payment, Status
from payments.services import holds
from payments.services.reserve import PaymentRefused


class CaptureForm(forms.Form):
    amount = forms.CharField(max_length=20)

    def __init__(self, payment: Payment, data: Any = None) -> None:
        super().__init__(data, initial={"amount": money.plain(payment.amount, payment.currency).split()[0]})
        self.payment = payment

    def clean_amount(self) -> int:
        try:
            return money.parse_amount(self.cleaned_data["amount"], self.payment.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error


class HoldActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin of payments: two more pages under each."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/capture/", wrap(self.capture_view), name="payments_payment_capture"),
            path("<int:pk>/void/", wrap(self.void_view), name="payments_payment_void"),
            *super().get_urls(),
        ]

    def capture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        payment = self._hold(request, pk)
        form = CaptureForm(payment, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                after = holds.capture(pk, form.cleaned_data["amount"], operator(request.user))
            except PaymentRefused as refusal:
                if (done := Payment.objects.get(pk=pk)).capture_asked == form.cleaned_data["amount"]:
                    return _answer(request, done, repeated=True)
                form.add_error("amount" if refusal.field == "amount" else None, refusal.message)
            else:
                return _answer(request, after)
        return self._ask(request, payment, "capture", form)

    def void_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        payment = self._hold(request, pk)
        form = forms.Form(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            try:
                return _answer(request, holds.void(pk, operator(request.user)))
            except PaymentRefused as refusal:
                if (done := Payment.objects.get(pk=pk)).void_asked_at:
                    return _answer(request, done, repeated=True)
                form.add_error(None, refusal.message)
        return self._ask(request, payment, "void", form)

    def _ask(self, request: HttpRequest, payment: Payment, deed: str, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{deed.capitalize()} {payment}",
            "payment": payment,
            "deed": deed,
            "form": form,
            "back": back_url(request, payment),
            "may_act": payment.status in (holds.VOIDABLE if deed == "void" else {Status.AUTHORIZED}),
        }
        return render(request, "admin/payments/entry/hold.html", context, status=400 if form.errors else 200)

    def _hold(self, request: HttpRequest, pk: int) -> Payment:
        if not request.user.has_perm("payments.change_payment"):
            raise PermissionDenied
        payment = Payment.objects.select_related("gateway", "order").filter(pk=pk).first()
        if payment is None:
            raise Http404("no such payment")
        return payment


def _answer(request: HttpRequest, payment: Payment, *, repeated: bool = False) -> HttpResponse:
    """`repeated`: this was asked for before, by a double click or from another tab, and is done once."""
    if repeated:
        messages.info(request, "This was sent before, and is done once.")
    if payment.status == Status.CAPTURED:
        messages.success(request, f"{money.plain(payment.amount_captured, payment.currency)} captured.")
    elif payment.status == Status.VOIDED:
        messages.success(request, f"{payment} is voided: the hold is released.")
    elif payment.capture_asked or payment.void_asked_at:
        messages.warning(request, "The processor has not answered yet. Midway asks again by itself.")
    else:
        messages.error(request, payment.message or f"{payment} is {payment.get_status_display().lower()}.")
    return HttpResponseRedirect(back_url(request, payment))
