"""Campaigns with their offers."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from gateways import look, money
from orders.forms import OfferForm, OfferRow, OfferRows
from orders.models import Campaign, Offer


def on_sale_badge(active: bool) -> SafeString:
    return look.badge("active", "On sale") if active else look.badge("inactive", "Off")


class OfferInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Offer
    form = OfferRow
    formset = OfferRows
    fields = ["name", "sku", "price", "shippable", "active"]
    extra = 0
    can_delete = False
    show_change_link = False

    def get_extra(self, request: HttpRequest, obj: Campaign | None = None, **kwargs: Any) -> int:
        return 0 if obj else 2


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "kind_text", "mode_text", "currency", "offer_count", "state_text"]
    list_filter = ["kind", "mode", "active", "currency"]
    search_fields = ["name"]
    search_help_text = "Name"
    show_full_result_count = False
    fields = ["name", "kind", "mode", "currency", "active"]
    inlines = [OfferInline]
    actions = None

    @admin.display(description="kind", ordering="kind")
    def kind_text(self, campaign: Campaign) -> str:
        return campaign.get_kind_display()

    @admin.display(description="mode", ordering="mode")
    def mode_text(self, campaign: Campaign) -> SafeString:
        return look.mode_badge(campaign.mode)

    @admin.display(description="offers on sale", ordering="offers_on_sale")
    def offer_count(self, campaign: Any) -> int:
        return int(campaign.offers_on_sale)

    @admin.display(description="state", ordering="active")
    def state_text(self, campaign: Campaign) -> SafeString:
        return on_sale_badge(campaign.active)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        on_sale = Count("offers", filter=Q(offers__active=True))
        campaigns: QuerySet[Campaign] = super().get_queryset(request).annotate(offers_on_sale=on_sale)
        return campaigns

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        """Prices are in the campaign's currency: once there are offers it stays."""
        return ["currency"] if obj and obj.offers.exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return False  # orders keep naming it: switch it off instead

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "campaigns", "empty_text": "A campaign is one way of selling: its offers, one currency."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = OfferForm
    list_display = ["name", "campaign", "sku", "price_text", "ships_text", "state_text"]
    list_filter = ["campaign", "active", "shippable"]
    list_select_related = ["campaign"]
    search_fields = ["name", "sku"]
    search_help_text = "Name or SKU"
    show_full_result_count = False
    ordering = ["campaign__name", "name"]
    fields = ["campaign", "name", "sku", "price", "shippable", "active"]
    actions = None

    @admin.display(description="price", ordering="price")
    def price_text(self, offer: Offer) -> SafeString:
        return look.amount(offer.price, offer.campaign.currency)

    @admin.display(description="ships", ordering="shippable")
    def ships_text(self, offer: Offer) -> str:
        return "Yes" if offer.shippable else "No"

    @admin.display(description="state", ordering="active")
    def state_text(self, offer: Offer) -> SafeString:
        return on_sale_badge(offer.active)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        return super().get_queryset(request).select_related("campaign")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Offer], search_term: str
    ) -> tuple[QuerySet[Offer], bool]:
        """Where an order chooses an offer, only those on sale are offered."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if request.path.endswith("/autocomplete/"):
            found = found.filter(active=True, campaign__active=True)
        return found, duplicates

    def choice_label(self, offer: Offer) -> str:
        """How a drop-down names it: the same name may stand in two campaigns, at two prices."""
        return f"{offer.name} · {money.pretty(offer.price, offer.campaign.currency)} · {offer.campaign}"

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[str]:
        return ["campaign"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return False  # order lines keep naming it: switch it off instead

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "offers", "empty_text": "An offer is a thing on sale in a campaign, with its price."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})
