"""“I have looked”: takes a payment out of the list of those that a person must look at."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from payments.actors import operator
from payments.models import Payment
from payments.services.review import looked_at


class LookActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """For an admin of payments: no money moves, so that there is nothing to confirm."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.looked_view)
        return [path("<int:pk>/looked/", view, name="payments_payment_looked"), *super().get_urls()]

    @method_decorator(require_POST)
    def looked_view(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        if not request.user.has_perm("payments.change_payment"):
            raise PermissionDenied
        payment = get_object_or_404(Payment, pk=pk)
        if looked_at(payment.pk, operator(request.user)):
            messages.success(request, f"You have looked at {payment}: what was wrong stays in its history.")
        else:
            messages.info(request, f"There is nothing to look at on {payment} any longer.")
        return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[pk]))
