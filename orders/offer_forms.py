"""The admin's forms for what is sold: an offer, its billing cycles, and the gateways that may charge it."""

from typing import Any

from django import forms

from gateways import money
from gateways.forms import MoneyFormField, MoneyModelForm, PercentFormField
from gateways.models import Gateway
from orders.models import Campaign, Offer, OfferCycle
from orders.services.campaigns import why_unfit
from orders.services.shares import portion

CHARGED = ("price", "deposit_amount", "cancellation_fee")


class PricedForm(MoneyModelForm):
    """Of amounts that will be charged: each is at least what the currency allows (S3-10)."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name in CHARGED:
            amount = self.cleaned_data.get(name)
            if isinstance(amount, int) and amount and (why := too_little(amount, self.currency_of_form())):
                self.add_error(name, why)
        return self.cleaned_data


def too_little(amount: int, currency: str) -> str:
    try:
        money.check_chargeable(amount, currency)
    except money.MoneyError as error:
        return str(error)
    return ""


class OfferForm(PricedForm):
    """Stands alone, or as a row of its campaign: then the campaign is the row's parent and no field."""

    price = MoneyFormField(more_than_zero=True)
    deposit_amount = MoneyFormField(required=False, more_than_zero=True)
    deposit_rate = PercentFormField(empty=None, label="Or a share of the price", help_text="In percent, such as 20.")
    cancellation_fee = MoneyFormField(required=False, empty=0)

    class Meta:
        model = Offer
        fields = [
            *("campaign", "name", "sku", "kind", "price", "repeats", "shippable", "is_upsell", "active"),
            *("terms", "deposit_amount", "deposit_rate", "cancellation_fee", "staff"),
        ]

    def known_currency(self) -> str:
        return str(self.instance.campaign.currency) if self.instance.campaign_id else ""

    def currency_of_form(self) -> str:
        campaign = self.cleaned_data.get("campaign")
        return str(campaign.currency) if isinstance(campaign, Campaign) else self.known_currency()

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "terms" in self.fields:
            self._check_deposit()
            self._check_fee()
        return self.cleaned_data

    def _check_deposit(self) -> None:
        """What other terms leave of a deposit is forgotten, so that it does not come back by surprise."""
        if self.cleaned_data.get("terms") != Offer.Terms.DEPOSIT:
            for name in ("deposit_amount", "deposit_rate"):
                self.cleaned_data[name] = None
                self.errors.pop(name, None)
            return
        amount, rate = self.cleaned_data.get("deposit_amount"), self.cleaned_data.get("deposit_rate")
        if amount is not None and rate is not None:
            self.add_error("deposit_rate", "Give the deposit as an amount or as a share: empty one of the two.")
        elif amount is None and rate is None and not {"deposit_amount", "deposit_rate"} & set(self.errors):
            self.add_error("deposit_amount", "A deposit needs an amount, or a share below.")
        else:
            self._check_size(amount, rate)

    def _check_size(self, amount: int | None, rate: int | None) -> None:
        price, currency = self.cleaned_data.get("price"), self.currency_of_form()
        if not isinstance(price, int):
            return
        if amount is not None and amount >= price:
            self.add_error("deposit_amount", f"A deposit is less than the price, {money.plain(price, currency)}.")
        if rate is None:
            return
        if not 0 < rate < 10_000:
            self.add_error("deposit_rate", "Write a share of more than 0 % and less than 100 %.")
        elif why := too_little(portion(price, rate, 10_000, money.step(currency)), currency):
            self.add_error("deposit_rate", f"The deposit would be too small. {why}")

    def _check_fee(self) -> None:
        price, fee = self.cleaned_data.get("price"), self.cleaned_data.get("cancellation_fee")
        if isinstance(price, int) and isinstance(fee, int) and fee > price:
            most = money.plain(price, self.currency_of_form())
            self.add_error("cancellation_fee", f"A cancellation fee is at most the price, {most}.")


