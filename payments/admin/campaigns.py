"""The pages of a campaign that know of payments: what still bills once it is deleted."""

from django.contrib import admin

from orders.admin.campaigns import CampaignAdmin
from orders.models import Campaign
from payments.services.still_billing import what_still_bills


@admin.register(Campaign)
class MerchantCampaignAdmin(CampaignAdmin):
    def what_still_bills(self, campaign: Campaign) -> list[str]:
        return what_still_bills(campaign)
