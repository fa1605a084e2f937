"""The pages of a campaign that know of payments: its checkout page, and what still bills once it is deleted."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from orders.admin.campaigns import CampaignAdmin
from orders.models import Campaign
from orders.services.campaigns import CampaignProblem
from payments.services.checkout import why_closed
from payments.services.still_billing import what_still_bills


@admin.register(Campaign)
class MerchantCampaignAdmin(CampaignAdmin):
    def what_still_bills(self, campaign: Campaign) -> list[str]:
        return what_still_bills(campaign)

    def panels(
        self, request: HttpRequest, campaign: Campaign, refused: CampaignProblem | None = None
    ) -> dict[str, Any]:
        address = settings.PUBLIC_URL + reverse("checkout:page", args=[campaign.slug])
        shown = {"checkout_url": address, "why_closed": why_closed(campaign)}
        return {**super().panels(request, campaign, refused), **shown}
