"""The admin's forms for what is sold and for sales orders. Amounts are typed as decimals."""

from typing import Any

from django import forms

from gateways.forms import MoneyFormField, MoneyModelForm
from gateways.problems import ShowsRefusal
from orders.models import Campaign, Offer, Order


class OfferForm(MoneyModelForm):
    """Stands alone, or as a row of its campaign: then the campaign is the row's parent and no field."""

    price = MoneyFormField(more_than_zero=True)

    class Meta:
        model = Offer
        fields = ["campaign", "name", "sku", "price", "shippable", "active"]

    def known_currency(self) -> str:
        return str(self.instance.campaign.currency) if self.instance.campaign_id else ""

    def currency_of_form(self) -> str:
        campaign = self.cleaned_data.get("campaign")
        return str(campaign.currency) if isinstance(campaign, Campaign) else self.known_currency()


class OfferRow(OfferForm):
    """A row in its campaign's form: the campaign may be unsaved, so the formset tells its currency."""

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        self.parent_currency = currency
        super().__init__(*args, **kwargs)

    def known_currency(self) -> str:
        return self.parent_currency

    def currency_of_form(self) -> str:
        return self.parent_currency


class OfferRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "currency": self.instance.currency}


class OrderForm(ShowsRefusal, MoneyModelForm):
    discount = MoneyFormField(required=False, empty=0)
    shipping = MoneyFormField(required=False, empty=0)
    tax = MoneyFormField(required=False, empty=0)

    class Meta:
        model = Order
        fields = ["customer", "campaign", "address", "discount", "shipping", "tax", "notes"]

    def known_currency(self) -> str:
        return str(self.instance.currency)

    def currency_of_form(self) -> str:
        campaign = self.cleaned_data.get("campaign")
        return str(campaign.currency) if isinstance(campaign, Campaign) else self.known_currency()

    def clean(self) -> Any:
        address, customer = self.cleaned_data.get("address"), self.cleaned_data.get("customer")
        if address and customer and address.customer_id != customer.pk:
            self.add_error("address", f"This address is not one of {customer}: choose another, or leave it empty.")
        return super().clean()
