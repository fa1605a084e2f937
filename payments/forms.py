"""The payment-entry form: gateway, amount, how it is paid, charge or authorize."""

import uuid
from functools import cached_property
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from gateways import clock, money
from gateways.models import Gateway
from gateways.processors.raw_cards import CardRefused, RawCard, TypedCard, read_card
from payments.entry_document import Document
from payments.gateway_choice import GatewayChoice, GatewaySelect
from payments.methods import NEW, NUMBER, Method, methods_of
from payments.new_card import CardForm, NewCardFields
from payments.routing import first_choice
from payments.services.entry import Typed


def _forgetful(longest: int) -> forms.TextInput:
    """An input that browsers neither fill in nor keep."""
    attrs = {"autocomplete": "off", "inputmode": "numeric", "maxlength": longest, "spellcheck": "false"}
    return forms.TextInput(attrs=attrs)


class PaymentEntryForm(NewCardFields):
    """Validates what was typed; whether it may be charged is `enter_payment`'s to say, under the order's lock."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(max_length=20)
    capture = forms.ChoiceField(
        choices=[("now", "Charge now"), ("hold", "Authorize only")], widget=forms.RadioSelect, initial="now"
    )
    save_card = forms.BooleanField(required=False)
    moto = forms.BooleanField(required=False, initial=True)
    receipt = forms.CharField(
        required=False,
        max_length=40,
        validators=[RegexValidator(r"^[\w ./#-]*\Z", "A receipt number has letters, digits, spaces and . / # - only.")],
    )
    # These stay empty here for ever: what is typed there leaves the request before any form sees it.
    card_number = forms.CharField(required=False, widget=_forgetful(23))
    card_expiry = forms.CharField(required=False, widget=_forgetful(9))
    card_cvc = forms.CharField(required=False, widget=_forgetful(4))

    def __init__(self, document: Document, data: Any = None, typed_card: TypedCard | None = None) -> None:
        order = document.order
        amount = money.plain(document.proposed, order.currency).split()[0]
        super().__init__(data, initial={"form_token": uuid.uuid4(), "amount": amount, "moto": True})
        self.document = document
        self.order = order
        self.typed = Typed()
        self._typed_card = typed_card
        usable = Gateway.objects.usable().order_by("-is_default", "name")
        self.gateways = list(usable)
        self.methods: list[Method] = methods_of(order, self.gateways)
        self.fields["gateway"] = GatewayChoice(
            usable,
            empty_label=None,
            widget=GatewaySelect(order),
            error_messages={"invalid_choice": "This gateway is not active: choose one from the list."},
        )
        self.fields["gateway"].initial = self.first_gateway
        self.fields["method"] = forms.ChoiceField(
            choices=[(method.value, method.label) for method in self.methods],
            error_messages={
                "required": "Choose a card.",
                "invalid_choice": "This card cannot be used on this order: choose one from the list.",
            },
        )

    @cached_property
    def first_gateway(self) -> Gateway | None:
        return first_choice(self.order, self.document.due, self.gateways)

    @property
    def card_form(self) -> CardForm | None:
        """Stripe's form; the script fits it to the gateway that is chosen."""
        gateway = self.first_gateway
        if gateway is None or not any(method.value == NEW for method in self.methods):
            return None
        return CardForm(gateway, amount=self.document.due or 1, currency=self.order.currency)

    def clean_amount(self) -> int:
        try:
            return money.parse_amount(self.cleaned_data["amount"], self.order.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        method = cleaned.get("method", "")
        if method == NEW:
            self.need_new_card()
        self.typed = Typed(
            card=self._card(cleaned) if method == NUMBER else None,
            receipt=cleaned.get("receipt", ""),
            token=cleaned.get("confirmation_token", "") if method == NEW else "",
            save=cleaned.get("save_card", False),
            moto=cleaned.get("moto", False),
        )
        return cleaned

    def _card(self, cleaned: dict[str, Any]) -> RawCard | None:
        gateway = cleaned.get("gateway")
        if gateway and not gateway.kind.takes_card_numbers:
            self.add_error("method", f"{gateway} takes no card numbers: choose a saved card.")
            return None
        try:
            return read_card(self._typed_card or TypedCard("", "", ""), clock.now().date())
        except CardRefused as refusal:
            for field, problem in refusal.problems.items():
                self.add_error(f"card_{field}", problem)
            return None

    @property
    def takes_numbers(self) -> bool:
        return any(method.value == NUMBER for method in self.methods)

    @property
    def takes_receipts(self) -> bool:
        return any("receipt" in method.needs.split() for method in self.methods)

    @property
    def keeps_cards(self) -> bool:
        """Is there a way to pay whose card can be kept?"""
        return any("save" in method.needs.split() for method in self.methods)

    @property
    def chosen_method(self) -> str:
        if self.is_bound:
            return str(self.data.get("method", ""))
        gateway = self.first_gateway
        return next((method.value for method in self.methods if gateway and method.fits(gateway)), "")

    @property
    def chosen_needs(self) -> list[str]:
        """The fields that go with the chosen method, for a page without a script."""
        return next((method.needs.split() for method in self.methods if method.value == self.chosen_method), [])
