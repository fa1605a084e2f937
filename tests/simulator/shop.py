"""The few things that most tests do."""

from __future__ import annotations

from typing import Any

import stripe

from simulator.core import LocalStripe
from simulator.objects import accounts

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


class Shop:
    def __init__(self, client: stripe.StripeClient, core: LocalStripe) -> None:
        self.v1 = client.v1
        self.core = core

    def pay(self, card: str = "pm_card_visa", amount: int = 2000, **params: Any) -> stripe.PaymentIntent:
        options = params.pop("options", {})
        asked: Any = {
            "amount": amount,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "automatic_payment_methods": NO_REDIRECTS,
            **params,
        }
        return self.v1.payment_intents.create(params=asked, options=options)

    def charge_of(self, intent: stripe.PaymentIntent) -> stripe.Charge:
        assert isinstance(intent.latest_charge, str)
        return self.v1.charges.retrieve(intent.latest_charge)

    def customer(self, **params: Any) -> stripe.Customer:
        asked: Any = params
        return self.v1.customers.create(params=asked)

    def event_types(self) -> list[str]:
        """Oldest first."""
        return [str(event.type) for event in self.v1.events.list(params={"limit": 100}).data][::-1]

    def switch(self, **changes: Any) -> None:
        world = self.core.world(self.v1.accounts.retrieve_current().id)
        with self.core.store.transaction():
            accounts.change(world, changes)
            world.flush()
