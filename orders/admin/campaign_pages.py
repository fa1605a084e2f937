"""What is done to a campaign with a button: online switches that save themselves, delete, restore."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from orders.models import Campaign
from orders.services.campaign_end import (
    AT_ONCE,
    ask_for_cancelling,
    cancel_subscriptions_of,
    still_billed,
)
from orders.services.campaigns import (
    SWITCHES,
    CampaignProblem,
    card_gateways,
    delete_campaign,
    restore_campaign,
    switch,
)

ABOUT = {
    "checkout_on": "Customers choose an offer and pay on this campaign's own checkout page.",
    "pay_links_on": "Operators can send a customer a link that pays an order.",
}


class CampaignPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """For the admin of campaigns: a page under each for every button."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/switch/<str:name>/", wrap(self.switch_view), name="orders_campaign_switch"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name="orders_campaign_cancel"),
            path("<int:pk>/restore/", wrap(self.restore_view), name="orders_campaign_restore"),
            *super().get_urls(),
        ]

    def what_still_bills(self, campaign: Campaign) -> list[str]:
        """One sentence for each thing that goes on after it is deleted; `payments` knows them."""
        return []

    def panels(
        self, request: HttpRequest, campaign: Campaign, refused: CampaignProblem | None = None
    ) -> dict[str, Any]:
        rows = [
            {
                "name": name,
                "label": label,
                "about": ABOUT[name],
                "on": getattr(campaign, name),
                "refused": refused.message if refused and refused.field == name else "",
            }
            for name, label in SWITCHES.items()
        ]
        return {
            "switches": rows,
            "may_switch": self.has_change_permission(request, campaign),
            "may_restore": self.has_delete_permission(request),
            "may_cancel": self.has_delete_permission(request) and request.user.has_perm("orders.change_subscription"),
            "billed": still_billed(campaign) if campaign.deleted_at else 0,
        }

    def switch_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Turns one switch, and nothing else of the form. Without a script the page comes again."""
        campaign = self._campaign(request, pk)
        if name not in SWITCHES:
            raise Http404("no such switch")
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(_page(campaign))
        on, refused = request.POST.get("on") == "yes", None
        try:
            campaign = switch(pk, name, on=on)
            told = f"{SWITCHES[name]} is {'on' if on else 'off'}. Saved."
            self.log_change(request, campaign, f"{SWITCHES[name]} switched {'on' if on else 'off'}.")
        except CampaignProblem as problem:
            refused, told = problem, problem.message
        if request.headers.get("HX-Request") == "true":
            context = {"original": campaign, "told": told, **self.panels(request, campaign, refused)}
            return render(request, "admin/orders/campaign/switches.html", context)
        (messages.error if refused else messages.success)(request, told)
        return HttpResponseRedirect(_page(campaign))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Takes it out of lists, choices and reports; nothing is lost."""
        campaign = self._campaign(request, object_id)
        if not self.has_delete_permission(request):
            raise PermissionDenied
        may_cancel = request.user.has_perm("orders.change_subscription")
        if request.method != "POST":
            billed = still_billed(campaign) if may_cancel else 0
            bills = self.what_still_bills(campaign)
            context = {"campaign": campaign, "bills": bills, "billed": billed, **(extra_context or {})}
            return self._show(request, "delete.html", title=f"Delete {campaign}?", **context)
        cancel_by = request.user.get_username() if may_cancel and request.POST.get("cancel") == "yes" else ""
        if delete_campaign(campaign.pk, cancel_by=cancel_by):
            self.log_change(request, campaign, "Deleted.")
            messages.success(request, f"{campaign} is deleted. Under the filter “Deleted” it can be restored.")
            if cancel_by:
                self._cancel_now(request, campaign)
        else:
            messages.info(request, f"{campaign} was deleted before.")
        return HttpResponseRedirect(reverse("admin:orders_campaign_changelist"))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The subscriptions of a campaign that was deleted without them."""
        campaign = self._campaign(request, pk)
        if not (self.has_delete_permission(request) and request.user.has_perm("orders.change_subscription")):
            raise PermissionDenied
        if request.method == "POST" and ask_for_cancelling(pk, request.user.get_username()):
            self._cancel_now(request, campaign)
        return HttpResponseRedirect(_page(campaign))

    def _cancel_now(self, request: HttpRequest, campaign: Campaign) -> None:
        billed = still_billed(campaign)
        if billed > AT_ONCE:
            messages.info(
                request, f"Its {billed} subscriptions are being cancelled: this page tells how many are left."
            )
        elif done := cancel_subscriptions_of(campaign.pk):
            messages.success(request, f"{done} subscription{'' if done == 1 else 's'} of it cancelled.")
        self.log_change(request, campaign, f"Subscriptions to be cancelled: {billed}.")

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self._campaign(request, pk)
        if not self.has_delete_permission(request):
            raise PermissionDenied
        if request.method == "POST" and restore_campaign(pk):
            self.log_change(request, campaign, "Restored.")
            messages.success(request, f"{campaign} is back, with the settings that it had.")
            if campaign.card_payments and not card_gateways(campaign):
                messages.warning(request, f"No active gateway can take cards for {campaign} at present: assign one.")
        return HttpResponseRedirect(_page(campaign))

    def _campaign(self, request: HttpRequest, pk: int | str) -> Campaign:
        campaign = self.get_object(request, str(pk))
        if not isinstance(campaign, Campaign):
            raise Http404("no such campaign")
        return campaign

    def _show(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        everything = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return render(request, f"admin/orders/campaign/{template}", everything)


def _page(campaign: Campaign) -> str:
    return reverse("admin:orders_campaign_change", args=[campaign.pk])
