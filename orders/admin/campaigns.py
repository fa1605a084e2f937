"""Campaigns with their offers, gateways and coupons. `payments` registers the admin: it knows what still bills."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look
from gateways.models import Gateway
from gateways.only_looking import ShowsMoney
from gateways.problems import RefusalsInForm
from orders.admin.assignments import CampaignGatewayInline
from orders.admin.campaign_pages import CampaignPages
from orders.admin.coupons import CouponInline
from orders.campaign_forms import CampaignForm
from orders.models import Campaign, Offer
from orders.offer_forms import OfferRow, OfferRows
from orders.services.campaigns import CampaignProblem, card_gateways, check_campaign, store_campaign


def on_sale_badge(active: bool) -> SafeString:
    return look.badge("active", "On sale") if active else look.badge("inactive", "Off")


class KeptCampaigns(admin.RelatedFieldListFilter):
    """Deleted campaigns are no choice of a filter any longer; their orders stay in the list."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        choices: list[tuple[str, Any]] = field.get_choices(
            include_blank=False, ordering=["name"], limit_choices_to={"deleted_at": None}
        )
        return choices


class StateFilter(admin.SimpleListFilter):
    """What was deleted shows here only."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", "On sale"), ("off", "Off"), ("deleted", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        if self.value() == "deleted":
            return queryset.exclude(deleted_at=None)
        kept = queryset.filter(deleted_at=None)
        return kept.filter(active=self.value() == "on") if self.value() else kept


class OfferInline(ShowsMoney, admin.TabularInline):  # type: ignore[type-arg]
    shown_as = {"price": "price_text"}
    model = Offer
    form = OfferRow
    formset = OfferRows
    fields = ["name", "sku", "price", "shippable", "active", "more"]
    readonly_fields = ["more"]
    extra = 0
    can_delete = False

    @admin.display(description="price")
    def price_text(self, offer: Offer) -> SafeString:
        return look.amount(offer.price, offer.campaign.currency)

    @admin.display(description="cycles, terms, gateways")
    def more(self, offer: Offer) -> SafeString:
        if not offer.pk:
            return format_html('<span class="muted">{}</span>', "Once it is saved")
        words = ("Recurring" if offer.is_recurring else "One-off") + (", upsell" if offer.is_upsell else "")
        return format_html('{} · <a href="{}">Open</a>', words, reverse("admin:orders_offer_change", args=[offer.pk]))

    def get_extra(self, request: HttpRequest, obj: Campaign | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class CampaignAdmin(CampaignPages, RefusalsInForm):
    form = CampaignForm
    refusals = (CampaignProblem,)
    change_form_template = "admin/orders/campaign/change_form.html"
    list_display = ["name", "kind_text", "mode_text", "currency", "offer_count", "cards_text", "state_text"]
    list_filter = ["kind", "mode", "currency", StateFilter]
    search_fields = ["name"]
    search_help_text = "Name"
    ordering = ["name"]
    show_full_result_count = False
    inlines = [OfferInline, CampaignGatewayInline, CouponInline]
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

    @admin.display(description="card payments", ordering="card_payments")
    def cards_text(self, campaign: Campaign) -> SafeString:
        return look.badge("active", "On") if campaign.card_payments else look.badge("inactive", "Off")

    @admin.display(description="state", ordering="active")
    def state_text(self, campaign: Campaign) -> SafeString:
        return look.badge("error", "Deleted") if campaign.deleted_at else on_sale_badge(campaign.active)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        on_sale = Count("offers", filter=Q(offers__active=True))
        campaigns: QuerySet[Campaign] = super().get_queryset(request).annotate(offers_on_sale=on_sale)
        return campaigns

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        return [
            ("Campaign", {"fields": ["name", "kind", ("mode", "currency"), "active"]}),
            ("Card payments", {"fields": ["card_payments"]}),
            (
                "Thank-you page",
                {"fields": ["thank_you_title", "thank_you_text", "thank_you_url"], "classes": ["collapse"]},
            ),
            (
                "Declined rebills",
                {"fields": ["retry_days", "attempts_per_card", "after_retries"], "classes": ["collapse"]},
            ),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new campaign sells in the money that the merchant's gateways take: live before test."""
        first = Gateway.objects.usable().order_by("mode", "-is_default", "pk").first()
        told = {"mode": first.mode, "currency": first.currency} if first else {}
        return {**told, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        """Prices are in the campaign's currency: once there are offers it stays."""
        return ["currency"] if obj and obj.offers.exists() else []

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """What is deleted keeps its settings until it is restored."""
        return super().has_change_permission(request, obj) and not (obj and obj.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.deleted_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        campaign = self.get_object(request, object_id)
        if isinstance(campaign, Campaign):
            extra |= self.panels(request, campaign)
            extra["lacks_gateway"] = not campaign.deleted_at and not card_gateways(campaign)
        return super().change_view(request, object_id, form_url, extra)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "campaigns", "empty_text": "A campaign is one way of selling: its offers, one currency."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        for label in store_campaign(obj):
            messages.warning(request, f"{label} is off now: {obj} takes no cards any longer.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        check_campaign(form.instance)
