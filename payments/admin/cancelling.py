"""Cancelling a sales order: a page that says what will happen to the money, and the deed."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways import money
from gateways.forms import MoneyFormField
from gateways.models import Gateway
from orders.models import Card, Order
from orders.services.cancelling import cancellation_fee
from orders.services.orders import OrderProblem
from orders.services.vault import can_charge
from payments.actors import operator
from payments.holds_left import time_left
from payments.services.cancellation import Cancellation, PlanChanged, Steps, cancel_order
from payments.services.cancellation_plan import Plan, plan_cancellation
from payments.services.reserve import PaymentRefused, misfit
from payments.tasks import enqueue_charge

LATER = "later"
PAY_FIELDS = {"amount": "fee", "gateway": "pay", "method": "pay"}


class CancelForm(forms.Form):
    """`plan` is what comes of the fee that is typed; it is looked at before anything is done."""

    fee = MoneyFormField(label="Cancellation fee", required=False, empty=0)
    reason = forms.CharField(max_length=200)
    seen = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, order: Order, data: Any = None) -> None:
        most = cancellation_fee(order)
        first = {"fee": _plain(most, order.currency), "form_token": uuid.uuid4(), "pay": LATER}
        super().__init__(data, initial=first)
        self.order = order
        self.most = most
        self.cards = [*_cards(order)]
        choices = [LATER, *(value_of(card, gateway) for card, gateway in self.cards)]
        choices += [f"hold:{pk}" for pk in order.payments.values_list("pk", flat=True)]
        self.fields["pay"] = forms.ChoiceField(
            choices=[(value, value) for value in choices],
            required=False,
            error_messages={"invalid_choice": "This card or hold cannot pay the fee any longer: choose another way."},
        )

    def clean_fee(self) -> int:
        try:
            fee = MoneyFormField(empty=0).to_minor(self.cleaned_data["fee"], self.order.currency) or 0
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error
        if fee > self.most:
            most = money.plain(self.most, self.order.currency)
            raise forms.ValidationError(f"The offers of this order allow a fee of {most} at most.")
        return fee

    @property
    def plan(self) -> Plan:
        """Of the fee that was typed; of the offers' own where that cannot be read."""
        is_typed = self.is_bound and "fee" not in self.errors
        return plan_cancellation(self.order, self.cleaned_data["fee"] if is_typed else self.most)

    @property
    def chosen(self) -> str:
        return str(self["pay"].value() or LATER)

    def wish(self) -> Cancellation:
        typed, pay = self.cleaned_data, self.cleaned_data["pay"] or LATER
        card, gateway = next((one for one in self.cards if value_of(*one) == pay), (None, None))
        hold = int(pay.removeprefix("hold:")) if pay.startswith("hold:") else None
        return Cancellation(
            typed["fee"], typed["reason"], typed["seen"], hold, card, gateway, form_token=typed["form_token"]
        )


def value_of(card: Card, gateway: Gateway) -> str:
    return f"card:{card.pk}:{gateway.pk}"


def _cards(order: Order) -> list[tuple[Card, Gateway]]:
    """The customer's saved cards, each with every gateway that can charge it for this order."""
    usable = [one for one in Gateway.objects.usable() if one.kind.takes_cards and not misfit(one, order)]
    cards = order.customer.cards.filter(blocked_at=None).select_related("vaulted_customer")
    return [(card, gateway) for card in cards for gateway in usable if can_charge(gateway, card)]


def _plain(amount: int, currency: str) -> str:
    return money.plain(amount, currency).split()[0]


class Cancelling(admin.ModelAdmin):  # type: ignore[type-arg]
    """For the admin of sales orders: one more page under each."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.cancel_view)
        return [path("<int:pk>/cancel/", view, name="orders_order_cancel"), *super().get_urls()]

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks the processor, so it holds no transaction open."""
        order = self._order_to_cancel(request, pk)
        page = reverse("admin:orders_order_change", args=[pk])
        if order.cancelled_at:
            messages.info(request, f"{order} is cancelled already: nothing was done.")
            return HttpResponseRedirect(page)
        form = CancelForm(order, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            if lacking(request, form.plan):
                raise PermissionDenied
            try:
                steps = cancel_order(order.pk, form.wish(), operator(request.user))
            except PlanChanged:
                form.add_error(None, "This is what will happen now: look at it, and press once more.")
            except (OrderProblem, PaymentRefused) as refusal:
                field = PAY_FIELDS.get(refusal.field, refusal.field)
                form.add_error(field if field in form.fields else None, refusal.message)
            else:
                return self._cancelled(request, order, steps)
        return self._ask(request, order, form)

    def _ask(self, request: HttpRequest, order: Order, form: CancelForm) -> HttpResponse:
        plan = form.plan
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Cancel {order}?",
            "order": order,
            "form": form,
            "plan": plan,
            "lacking": lacking(request, plan),
            "holds": [(f"hold:{one.pk}", one, *time_left(one.capture_before)) for one in plan.holds],
            "cards": [(value_of(*one), *one) for one in form.cards],
        }
        return render(request, "admin/payments/entry/cancel.html", context, status=400 if form.errors else 200)

    def _cancelled(self, request: HttpRequest, order: Order, steps: Steps) -> HttpResponse:
        page = reverse("admin:orders_order_change", args=[order.pk])
        order.refresh_from_db()
        self.log_change(request, order, f"Cancelled: {order.cancel_reason}")
        messages.success(request, f"{order} is cancelled.{_said(order, steps)}")
        if steps.charge is None:
            return HttpResponseRedirect(page)
        enqueue_charge(steps.charge.pk)
        return HttpResponseRedirect(f"{page}?payment={steps.charge.pk}#payment")

    def _order_to_cancel(self, request: HttpRequest, pk: int) -> Order:
        order = Order.objects.select_related("campaign", "customer").filter(pk=pk).first()
        if order is None:
            raise Http404("no such order")
        if not self.has_change_permission(request, order):
            raise PermissionDenied
        return order


def lacking(request: HttpRequest, plan: Plan) -> str:
    """The permission without which this plan cannot be carried out, as administrators know it; empty when none is."""
    needed = {
        "payments.add_refund": ("Can add refund", bool(plan.refunds)),
        "payments.change_payment": ("Can change payment", bool(plan.voids)),
        "payments.add_payment": ("Can add payment", bool(plan.charge)),
    }
    return next((name for key, (name, wanted) in needed.items() if wanted and not request.user.has_perm(key)), "")


def _said(order: Order, steps: Steps) -> str:
    back = sum(refund.amount for refund in steps.refunds)
    told = [f"{money.plain(back, order.currency)} go back to the customer."] if back else []
    told += [f"{money.plain(order.cancellation_fee, order.currency)} are its fee."] if order.cancellation_fee else []
    return "".join(f" {words}" for words in told)
