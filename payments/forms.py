"""The payment-entry form: gateway, amount, card, charge or authorize."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from gateways import clock, money, volume
from gateways.models import Gateway, Mode
from gateways.processors.test_cards import TEST_CARDS
from orders.models import Card, Order
from orders.services.vault import can_charge
from payments.services.balances import Balance


@dataclass(frozen=True)
class Method:
    """One way to pay, as the form offers it. `accounts` are the accounts that can charge it, `account/mode` each."""

    value: str
    label: str
    hint: str
    accounts: str
    group: str


class GatewaySelect(forms.Select):
    """Says to the page's script which account each gateway works on, and greys out foreign currencies."""

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.currency = currency

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        gateway = getattr(option["value"], "instance", None)
        if isinstance(gateway, Gateway):
            option["attrs"]["data-account"] = account_of(gateway)
            option["attrs"]["disabled"] = gateway.currency != self.currency
        return dict(option)


class GatewayChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        left = volume.room_left(obj, volume.month_of(obj, clock.now()))
        room = f" · {money.plain(left, obj.currency)} left this month" if left is not None else ""
        return f"{obj.name} · {obj.currency} · {obj.get_mode_display().lower()}{room}"


class PaymentEntryForm(forms.Form):
    """Validates what was typed; whether it may be charged is `enter_payment`'s to say, under the order's lock."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.CharField(max_length=20)
    capture = forms.ChoiceField(
        choices=[("now", "Charge now"), ("hold", "Authorize only")], widget=forms.RadioSelect, initial="now"
    )

    def __init__(self, order: Order, balance: Balance, data: Any = None) -> None:
        super().__init__(data, initial={"form_token": uuid.uuid4(), "amount": _plain(balance.due, order.currency)})
        self.order = order
        self.gateways = list(Gateway.objects.usable().order_by("-is_default", "name"))
        self.methods = _methods(order, self.gateways)
        self.fields["gateway"] = GatewayChoice(
            Gateway.objects.usable().order_by("-is_default", "name"),
            empty_label=None,
            widget=GatewaySelect(order.currency),
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

    @property
    def first_gateway(self) -> Gateway | None:
        """The default of the order's currency, else the first that takes it."""
        return next((gateway for gateway in self.gateways if gateway.currency == self.order.currency), None)

    def clean_amount(self) -> int:
        try:
            return money.parse_amount(self.cleaned_data["amount"], self.order.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def chosen_method(self) -> str:
        return self.data.get("method", "") if self.is_bound else (self.methods[0].value if self.methods else "")


def _plain(amount: int, currency: str) -> str:
    return money.plain(amount, currency).split()[0]


def account_of(thing: Gateway | Card) -> str:
    return f"{thing.account_id}/{thing.mode}"


def _methods(order: Order, gateways: Iterable[Gateway]) -> list[Method]:
    cards = Card.objects.filter(customer=order.customer_id)
    usable = [card for card in cards if any(can_charge(gateway, card) for gateway in gateways)]
    saved = [Method(f"card:{card.pk}", str(card), "", account_of(card), "Saved cards") for card in usable]
    accounts = " ".join(sorted({account_of(gateway) for gateway in gateways if gateway.mode == Mode.TEST}))
    tests = [
        Method(f"test:{card.reference}", card.label, card.hint, accounts, "Test cards")
        for card in TEST_CARDS
        if accounts
    ]
    return saved + tests
