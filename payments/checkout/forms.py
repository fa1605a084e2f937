"""What a customer types on a checkout page. No amount is read from it: what was shown is compared, never charged."""

import re
import secrets
import uuid
from typing import Any

from django import forms
from django.core import signing
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gateways.models import Gateway
from orders.models import Campaign, Offer, Staff
from orders.services.customers import Buyer, Place
from orders.services.orders import NewLine
from payments.checkout.countries import countries
from payments.new_card import NewCardFields
from payments.services.checkout import MOST_OF_ONE, Basket, offers_on_sale

SALT = "checkout-gateway"
ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f]*\Z", _("Write it on one line."))
PLACE = ("line1", "line2", "city", "region", "postal_code", "country")


def new_token() -> str:
    return secrets.token_urlsafe(24)


def sign_gateway(gateway: Gateway | None) -> str:
    return signing.dumps(gateway.pk, salt=SALT) if gateway else ""


class OnlineForm(NewCardFields):
    """Brings a card, and says what its form was made for: a gateway, an amount, one press of the button."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    shown = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    gateway = forms.CharField(required=False, widget=forms.HiddenInput)
    radar_session = forms.CharField(
        required=False, max_length=255, validators=[RegexValidator(r"^rse_\w+\Z")], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.initial.setdefault("form_token", uuid.uuid4())

    def clean_gateway(self) -> Gateway | None:
        try:
            pk = signing.loads(self.cleaned_data["gateway"], salt=SALT)
        except signing.BadSignature:
            return None
        return Gateway.objects.filter(pk=pk).first()


class PayForm(OnlineForm):
    """Pays an order that is there already, with a new card or with the one that is kept for it."""

    card = forms.ChoiceField(required=False, choices=[("new", "new"), ("kept", "kept")])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.wants_kept_card:
            self.need_new_card()
        return cleaned

    @property
    def wants_kept_card(self) -> bool:
        return self.cleaned_data.get("card") == "kept"


class CheckoutForm(OnlineForm):
    """A campaign's offers, who buys, where it goes, and the card."""

    token = forms.CharField(max_length=64, validators=[RegexValidator(r"^[\w-]{32,64}\Z")], widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=120, validators=[ONE_LINE])
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=40,
        validators=[RegexValidator(r"^[0-9+()/. -]*\Z", _("A phone number has digits, spaces and + ( ) / . - only."))],
    )
    line1 = forms.CharField(label=_("Street and number"), max_length=120, validators=[ONE_LINE], required=False)
    line2 = forms.CharField(label=_("Second line"), max_length=120, validators=[ONE_LINE], required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, validators=[ONE_LINE], required=False)
    city = forms.CharField(label=_("City"), max_length=80, validators=[ONE_LINE], required=False)
    region = forms.CharField(label=_("State or region"), max_length=80, validators=[ONE_LINE], required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    coupon_code = forms.CharField(label=_("Coupon"), max_length=32, validators=[ONE_LINE], required=False)

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        offers = offers_on_sale(campaign).prefetch_related("staff")
        self.offers = list(offers.select_related("campaign"))
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"), required=False, choices=[("", _("Choose a country")), *countries()]
        )
        for place, offer in enumerate(self.offers):
            self._add_offer(offer, wanted=place == 0)
        for name, hints in AUTOCOMPLETE.items():
            self.fields[name].widget.attrs |= hints
        for name in self.fields:
            self.fields[name].widget.attrs["aria-describedby"] = f"errors-{name}"

    def _add_offer(self, offer: Offer, *, wanted: bool) -> None:
        self.fields[f"quantity_{offer.pk}"] = forms.IntegerField(
            label=_("Quantity"),
            min_value=0,
            max_value=MOST_OF_ONE,
            required=False,
            initial=1 if wanted else 0,
            widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "quantity"}),
        )
        people = [one for one in offer.staff.all() if one.active]
        if people:
            self.fields[f"staff_{offer.pk}"] = forms.ModelChoiceField(
                Staff.objects.filter(pk__in=[one.pk for one in people]),
                label=_("With whom"),
                required=False,
                empty_label=_("No preference"),
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For the template: each offer with its fields."""
        return [
            {
                "offer": offer,
                "quantity": self[f"quantity_{offer.pk}"],
                "staff": self[f"staff_{offer.pk}"] if f"staff_{offer.pk}" in self.fields else None,
            }
            for offer in self.offers
        ]

    # --- what was chosen ----------------------------------------------------------------------------------------

    def lines(self) -> tuple[NewLine, ...]:
        """As far as it can be read: a field that is wrong counts as empty. Before it is sent, its first choice."""
        return tuple(
            NewLine(offer, quantity, self._staff(offer)) for offer in self.offers if (quantity := self._quantity(offer))
        )

    def _quantity(self, offer: Offer) -> int:
        name = f"quantity_{offer.pk}"
        if not self.is_bound:
            return int(self.get_initial_for_field(self.fields[name], name) or 0)
        return int(self.cleaned_data.get(name) or 0)

    def _staff(self, offer: Offer) -> Staff | None:
        return self.cleaned_data.get(f"staff_{offer.pk}") if self.is_bound else None

    @property
    def basket(self) -> Basket:
        code = self.cleaned_data.get("coupon_code", "") if self.is_bound else ""
        return Basket(self.campaign, self.lines(), code)

    @property
    def ships(self) -> bool:
        return any(line.offer.shippable for line in self.lines())

    @property
    def may_ship(self) -> bool:
        return any(offer.shippable for offer in self.offers)

    @property
    def buyer(self) -> Buyer:
        given = self.cleaned_data
        return Buyer(given["name"], given["email"], given["phone"], get_language() or "")

    @property
    def place(self) -> Place | None:
        return Place(**{name: self.cleaned_data[name].strip() for name in PLACE}) if self.ships else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.ships:
            for name in ("line1", "city", "country"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, self.fields["name"].error_messages["required"])
        return cleaned


def _hints(**attrs: str) -> dict[str, str]:
    return attrs


AUTOCOMPLETE = {
    "name": _hints(autocomplete="name"),
    "email": _hints(autocomplete="email", inputmode="email"),
    "phone": _hints(autocomplete="tel", inputmode="tel"),
    "line1": _hints(autocomplete="address-line1"),
    "line2": _hints(autocomplete="address-line2"),
    "postal_code": _hints(autocomplete="postal-code"),
    "city": _hints(autocomplete="address-level2"),
    "region": _hints(autocomplete="address-level1"),
    "country": _hints(autocomplete="country"),
    "coupon_code": _hints(autocomplete="off", autocapitalize="characters", spellcheck="false"),
}

TOKEN = re.compile(r"[\w-]{32,64}")
