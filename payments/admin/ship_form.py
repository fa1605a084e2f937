"""What is chosen as goods leave: the hold that is captured, or none, and whether unpaid goods may go."""

from typing import Any

from django import forms

from gateways import money
from orders.models import ShipDoc
from payments.services.ship_doc_balances import ShipDocBalance
from payments.services.ship_docs import Take, takes_of

NOTHING = "nothing"


class ShipForm(forms.Form):
    """`takes` is empty for those who may not capture."""

    unpaid_too = forms.BooleanField(required=False)

    def __init__(self, doc: ShipDoc, balance: ShipDocBalance, data: Any = None, *, may_capture: bool = True) -> None:
        super().__init__(data)
        self.balance = balance
        self.takes = takes_of(doc, balance.unpaid) if may_capture else []
        if self.takes:
            self.fields["take"] = forms.ChoiceField(
                choices=[*((value_of(one), str(one.payment)) for one in self.takes), (NOTHING, "Nothing")],
                initial=value_of(self.takes[0]),
                error_messages={
                    "required": "Choose what is captured, or nothing.",
                    "invalid_choice": "The holds or the amount have changed since this page was opened: look again.",
                },
            )

    @property
    def options(self) -> list[tuple[str, Take, str]]:
        """Each hold with its value, and what stays unpaid in words where it is not enough."""
        currency = self.takes[0].payment.currency if self.takes else ""
        left = [(one, self.balance.unpaid - one.amount) for one in self.takes]
        return [(value_of(one), one, money.plain(rest, currency) if rest else "") for one, rest in left]

    @property
    def chosen(self) -> str:
        return str(self["take"].value()) if self.takes else NOTHING

    @property
    def asks_for_unpaid(self) -> bool:
        return self.balance.unpaid > 0

    @property
    def take(self) -> tuple[int, int] | None:
        """The hold's primary key and the amount that the operator was told."""
        value = self.cleaned_data.get("take", NOTHING)
        if value == NOTHING:
            return None
        pk, _, amount = value.partition(":")
        return int(pk), int(amount)


def value_of(take: Take) -> str:
    return f"{take.payment.pk}:{take.amount}"
