"""The page of a subscription: how it stands, its timeline, what is to come, and what can be done."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from orders.admin.subscriptions import SubscriptionAdmin, status_badge
from orders.models import Order, Subscription
from orders.services.plans import next_amount, plan_of
from orders.services.subscriptions import SubscriptionProblem
from payments import links
from payments.actors import operator
from payments.admin.subscription_forms import ACTIONS, ForceBillForm, actions_for
from payments.previews import next_rebills
from payments.services.force_bill import force_bill
from payments.services.held_cycles import held_sums
from payments.services.reserve import PaymentRefused
from payments.services.timeline import timeline
from payments.tasks import enqueue_charge


def page_url(subscription: Subscription) -> str:
    return reverse("admin:orders_subscription_change", args=[subscription.pk])


def _url(deed: str, subscription: Subscription) -> str:
    return reverse(f"admin:orders_subscription_{deed}", args=[subscription.pk])


@admin.register(Subscription)
class BilledSubscriptionAdmin(SubscriptionAdmin):
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        deed = wrap(self.deed_view)
        return [
            path("<int:pk>/bill/", wrap(self.bill_view), name="orders_subscription_bill"),
            *(path(f"<int:pk>/{name}/", deed, {"deed": name}, f"orders_subscription_{name}") for name in ACTIONS),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        row = self.get_object(request, object_id)
        if isinstance(row, Subscription):
            extra |= self._context(request, row)
        return super().change_view(request, object_id, form_url, extra)

    def _context(self, request: HttpRequest, row: Subscription) -> dict[str, Any]:
        may_change = self.has_change_permission(request, row)
        return {
            "badge": status_badge(row),
            "amount": next_amount(row, plan_of(row.offer)) if row.due_at else None,
            "currency": row.offer.campaign.currency,
            "first_order": row.order_line.order,
            "order": Order.objects.filter(subscription=row, cycle=row.cycle + 1).first(),
            "entries": timeline(row),
            "coming": next_rebills(row),
            "deeds": [(_url(name, row), one) for name, one in actions_for(row)] if may_change else [],
            "may_bill": row.bills and not row.ends_after_cycle and self._may_bill(request),
            "card_link": links.card_url(row) if may_change and row.ended_at is None else "",
        }

    def _may_bill(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perm("payments.add_payment")

    def deed_view(self, request: HttpRequest, pk: int, deed: str) -> HttpResponse:
        """A question with what it means; the answer is a service's, and stands on the subscription's page."""
        row, action = self._row(pk), ACTIONS[deed]
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = action.form(row, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                form.do(operator(request.user).name)
            except SubscriptionProblem as problem:
                form.add_error(problem.field if problem.field in form.fields else None, problem.message)
            else:
                messages.success(request, action.done.format(row))
                return HttpResponseRedirect(page_url(row))
        context = {"action": action, "form": form, "row": row, "title": action.title, "deed": deed}
        return self._page(request, "deed.html", context, failed=bool(form.errors))

    def bill_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Force Bill NOW (S2-38): date, amount and gateway are shown before anything is charged."""
        row = self._row(pk)
        if not self._may_bill(request):
            raise PermissionDenied
        form = ForceBillForm(request.POST or None, initial={"cycle": row.cycle + 1})
        if request.method == "POST" and form.is_valid():
            token, cycle = form.cleaned_data["form_token"], form.cleaned_data["cycle"]
            try:
                made = force_bill(row, operator(request.user), token, cycle=cycle)
            except PaymentRefused as refusal:
                form.add_error(None, refusal.message)
            else:
                return self._billed(request, row, made.payment.pk, repeated=made.repeated)
        amount = next_amount(row, plan_of(row.offer)) if row.due_at else None
        context = {"form": form, "row": row, "title": "Bill the next cycle now?", "amount": amount}
        return self._page(request, "bill.html", context, failed=bool(form.errors))

    def _billed(self, request: HttpRequest, row: Subscription, payment: int, *, repeated: bool) -> HttpResponse:
        if repeated:
            messages.info(request, "This form was sent before: nothing was billed again.")
        else:
            enqueue_charge(payment)
            messages.success(request, f"{row} is being billed: the result stands in its timeline.")
        return HttpResponseRedirect(page_url(row))

    def _row(self, pk: int) -> Subscription:
        known = Subscription.objects.select_related("offer__campaign", "customer", "gateway", "card")
        row = known.filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], *, failed: bool) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "badge": status_badge(context["row"]),
            "currency": context["row"].offer.campaign.currency,
            **context,
        }
        return render(request, f"admin/payments/subscription/{name}", context, status=400 if failed else 200)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        extra = {"held_sums": held_sums(), **(extra_context or {})}
        return super().changelist_view(request, extra)
