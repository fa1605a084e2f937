"""The clone guard's page: where this database is, whether live money may be charged from here, and the confirmation."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from gateways.installation import CannotConfirm, confirm
from gateways.models import Installation
from payments.actors import operator
from payments.admin.payments import ReadOnlyAdmin
from payments.services.installing import outlook


class ConfirmForm(forms.Form):
    confirmed = forms.BooleanField(
        label="Yes, no other Midway charges from this data: this is the one that may",
        error_messages={"required": "Tick this first: two that charge from the same data charge cards twice."},
    )


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    """For administrators alone: the list is the page."""

    fields = ["identity", "confirmed_at", "confirmed_by"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)  # which refuses it
        form = ConfirmForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            self._confirm(request)
            return HttpResponseRedirect(reverse("admin:gateways_installation_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Installation",
            "form": form,
            "outlook": outlook(),
        }
        return render(request, "admin/payments/installation.html", context, status=400 if form.errors else 200)

    def _confirm(self, request: HttpRequest) -> None:
        """Pressed twice it confirms the same place twice, which changes nothing for it."""
        try:
            row = confirm(operator(request.user).name)
        except CannotConfirm as problem:
            messages.error(request, str(problem))
            return
        self.log_change(request, row, "Confirmed: live money may be charged from here.")
        messages.success(request, "Confirmed: live money may be charged from here, and from no other copy.")
