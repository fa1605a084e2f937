"""Upsells on a sales order's page: lines that are sold after the others, paid or not."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways import money
from gateways.forms import MoneyFormField
from orders.models import Order, Staff
from orders.services.orders import NewLine, OrderProblem
from payments.services.upsells import OrderChanged, add_upsell


class OfferChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {money.pretty(obj.price, obj.campaign.currency)}"


class UpsellForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    quantity = forms.IntegerField(min_value=1, max_value=9_999, initial=1)
    shipping = MoneyFormField(label="More shipping", required=False, empty=0)
    tax = MoneyFormField(label="More tax", required=False, empty=0)

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data, initial={"seen": order.total})
        self.order = order
        on_sale = order.campaign.offers.filter(active=True).select_related("campaign").order_by("name")
        self.fields["offer"] = OfferChoice(on_sale, empty_label="Choose an offer")
        staff = Staff.objects.filter(active=True)
        if staff.exists():
            self.fields["staff"] = forms.ModelChoiceField(staff, required=False, empty_label="Nobody in particular")

    def clean_shipping(self) -> int:
        return self._amount("shipping")

    def clean_tax(self) -> int:
        return self._amount("tax")

    def _amount(self, name: str) -> int:
        try:
            return MoneyFormField(empty=0).to_minor(self.cleaned_data[name], self.order.currency) or 0
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def line(self) -> NewLine:
        typed = self.cleaned_data
        return NewLine(typed["offer"], typed["quantity"], typed.get("staff"))


class Upsells(admin.ModelAdmin):  # type: ignore[type-arg]
    """For the admin of sales orders: one more page under each."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.upsell_view)
        return [path("<int:pk>/upsell/", view, name="orders_order_upsell"), *super().get_urls()]

    def upsell_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        order = Order.objects.select_related("campaign", "customer").filter(pk=pk).first()
        if order is None:
            raise Http404("no such order")
        if not self.has_change_permission(request, order):
            raise PermissionDenied
        page = reverse("admin:orders_order_change", args=[pk])
        form = UpsellForm(order, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                self._add(request, order, form)
            except OrderChanged:
                messages.info(request, f"{order} has changed since the form was opened: nothing was added this time.")
                return HttpResponseRedirect(page)
            except OrderProblem as problem:
                form.add_error(problem.field if problem.field in form.fields else None, problem.message)
            else:
                return HttpResponseRedirect(page)
        context = {"original": order, "order": order, "form": form, "title": f"Upsell on {order}"}
        everything = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        status = 400 if form.errors else 200
        return render(request, "admin/payments/entry/upsell.html", everything, status=status)

    def _add(self, request: HttpRequest, order: Order, form: UpsellForm) -> None:
        typed = form.cleaned_data
        line = add_upsell(order.pk, form.line, seen=typed["seen"], shipping=typed["shipping"], tax=typed["tax"])
        more = money.plain(line.amount + typed["shipping"] + typed["tax"], order.currency)
        self.log_change(request, order, f"Upsell: {line}, {more}.")
        messages.success(request, f"{line} is added: {more} more are due.")
