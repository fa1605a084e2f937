"""The kill switch's two deeds, each on a page of its own: stop, and, after a dry run, release."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from gateways.models import SECRETS, Gateway
from orders.models import Campaign
from payments.actors import operator
from payments.admin.payments import GATEWAY_SECRETS
from payments.models import ChargeStop, Payment, Status
from payments.services.held import held_by, held_rebills, payments_in_words, released_by, sums_of, totals_of
from payments.services.rebook import late_payments
from payments.services.stops import StopRefused, others, release, stop_charging
from payments.services.withdraw import withdraw_all
from payments.states import IN_FLIGHT
from payments.tasks import enqueue_charges

SHOWN = 20
MOST_WITHDRAWN = 500  # in one request
Scope = ChargeStop.Scope


class StopForm(forms.Form):
    scope = forms.ChoiceField(choices=Scope.choices, widget=forms.RadioSelect, initial=Scope.EVERYTHING)
    campaign = forms.ModelChoiceField(Campaign.objects.order_by("name"), required=False, empty_label="Choose …")
    gateway = forms.ModelChoiceField(
        Gateway.objects.defer(*SECRETS).order_by("name"), required=False, empty_label="Choose …"
    )
    reason = forms.CharField(
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say why: whoever comes to release it must know."},
    )
    confirmed = forms.BooleanField(
        label="Yes, stop new charges now",
        error_messages={"required": "Tick this: from then on nothing new is charged."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        scope = cleaned.get("scope")
        for name in (Scope.CAMPAIGN.value, Scope.GATEWAY.value):
            if scope != name:
                cleaned[name] = None
            elif not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"Choose the {name} to stop.")
        return cleaned


class StopPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who may add a stop may stop; who may change one may release it."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("stop/", wrap(self.stop_view), name="payments_chargestop_stop"),
            path("<int:pk>/release/", wrap(self.release_view), name="payments_chargestop_release"),
            path("<int:pk>/withdraw/", wrap(self.withdraw_view), name="payments_chargestop_withdraw"),
            *super().get_urls(),
        ]

    def stop_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("payments.add_chargestop"):
            raise PermissionDenied
        form = StopForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and self._stop(request, form):
            return _list()
        flying = Payment.objects.filter(status__in=IN_FLIGHT - {Status.PENDING}).count()
        context = {
            "form": form,
            "waiting": totals_of(sums_of(Payment.objects.filter(status=Status.PENDING))),
            "flying": payments_in_words(flying) if flying else "",
        }
        return self._page(request, "stop.html", "Stop charging", context, status=400 if form.errors else 200)

    def _stop(self, request: HttpRequest, form: StopForm) -> bool:
        typed = form.cleaned_data
        target = {"campaign": typed["campaign"], "gateway": typed["gateway"]}
        try:
            stop = stop_charging(typed["reason"], operator(request.user), **target)
        except StopRefused as refusal:
            form.add_error(refusal.field, refusal.message)
            return False
        self.log_addition(request, stop, f"Charging of {stop.what} stopped.")
        messages.success(request, f"Charging of {stop.what} is stopped.")
        return True

    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET is the dry run; POST releases, once, however often it is pressed."""
        stop = self._stop_to_release(request, pk)
        if request.method == "POST":
            self._release(request, stop)
            return _list()
        return self._page(request, "release.html", f"Release {stop.what}?", {"stop": stop, **dry_run(stop)})

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a release would charge is not charged at all. The stop stays."""
        stop = self._stop_to_release(request, pk)
        if not request.user.has_perm("payments.change_payment"):
            raise PermissionDenied
        page = HttpResponseRedirect(reverse("admin:payments_chargestop_release", args=[pk]))
        if request.method != "POST" or not stop.is_active:
            return page
        rows = released_by(stop, but_for=others(stop)).order_by("pk").values_list("pk", flat=True)
        done = withdraw_all(rows[:MOST_WITHDRAWN], operator(request.user))
        self.log_change(request, stop, f"Withdrew {payments_in_words(done)} that waited.")
        rest = " Press again for the others." if rows.exists() else ""
        messages.success(request, f"{payments_in_words(done).capitalize()} withdrawn: nothing was charged.{rest}")
        return page

    def _stop_to_release(self, request: HttpRequest, pk: int) -> ChargeStop:
        if not request.user.has_perm("payments.change_chargestop"):
            raise PermissionDenied
        stop = ChargeStop.objects.select_related("campaign", "gateway").filter(pk=pk).first()
        if stop is None:
            raise Http404("no such stop")
        return stop

    def _release(self, request: HttpRequest, stop: ChargeStop) -> None:
        waiting = release(stop.pk, operator(request.user))
        if waiting is None:
            messages.info(request, f"Charging of {stop.what} was released already: nothing was done again.")
            return
        enqueue_charges(waiting)
        count = payments_in_words(len(waiting))
        self.log_change(request, stop, f"Charging of {stop.what} released; {count} waited for it.")
        told = f" Charging {count} now." if waiting else ""
        messages.success(request, f"Charging of {stop.what} is released.{told}")

    def _page(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        everything = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return render(request, f"admin/payments/chargestop/{template}", everything, status=status)


def dry_run(stop: ChargeStop) -> dict[str, Any]:
    """What a release would charge, and what would go on waiting for another one."""
    rows = released_by(stop, but_for=others(stop))
    sums = sums_of(rows)
    count = sum(one.count for one in sums)
    late = len(late_payments(rows))
    first = rows.select_related("gateway", "order__customer").defer("draft", *GATEWAY_SECRETS)
    return {
        "sums": sums,
        "totals": totals_of(sums),
        "count": payments_in_words(count),
        "first": list(first.order_by("pk")[:SHOWN]),
        "more": max(0, count - SHOWN),
        "held_on": held_by(stop).count() - count,
        "late": payments_in_words(late) if late else "",
        "rebills": held_rebills(stop),
    }


def _list() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:payments_chargestop_changelist"))
