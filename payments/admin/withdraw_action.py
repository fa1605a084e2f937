"""Withdraw, on the page of a payment that waits: a page that says what will happen, and the deed."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from payments.actors import operator
from payments.models import Payment, Status
from payments.services.reserve import PaymentRefused
from payments.services.withdraw import withdraw


class WithdrawAction(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin of payments."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.withdraw_view)
        return [path("<int:pk>/withdraw/", view, name="payments_payment_withdraw"), *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("payments.change_payment"):
            raise PermissionDenied
        payment = Payment.objects.select_related("gateway", "order").filter(pk=pk).first()
        if payment is None:
            raise Http404("no such payment")
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": f"Withdraw {payment}",
                "payment": payment,
                "may_withdraw": payment.status == Status.PENDING,
            }
            return render(request, "admin/payments/payment/withdraw.html", context)
        try:
            withdraw(pk, operator(request.user))
        except PaymentRefused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, f"{payment} is withdrawn: it is not charged, and its amount is due again.")
        return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[pk]))
