"""Offers with their billing cycles and gateways. `payments` registers the admin: it knows how they are routed."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from gateways import look, money
from gateways.only_looking import ShowsMoney
from orders.admin.assignments import OfferGatewayInline
from orders.admin.campaigns import on_sale_badge
from orders.models import Campaign, Offer, OfferCycle
from orders.offer_forms import CycleRow, CycleRows, OfferForm
from orders.services.offers import why_cycle_2_is_close


class KeptCampaignFilter(admin.SimpleListFilter):
    """Offers of deleted campaigns stay out of the list."""

    title = "campaign"
    parameter_name = "campaign"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(campaign.pk), campaign.name) for campaign in Campaign.objects.kept()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        kept, chosen = queryset.filter(campaign__deleted_at=None), self.value() or ""
        return kept.filter(campaign_id=int(chosen)) if chosen.isascii() and chosen.isdecimal() else kept


class CycleInline(ShowsMoney, admin.TabularInline):  # type: ignore[type-arg]
    shown_as = {"price": "price_text"}
    model = OfferCycle
    form = CycleRow
    formset = CycleRows
    fields = ["number", "price", "every_count", "every_unit"]
    verbose_name_plural = "billing cycles"
    first_row = "admin/orders/offer/cycle_one.html"
    about = "Cycle 2 is the first rebill. Each is due so long after the one before."
    extra = 0

    @admin.display(description="price")
    def price_text(self, cycle: OfferCycle) -> SafeString:
        return look.amount(cycle.price, cycle.offer.campaign.currency)


class OfferAdmin(ShowsMoney, admin.ModelAdmin):  # type: ignore[type-arg]
    shown_as = {
        "price": "price_text",
        "deposit_amount": "deposit_text",
        "deposit_rate": "share_text",
        "cancellation_fee": "fee_text",
    }
    form = OfferForm
    change_form_template = "admin/orders/offer/change_form.html"
    list_display = ["name", "campaign", "sku", "kind_text", "price_text", "terms_text", "ships_text", "state_text"]
    list_filter = [KeptCampaignFilter, "kind", "active", "shippable"]
    list_select_related = ["campaign"]
    search_fields = ["name", "sku"]
    search_help_text = "Name or SKU"
    show_full_result_count = False
    ordering = ["campaign__name", "name"]
    fieldsets = [
        (
            "Offer",
            {"fields": ["campaign", "name", "sku", "kind", "price", "repeats", "shippable", "is_upsell", "active"]},
        ),
        ("Payment terms", {"fields": ["terms", ("deposit_amount", "deposit_rate"), "cancellation_fee"]}),
        ("Staff", {"fields": ["staff"], "classes": ["collapse"]}),
    ]
    inlines = [CycleInline, OfferGatewayInline]
    autocomplete_fields = ["staff"]
    actions = None

    @admin.display(description="kind", ordering="kind")
    def kind_text(self, offer: Offer) -> str:
        return offer.get_kind_display()

    @admin.display(description="price", ordering="price")
    def price_text(self, offer: Offer) -> SafeString:
        return look.amount(offer.price, offer.campaign.currency)

    @admin.display(description="deposit")
    def deposit_text(self, offer: Offer) -> SafeString:
        return look.amount(offer.deposit_amount, offer.campaign.currency)

    @admin.display(description="or a share of the price")
    def share_text(self, offer: Offer) -> str:
        return look.percent(offer.deposit_rate) if offer.deposit_rate else "–"

    @admin.display(description="cancellation fee")
    def fee_text(self, offer: Offer) -> SafeString:
        return look.amount(offer.cancellation_fee, offer.campaign.currency)

    @admin.display(description="payment", ordering="terms")
    def terms_text(self, offer: Offer) -> str:
        return {"full": "In full", "deposit": "Deposit", "later": "Later"}[offer.terms]

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
            found = found.filter(active=True, campaign__active=True, campaign__deleted_at=None)
        return found, duplicates

    def choice_label(self, offer: Offer) -> str:
        """How a drop-down names it: the same name may stand in two campaigns, at two prices."""
        return f"{offer.name} · {money.pretty(offer.price, offer.campaign.currency)} · {offer.campaign}"

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[str]:
        """What is billed stays recurring."""
        named: list[str] = super().get_readonly_fields(request, obj)
        if obj is None:
            return named
        return [*named, "campaign", *(["kind"] if obj.subscriptions.exists() else [])]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "campaign":
            kwargs["queryset"] = Campaign.objects.kept()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.campaign.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: Offer | None = None) -> bool:
        return False  # order lines keep naming it: switch it off instead

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = dict(extra_context or {})
        offer = self.get_object(request, object_id)
        if isinstance(offer, Offer):
            extra["billed"] = offer.subscriptions.filter(ended_at=None).count()
        return super().change_view(request, object_id, form_url, extra)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if why := why_cycle_2_is_close(form.instance):
            messages.warning(request, why)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "offers", "empty_text": "An offer is a thing on sale in a campaign, with its price."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})
