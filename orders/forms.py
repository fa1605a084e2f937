"""The admin's forms of sales orders. Amounts are typed as decimals."""

from typing import Any

from django import forms

from gateways.forms import MoneyFormField, MoneyModelForm
from gateways.problems import ShowsRefusal
from orders.models import Campaign, Coupon, Customer, Order
from orders.services.coupons import find_coupon
from orders.services.problems import OrderProblem


class OrderForm(ShowsRefusal, MoneyModelForm):
    coupon_code = forms.CharField(
        label="Coupon", required=False, max_length=32, help_text="Its code. It gives the discount by itself."
    )
    discount = MoneyFormField(required=False, empty=0)
    shipping = MoneyFormField(required=False, empty=0)
    tax = MoneyFormField(required=False, empty=0)

    class Meta:
        model = Order
        fields = ["customer", "campaign", "address", "discount", "discount_reason", "shipping", "tax", "notes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coupon: Coupon | None = self.instance.coupon
        if self.coupon:
            self.initial["coupon_code"] = self.coupon.code

    def known_currency(self) -> str:
        return str(self.instance.currency)

    def currency_of_form(self) -> str:
        campaign = self._campaign()
        return str(campaign.currency) if campaign else self.known_currency()

    def _campaign(self) -> Campaign | None:
        campaign = self.cleaned_data.get("campaign", self.instance.campaign if self.instance.pk else None)
        return campaign if isinstance(campaign, Campaign) else None

    def clean(self) -> Any:
        cleaned = super().clean()
        address, customer = self.cleaned_data.get("address"), self.cleaned_data.get("customer", self._customer())
        if address and customer and address.customer_id != customer.pk:
            self.add_error("address", f"This address is not one of {customer}: choose another, or leave it empty.")
        if "discount_reason" in self.fields:  # else nothing of this can be typed
            self._read_discount()
        return cleaned

    def _customer(self) -> Customer | None:
        return self.instance.customer if self.instance.pk else None

    def _read_discount(self) -> None:
        """A coupon gives the discount; another one is typed, with its reason."""
        code, campaign = self.cleaned_data.get("coupon_code", ""), self._campaign()
        is_typed = "discount" in self.changed_data
        self.coupon = self._coupon(code, campaign) if code and campaign else None
        if not code and not is_typed and self.instance.coupon:
            self.cleaned_data["discount"] = 0  # it was the coupon's
        discount = self.cleaned_data.get("discount") or 0
        if code and discount and is_typed:
            self.add_error("discount", "The coupon gives the discount: leave this empty, or take the coupon away.")
        if not code and discount and not self.cleaned_data.get("discount_reason"):
            self.add_error("discount_reason", "Say why there is a discount, or take it away.")

    def _coupon(self, code: str, campaign: Campaign) -> Coupon | None:
        try:
            return find_coupon(campaign, code)
        except OrderProblem as problem:
            self.add_error(problem.field, problem.message)
            return None
