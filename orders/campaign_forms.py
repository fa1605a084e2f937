"""The admin's forms of a campaign and of its coupons."""

import re
from typing import Any

from django import forms

from gateways.forms import MoneyFormField, MoneyModelForm, PercentFormField
from gateways.problems import ShowsRefusal
from orders.models import Campaign, Coupon

CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]*")


class CampaignForm(ShowsRefusal, forms.ModelForm):  # type: ignore[type-arg]
    thank_you_url = forms.URLField(
        label="Thank-you address",
        required=False,
        assume_scheme="https",
        help_text="A page of your own to go on to. Empty: Midway's thank-you page.",
    )

    class Meta:
        model = Campaign
        fields = [
            *("name", "kind", "mode", "currency", "active", "card_payments"),
            *("thank_you_title", "thank_you_text", "thank_you_url"),
            *("retry_days", "attempts_per_card", "after_retries"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "currency" in self.fields:
            self.fields["currency"].widget.attrs |= {"autocapitalize": "characters", "spellcheck": "false"}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class CouponForm(MoneyModelForm):
    amount = MoneyFormField(required=False, more_than_zero=True, label="Amount off")
    rate = PercentFormField(empty=None, label="Or % off", help_text="In percent, such as 10.")

    class Meta:
        model = Coupon
        fields = ["campaign", "code", "amount", "rate", "starts_on", "ends_on", "most_uses", "active"]
        widgets = {name: forms.DateInput({"type": "date"}, format="%Y-%m-%d") for name in ("starts_on", "ends_on")}

    def known_currency(self) -> str:
        return str(self.instance.campaign.currency) if self.instance.campaign_id else ""

    def currency_of_form(self) -> str:
        campaign = self.cleaned_data.get("campaign")
        return str(campaign.currency) if isinstance(campaign, Campaign) else self.known_currency()

    def clean_code(self) -> str:
        """Kept in capitals, so that customers may type it as they like."""
        code = str(self.cleaned_data["code"]).strip().upper()
        if not CODE.fullmatch(code):
            raise forms.ValidationError("Write letters, digits and . _ - only, such as WELCOME10.")
        return code

    def clean_most_uses(self) -> int | None:
        most: int | None = self.cleaned_data["most_uses"]
        if most is not None and most < max(1, self.instance.uses):
            used = f"It was used {self.instance.uses} times: write at least that" if self.instance.uses else "Write 1"
            raise forms.ValidationError(f"{used} or more, or leave it empty.")
        return most

    def clean(self) -> dict[str, Any]:
        super().clean()
        amount, rate = self.cleaned_data.get("amount"), self.cleaned_data.get("rate")
        if not {"amount", "rate"} & set(self.errors) and (amount is None) == (rate is None):
            self.add_error("amount", "Give an amount off or a share off: one of the two.")
        elif rate == 0:
            self.add_error("rate", "Write a share above zero, or an amount off instead.")
        return self.cleaned_data


class CouponRow(CouponForm):
    """In its campaign's form: the campaign may be unsaved, so the formset tells its currency."""

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        self.parent_currency = currency
        super().__init__(*args, **kwargs)

    def known_currency(self) -> str:
        return self.parent_currency

    def currency_of_form(self) -> str:
        return self.parent_currency


class CouponRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "currency": self.instance.currency}
