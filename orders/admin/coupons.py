"""Coupons, as a list and as rows of their campaign."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from gateways import clock, look, money
from gateways.only_looking import ShowsMoney
from orders.campaign_forms import CouponForm, CouponRow, CouponRows
from orders.models import Campaign, Coupon


def takes_off(coupon: Coupon) -> str:
    """`$10.00` or `12.5 %`."""
    if coupon.amount is not None:
        return money.pretty(coupon.amount, coupon.campaign.currency)
    return look.percent(coupon.rate or 0)


def coupon_state(coupon: Coupon) -> SafeString:
    today = timezone.localdate(clock.now(), timezone.get_default_timezone())
    if not coupon.active:
        return look.badge("inactive", "Off")
    if coupon.most_uses is not None and coupon.uses >= coupon.most_uses:
        return look.badge("inactive", "Used up")
    if coupon.ends_on and coupon.ends_on < today:
        return look.badge("inactive", "Over")
    if coupon.starts_on and coupon.starts_on > today:
        return look.badge("info", "Not yet")
    return look.badge("active", "Counts")


class CouponColumns(ShowsMoney):
    """What coupons take off, for who may not type it."""

    shown_as = {"amount": "amount_text", "rate": "rate_text"}

    @admin.display(description="amount off")
    def amount_text(self, coupon: Coupon) -> SafeString:
        return look.amount(coupon.amount, coupon.campaign.currency)

    @admin.display(description="or % off")
    def rate_text(self, coupon: Coupon) -> str:
        return look.percent(coupon.rate) if coupon.rate else "–"


class CouponInline(CouponColumns, admin.TabularInline):  # type: ignore[type-arg]
    model = Coupon
    form = CouponRow
    formset = CouponRows
    fields = ["code", "amount", "rate", "starts_on", "ends_on", "most_uses", "uses", "active"]
    readonly_fields = ["uses"]
    about = "What customers type in to pay less. The last day counts as well."
    extra = 0
    can_delete = False


class UsableFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("counts", "Counts"), ("not", "Does not count")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> QuerySet[Coupon]:
        today = timezone.localdate(clock.now(), timezone.get_default_timezone())
        counts = (
            Q(active=True)
            & (Q(most_uses=None) | Q(uses__lt=F("most_uses")))
            & (Q(ends_on=None) | Q(ends_on__gte=today))
            & (Q(starts_on=None) | Q(starts_on__lte=today))
        )
        if self.value() == "counts":
            return queryset.filter(counts)
        return queryset.exclude(counts) if self.value() == "not" else queryset


@admin.register(Coupon)
class CouponAdmin(CouponColumns, admin.ModelAdmin):  # type: ignore[type-arg]
    form = CouponForm
    list_display = ["code", "campaign", "takes_off_text", "days_text", "uses_text", "state_text"]
    list_filter = [UsableFilter]
    search_fields = ["code"]
    search_help_text = "Code"
    list_select_related = ["campaign"]
    show_full_result_count = False
    fields = ["campaign", "code", ("amount", "rate"), ("starts_on", "ends_on"), "most_uses", "uses", "active"]
    readonly_fields = ["uses"]
    actions = None

    @admin.display(description="takes off")
    def takes_off_text(self, coupon: Coupon) -> str:
        return takes_off(coupon)

    @admin.display(description="days", ordering="ends_on")
    def days_text(self, coupon: Coupon) -> str:
        first, last = (f"{day:%-d %b %Y}" if day else "" for day in (coupon.starts_on, coupon.ends_on))
        if first and last:
            return f"{first} – {last}"
        return f"from {first}" if first else f"until {last}" if last else "any day"

    @admin.display(description="uses", ordering="uses")
    def uses_text(self, coupon: Coupon) -> str:
        return f"{coupon.uses} of {coupon.most_uses}" if coupon.most_uses is not None else str(coupon.uses)

    @admin.display(description="state")
    def state_text(self, coupon: Coupon) -> SafeString:
        return coupon_state(coupon)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        return super().get_queryset(request).select_related("campaign")

    def get_readonly_fields(self, request: HttpRequest, obj: Coupon | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["campaign"] if obj else [])]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "campaign":
            kwargs["queryset"] = Campaign.objects.kept()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Coupon | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.campaign.deleted_at)

    def has_delete_permission(self, request: HttpRequest, obj: Coupon | None = None) -> bool:
        return False  # orders name it: switch it off instead

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        empty = {"empty_icon": "coupons", "empty_text": "A coupon takes an amount or a share off an order's lines."}
        return super().changelist_view(request, {**empty, **(extra_context or {})})
