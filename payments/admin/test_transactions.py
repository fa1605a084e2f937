"""The test transaction of a gateway: a form, one payment without an order, and its result."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways import money
from gateways.admin_actions import GatewayActions
from gateways.models import Gateway
from gateways.processors.test_cards import TEST_CARDS
from payments.actors import operator
from payments.models import Payment, Purpose
from payments.services.reserve import PaymentRefused
from payments.services.test_transaction import default_amount, is_refunded, refund_trouble, run_test_transaction

SHOWN = 5


class TestTransactionForm(forms.Form):
    """A test gateway offers test cards; a live one asks for a saved live card, and for a tick."""

    __test__ = False  # pytest would collect it

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    capture = forms.ChoiceField(
        choices=[("now", "Charge"), ("hold", "Authorize only")], widget=forms.RadioSelect, label="How"
    )
    refund = forms.BooleanField(required=False, label="Give it back at once")

    def __init__(self, gateway: Gateway, data: Any = None) -> None:
        amount = money.plain(default_amount(gateway), gateway.currency).split()[0]
        super().__init__(
            data, initial={"form_token": uuid.uuid4(), "amount": amount, "capture": "now"}, label_suffix=""
        )
        self.gateway = gateway
        if gateway.is_live:
            self.fields["card"] = forms.CharField(
                label="Saved live card",
                max_length=64,
                widget=forms.TextInput(attrs={"placeholder": "pm_…", "autocomplete": "off", "spellcheck": "false"}),
                error_messages={"required": "Give the reference of a saved card of your own, pm_…."},
            )
            self.fields["confirmed"] = forms.BooleanField(
                label=f"Yes, charge real money in {gateway.currency} to this card",
                error_messages={"required": "Tick this first: a live gateway charges real money."},
            )
        else:
            cards = [(card.reference, f"{card.label} · {card.hint}") for card in TEST_CARDS]
            self.fields["card"] = forms.ChoiceField(label="Test card", choices=cards)

    def clean_amount(self) -> int:
        try:
            return money.parse_amount(self.cleaned_data["amount"], self.gateway.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error


class TestTransactions(GatewayActions):
    """For the admin of gateways: one more page under each."""

    __test__ = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.test_view)
        return [path("<int:pk>/test/", view, name="gateways_gateway_test"), *super().get_urls()]

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open. The result has an address: a reload charges nothing."""
        gateway = self.gateway_for(request, pk)
        if not request.user.has_perm("payments.add_payment"):
            raise PermissionDenied
        form = TestTransactionForm(gateway, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            sent_before = Payment.objects.filter(form_token=form.cleaned_data["form_token"]).exists()
            try:
                payment = _run(request, gateway, form)
            except PaymentRefused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            else:
                if sent_before:
                    messages.info(request, "This form was sent before: nothing was charged again. Its result is below.")
                page = reverse("admin:gateways_gateway_test", args=[pk])
                return HttpResponseRedirect(f"{page}?payment={payment.pk}")
        return self._test_page(request, gateway, form)

    def _test_page(self, request: HttpRequest, gateway: Gateway, form: forms.Form) -> HttpResponse:
        tests = list(tests_of(gateway)[:SHOWN])
        wanted = request.GET.get("payment", "")
        answer = next((payment for payment in tests if str(payment.pk) == wanted), None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Test transaction",
            "gateway": gateway,
            "form": form,
            "tests": tests,
            "answer": answer,
            "refunded": answer is not None and is_refunded(answer),
            "refund_trouble": refund_trouble(answer) if answer else "",
        }
        return render(request, "admin/payments/gateway/test.html", context, status=400 if form.errors else 200)


def tests_of(gateway: Gateway) -> QuerySet[Payment]:
    return Payment.objects.filter(order=None, gateway=gateway, purpose=Purpose.TEST).order_by("-pk").defer("draft")


def _run(request: HttpRequest, gateway: Gateway, form: forms.Form) -> Payment:
    return run_test_transaction(
        gateway,
        form.cleaned_data["amount"],
        form.cleaned_data["card"],
        operator(request.user),
        capture=form.cleaned_data["capture"] == "now",
        refund=form.cleaned_data["refund"],
        form_token=form.cleaned_data["form_token"],
    )
