"""The test drive of a gateway: what it will do, one press, and each step as it is made."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways import money
from gateways.admin_actions import GatewayActions
from gateways.models import Gateway
from payments.actors import operator
from payments.models import TestDrive
from payments.services.reserve import PaymentRefused
from payments.services.test_drive.drive import start_drive
from payments.services.test_drive.route import LABELS
from payments.services.test_transaction import DEFAULT_TEST_CARD, default_amount, rebill_difference
from payments.tasks import enqueue_test_drive

SHOWN = 5


class TestDriveForm(forms.Form):
    """A test gateway needs nothing; a live one a saved live card, and a tick."""

    __test__ = False

    def __init__(self, gateway: Gateway, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
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


class TestDrives(GatewayActions):
    """For the admin of gateways: two more pages under each."""

    __test__ = False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/drive/", wrap(self.drive_view), name="gateways_gateway_drive"),
            path("<int:pk>/drive/<int:drive_pk>/", wrap(self.drive_result_view), name="gateways_gateway_drive_result"),
            *super().get_urls(),
        ]

    def drive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        gateway = self.gateway_for(request, pk)
        if not request.user.has_perm("payments.add_payment"):
            raise PermissionDenied
        form = TestDriveForm(gateway, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                drive = start_drive(gateway, form.cleaned_data.get("card", DEFAULT_TEST_CARD), operator(request.user))
            except PaymentRefused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            else:
                if not enqueue_test_drive(drive.pk):
                    messages.warning(request, "The queue is away: the test drive starts once it is back.")
                return HttpResponseRedirect(reverse("admin:gateways_gateway_drive_result", args=[pk, drive.pk]))
        price = default_amount(gateway)
        context = {
            "form": form,
            "price": money.pretty(price, gateway.currency),
            "rebill": money.pretty(price + rebill_difference(gateway.currency), gateway.currency),
            "drives": TestDrive.objects.filter(gateway=gateway).select_related("gateway")[:SHOWN],
        }
        return self._drive_page(request, gateway, "drive.html", context, status=400 if form.errors else 200)

    def drive_result_view(self, request: HttpRequest, pk: int, drive_pk: int) -> HttpResponse:
        """Asked for again each second until it is finished."""
        gateway = self.gateway_for(request, pk)
        drive = TestDrive.objects.filter(pk=drive_pk, gateway=gateway).first()
        if drive is None:
            raise Http404
        steps = [{**step, "label": LABELS[step["name"]], "seconds": _seconds(step)} for step in drive.steps]
        waiting = [label for name, label in LABELS.items() if name not in {step["name"] for step in steps}]
        context = {"drive": drive, "steps": steps, "waiting": [] if drive.finished_at else waiting}
        name = "drive_steps.html" if request.headers.get("HX-Request") == "true" else "drive_result.html"
        return self._drive_page(request, gateway, name, context)

    def _drive_page(
        self, request: HttpRequest, gateway: Gateway, name: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "Test drive", "gateway": gateway, **context}
        return render(request, f"admin/payments/gateway/{name}", context, status=status)


def _seconds(step: dict[str, Any]) -> str:
    return f"{step['milliseconds'] // 1000}.{step['milliseconds'] % 1000:03}"
