"""The forms of what a person can do with a subscription; each says what it will do, and calls one service."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from gateways import money
from gateways.forms import MoneyFormField
from gateways.models import SECRETS, Gateway
from orders.models import Card, Subscription
from orders.services import subscriptions as services
from orders.services.vault import can_charge


class Deed(forms.Form):
    """`do` is called with what was typed; raises SubscriptionProblem."""

    def __init__(self, subscription: Subscription, data: Any = None) -> None:
        super().__init__(data)
        self.subscription = subscription

    def do(self, actor: str) -> None:
        raise AssertionError("each deed has its own")


class PauseForm(Deed):
    def do(self, actor: str) -> None:
        services.pause(self.subscription, actor)


class ResumeForm(Deed):
    def do(self, actor: str) -> None:
        services.resume(self.subscription, actor)


class KeepForm(Deed):
    def do(self, actor: str) -> None:
        services.keep(self.subscription, actor)


class CancelForm(Deed):
    when = forms.ChoiceField(
        choices=[("end", "At the end of the period that is paid"), ("now", "At once")],
        widget=forms.RadioSelect,
        initial="end",
    )
    reason = forms.CharField(max_length=255, error_messages={"required": "Say why: it is kept with the subscription."})

    def do(self, actor: str) -> None:
        at_end = self.cleaned_data["when"] == "end"
        services.cancel(self.subscription, self.cleaned_data["reason"], actor, at_period_end=at_end)


class DateForm(Deed):
    date = forms.DateField(
        label="Next rebill on",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Write the day as 2027-01-31.", "required": "Choose a day."},
    )

    def do(self, actor: str) -> None:
        services.change_date(self.subscription, self.cleaned_data["date"], actor)


class PriceForm(Deed):
    price = MoneyFormField(required=False, more_than_zero=True)

    def clean_price(self) -> int | None:
        field = self.fields["price"]
        if not isinstance(field, MoneyFormField):
            raise TypeError("the price is an amount of money")
        try:
            return field.to_minor(self.cleaned_data["price"], self.subscription.offer.campaign.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(str(error)) from error

    def do(self, actor: str) -> None:
        services.change_price(self.subscription, self.cleaned_data["price"], actor)


class CardForm(Deed):
    card = forms.ModelChoiceField(
        Card.objects.none(), widget=forms.RadioSelect, empty_label=None, error_messages={"required": "Choose a card."}
    )

    def __init__(self, subscription: Subscription, data: Any = None) -> None:
        super().__init__(subscription, data)
        field = self.fields["card"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Card.objects.filter(customer=subscription.customer_id, blocked_at=None)

    def do(self, actor: str) -> None:
        services.change_card(self.subscription, self.cleaned_data["card"], actor)


class GatewayForm(Deed):
    """Only gateways that can charge the subscription's card are offered (D8)."""

    gateway = forms.ModelChoiceField(
        Gateway.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose a gateway."},
    )

    def __init__(self, subscription: Subscription, data: Any = None) -> None:
        super().__init__(subscription, data)
        field = self.fields["gateway"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Gateway.objects.filter(pk__in=[one.pk for one in fitting_gateways(subscription)])

    def do(self, actor: str) -> None:
        services.change_gateway(self.subscription, self.cleaned_data["gateway"], actor)


def fitting_gateways(subscription: Subscription) -> list[Gateway]:
    campaign, card = subscription.offer.campaign, subscription.card
    usable = Gateway.objects.usable().filter(mode=campaign.mode, currency=campaign.currency).defer(*SECRETS)
    return [one for one in usable if one.kind.takes_cards and (card is None or can_charge(one, card))]


class ForceBillForm(forms.Form):
    """`cycle` is the one that the page showed: a form that comes late bills no other."""

    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    cycle = forms.IntegerField(widget=forms.HiddenInput, min_value=2)


@dataclass(frozen=True)
class Action:
    """A page of its own: its question, what it means, and what its button says."""

    form: Callable[..., Deed]
    title: str
    means: str
    button: str
    done: str
    states: frozenset[str]
    danger: bool = False


_BILLS = frozenset({"active", "past_due"})
_OPEN = _BILLS | {"paused"}

ACTIONS: dict[str, Action] = {
    "pause": Action(
        PauseForm,
        "Pause this subscription?",
        "Nothing is billed until it is resumed. A charge that is on its way still counts.",
        "Pause",
        "{} is paused.",
        _BILLS,
    ),
    "resume": Action(
        ResumeForm,
        "Resume this subscription?",
        "It is billed again from its next date on; dates that passed meanwhile are left out.",
        "Resume",
        "{} is billed again.",
        frozenset({"paused"}),
    ),
    "cancel": Action(
        CancelForm,
        "Cancel this subscription?",
        "Nothing more is billed. What was paid is not given back: refund it on its order if you want to.",
        "Cancel the subscription",
        "{} is cancelled, or will be at the end of its period.",
        _OPEN,
        danger=True,
    ),
    "keep": Action(
        KeepForm,
        "Keep this subscription?",
        "It was to end with its period; it goes on instead.",
        "Keep it",
        "{} goes on.",
        _BILLS,
    ),
    "date": Action(
        DateForm,
        "Change the date of the next rebill",
        "The rebills after it keep to that day of the month.",
        "Change the date",
        "The date of {} is changed.",
        _OPEN,
    ),
    "price": Action(
        PriceForm,
        "Change the price of the coming cycles",
        "Of one piece, from the next order that is made on. Empty: the prices of the offer's cycles.",
        "Change the price",
        "The price of {} is changed.",
        _OPEN,
    ),
    "card": Action(
        CardForm,
        "Change the card",
        "Coming cycles are charged to it. A cycle that waits for a card is tried at once.",
        "Change the card",
        "The card of {} is changed.",
        _OPEN,
    ),
    "gateway": Action(
        GatewayForm,
        "Change the gateway",
        "Only gateways on the account that keeps the card can charge it.",
        "Change the gateway",
        "The gateway of {} is changed.",
        _OPEN,
    ),
}


def actions_for(subscription: Subscription) -> list[tuple[str, Action]]:
    """Those that make sense now, in the order of the buttons."""
    hidden = {"cancel", "pause"} if subscription.ends_after_cycle else {"keep"}
    return [(name, one) for name, one in ACTIONS.items() if subscription.status in one.states and name not in hidden]