class RowForm(PricedForm):
    """A row in the form of a parent that may be unsaved: the formset tells the currency."""

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        self.parent_currency = currency
        super().__init__(*args, **kwargs)

    def known_currency(self) -> str:
        return self.parent_currency

    def currency_of_form(self) -> str:
        return self.parent_currency


class OfferRow(RowForm, OfferForm):
    """In its campaign's form: the deposit and the fee are on the offer's own page, and the price must leave room."""

    deposit_amount = deposit_rate = cancellation_fee = None  # type: ignore[assignment]

    def clean(self) -> dict[str, Any]:
        super().clean()
        price, offer = self.cleaned_data.get("price"), self.instance
        if isinstance(price, int) and (offer.cancellation_fee > price or (offer.deposit_amount or 0) >= price):
            self.add_error("price", "This is less than the offer's deposit or fee: change them on its own page first.")
        return self.cleaned_data


class OfferRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "currency": self.instance.currency}


class CycleRow(RowForm):
    number = forms.IntegerField(
        label="Cycle",
        min_value=2,
        max_value=999,
        error_messages={"min_value": "Cycle 1 is the sale, at the offer's price: rebills are numbered from 2."},
    )
    every_count = forms.IntegerField(label="Due after", min_value=1, max_value=999, initial=1)
    price = MoneyFormField(more_than_zero=True)

    class Meta:
        model = OfferCycle
        fields = ["number", "price", "every_count", "every_unit"]


class CycleRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Rebills are numbered from 2 without gaps."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        campaign = self.instance.campaign if self.instance.campaign_id else None
        return {**super().get_form_kwargs(index), "currency": campaign.currency if campaign else ""}

    def clean(self) -> None:
        super().clean()
        kept = [row for row in self.forms if row.cleaned_data.get("number") and not row.cleaned_data.get("DELETE")]
        if any(self.errors):
            return
        if not self.instance.is_recurring:
            if kept:
                raise forms.ValidationError(
                    "A one-off offer has no rebills: remove these rows, or choose Recurring as its kind."
                )
        elif not kept:
            raise forms.ValidationError("A recurring offer needs cycle 2, its first rebill: add a row for it.")
        else:
            _check_numbers(kept)


def _check_numbers(rows: list[Any]) -> None:
    for wanted, row in enumerate(sorted(rows, key=lambda row: row.cleaned_data["number"]), start=2):
        number = row.cleaned_data["number"]
        if number > wanted:
            row.add_error("number", f"Cycle {wanted} is missing before cycle {number}: number this row {wanted}.")
        if number != wanted:
            return


class GatewayChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        state = "" if obj.is_usable else " · paused" if obj.active else " · switched off"
        return f"{obj.name} · {obj.currency} · {obj.get_mode_display().lower()}{state}"


class AssignmentRow(forms.ModelForm):  # type: ignore[type-arg]
    """A gateway with priority and weight. It offers what fits the campaign, and says why another one does not (D6)."""

    def __init__(self, *args: Any, campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        field = self.fields.get("gateway")
        if isinstance(field, GatewayChoice) and field.queryset is not None and campaign is not None:
            fitting = [one for one in field.queryset if not why_unfit(one, campaign) or one.pk == self._chosen_pk()]
            field.widget.choices = [("", "---------"), *((one.pk, field.label_from_instance(one)) for one in fitting)]

    def _chosen_pk(self) -> int | None:
        typed = str(self["gateway"].value() or "")
        return int(typed) if typed.isascii() and typed.isdecimal() else None

    def clean_gateway(self) -> Gateway:
        gateway: Gateway = self.cleaned_data["gateway"]
        if self.campaign is not None and (why := why_unfit(gateway, self.campaign)):
            raise forms.ValidationError(why)
        return gateway


class AssignmentRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Of an offer or of a campaign, which may be unsaved."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        parent = self.instance
        campaign = parent if isinstance(parent, Campaign) else parent.campaign if parent.campaign_id else None
        return {**super().get_form_kwargs(index), "campaign": campaign}
