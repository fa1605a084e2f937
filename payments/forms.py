"""The payment-entry form: gateway, amount, how it is paid, charge or authorize."""

import uuid
from functools import cached_property
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from gateways import clock, money, volume
from gateways.caps import mark_in_choice
from gateways.models import Gateway
from gateways.processors.raw_cards import CardRefused, RawCard, TypedCard, read_card
from orders.models import Order
from payments.methods import NUMBER, Method, methods_of
from payments.routing import first_choice
from payments.services.balances import Balance
from payments.services.entry import Typed
from payments.services.reserve import misfit


class GatewaySelect(forms.Select):
    """Says to the page's script which gateways cannot hold money, and greys out what cannot take this order's."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        gateway = getattr(option["value"], "instance", None)
        if isinstance(gateway, Gateway):
            option["attrs"]["data-holds"] = "yes" if gateway.kind.can_hold else "no"
            option["attrs"]["disabled"] = bool(misfit(gateway, self.order))
        return dict(option)


class GatewayChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        left = volume.room_left(obj, volume.month_of(obj, clock.now()))
        room = f" · {money.plain(left, obj.currency)} left this month" if left is not None else ""
        room += mark_in_choice(obj, left)
        return f"{obj.name} · {obj.currency} · {obj.get_mode_display().lower()}{room}"


def _forgetful(longest: int) -> forms.TextInput:
    """An input that browsers neither fill in nor keep."""
    attrs = {"autocomplete": "off", "inputmode": "numeric", "maxlength": longest, "spellcheck": "false"}
    return forms.TextInput(attrs=attrs)


class PaymentEntryForm(forms.Form):
    """Validates what was typed; whether it may be charged is `enter_payment`'s to say, under the order's lock."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(max_length=20)
    capture = forms.ChoiceField(
        choices=[("now", "Charge now"), ("hold", "Authorize only")], widget=forms.RadioSelect, initial="now"
    )
    receipt = forms.CharField(
        required=False,
        max_length=40,
        validators=[RegexValidator(r"^[\w ./#-]*\Z", "A receipt number has letters, digits, spaces and . / # - only.")],
    )
    # These stay empty here for ever: what is typed there leaves the request before any form sees it.
    card_number = forms.CharField(required=False, widget=_forgetful(23))
    card_expiry = forms.CharField(required=False, widget=_forgetful(9))
    card_cvc = forms.CharField(required=False, widget=_forgetful(4))

    def __init__(self, order: Order, balance: Balance, data: Any = None, typed_card: TypedCard | None = None) -> None:
        super().__init__(data, initial={"form_token": uuid.uuid4(), "amount": _plain(balance.due, order.currency)})
        self.order = order
        self.due = balance.due
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
        return first_choice(self.order, self.due, self.gateways)

    def clean_amount(self) -> int:
        try:
            return money.parse_amount(self.cleaned_data["amount"], self.order.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        gateway, by_number = cleaned.get("gateway"), cleaned.get("method") == NUMBER
        card = None
        if by_number and gateway and not gateway.kind.takes_card_numbers:
            self.add_error("method", f"{gateway} takes no card numbers: choose a saved card.")
        elif by_number:
            card = self._read_card(self._typed_card or TypedCard("", "", ""))
        self.typed = Typed(card, cleaned.get("receipt", ""))
        return cleaned

    def _read_card(self, typed: TypedCard) -> RawCard | None:
        try:
            return read_card(typed, clock.now().date())
        except CardRefused as refusal:
            for field, problem in refusal.problems.items():
                self.add_error(f"card_{field}", problem)
            return None

    @property
    def takes_numbers(self) -> bool:
        return any(method.value == NUMBER for method in self.methods)

    @property
    def takes_receipts(self) -> bool:
        return any(method.needs == "receipt" for method in self.methods)

    @property
    def chosen_method(self) -> str:
        return self.data.get("method", "") if self.is_bound else (self.methods[0].value if self.methods else "")


def _plain(amount: int, currency: str) -> str:
    return money.plain(amount, currency).split()[0]
