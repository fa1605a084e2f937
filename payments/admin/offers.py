"""The page of an offer with what routing would choose for it now, and the rebills that a sale of today would bring."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from orders.admin.offers import OfferAdmin
from orders.models import Offer
from payments.previews import rebills_of_offer
from payments.routing import route_offers


@admin.register(Offer)
class MerchantOfferAdmin(OfferAdmin):
    change_form_template = "admin/payments/offer/change_form.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        offer = self.get_object(request, object_id)
        if isinstance(offer, Offer):
            extra |= {
                "route": route_offers(offer.campaign, [offer], offer.price),
                "coming": rebills_of_offer(offer),
                "currency": offer.campaign.currency,
            }
        return super().change_view(request, object_id, form_url, extra)
