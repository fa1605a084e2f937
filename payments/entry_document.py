"""What a payment is entered on: a sales order, or one of its ship docs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from orders.models import Order
from payments.models import Payment
from payments.services.balances import Balance


@dataclass(frozen=True)
class Document:
    """`name` begins the names of its addresses in the admin, such as orders_order; `due` is what may be entered on it.

    `now` is what of it the terms ask for now, where that is less. `about` goes into the wish for each of its payments,
    such as the ship doc.
    """

    name: str
    pk: int
    order: Order
    balance: Balance
    due: int
    payments: QuerySet[Payment]
    now: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def proposed(self) -> int:
        """The amount that the form begins with."""
        return self.now or self.due

    @property
    def later(self) -> int:
        return self.due - self.proposed

    @property
    def page(self) -> str:
        return reverse(f"admin:{self.name}_change", args=[self.pk])

    @property
    def entry_url(self) -> str:
        return reverse(f"admin:{self.name}_payment", args=[self.pk])

    def answer_page(self, payment: Payment) -> str:
        """The document's own page, with the answer above its payments."""
        return f"{self.page}?payment={payment.pk}#payment"

    def answer_url(self, payment: Payment) -> str:
        return self._of(payment, "answer")

    def secret_url(self, payment: Payment) -> str:
        return self._of(payment, "secret")

    def confirmed_url(self, payment: Payment) -> str:
        return self._of(payment, "confirmed")

    def again_url(self, payment: Payment) -> str:
        return self._of(payment, "again")

    def _of(self, payment: Payment, part: str) -> str:
        return reverse(f"admin:{self.name}_payment_{part}", args=[self.pk, payment.pk])
