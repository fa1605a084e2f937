"""The gateways of a campaign or of an offer, as rows of its form."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from gateways.models import Gateway
from orders.models import CampaignGateway, OfferGateway
from orders.offer_forms import AssignmentRow, AssignmentRows, GatewayChoice


class AssignmentInline(admin.TabularInline):  # type: ignore[type-arg]
    form = AssignmentRow
    formset = AssignmentRows
    fields = ["gateway", "priority", "weight"]
    verbose_name = "gateway"
    verbose_name_plural = "gateways"
    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "gateway":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        gateways = Gateway.objects.order_by("name")
        return super().formfield_for_foreignkey(
            db_field, request, form_class=GatewayChoice, queryset=gateways, **kwargs
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A gateway can be made in place; what is chosen already is changed on its own page."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "gateway":
            for shortcut in ("can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, shortcut, False)
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("gateway")


class CampaignGatewayInline(AssignmentInline):
    model = CampaignGateway
    about = (
        "They charge every offer that names none of its own: the lowest priority first, equals by weight. "
        "Without any, the default gateway does."
    )


class OfferGatewayInline(AssignmentInline):
    model = OfferGateway
    about = (
        "These alone charge this offer: the lowest priority first, equals by weight. Without any, the gateways of the "
        "campaign do, else the default gateway."
    )
