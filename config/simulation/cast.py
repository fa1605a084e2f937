"""Who and what a simulated month is about: a campaign of two recurring offers, and customers whose cards differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from gateways.models import Gateway
from orders.models import Campaign, Customer, Offer

CAMPAIGN = "Tea Time (simulated)"
WEEKLY, MONTHLY = "Tea of the week", "Tea chest of the month"
GOOD, DECLINES, ASKS = "pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"
LATER_CARDS = [GOOD] * 16 + [DECLINES] * 3 + [ASKS]
"""What a customer's card turns out to be after the sale: some are declined, a few want the bank's word."""


@dataclass(frozen=True)
class Sale:
    customer: Customer
    offer: Offer
    later_card: str


def campaign_for(gateway: Gateway) -> Campaign:
    """Made once; a later run goes on with it."""
    campaign, _ = Campaign.objects.update_or_create(
        name=f"{CAMPAIGN}, {gateway.currency}",
        defaults={
            "kind": Campaign.Kind.WEB,
            "mode": gateway.mode,
            "currency": gateway.currency,
            "card_payments": True,
            "active": True,
            "deleted_at": None,
        },
    )
    campaign.assignments.exclude(gateway=gateway).delete()
    campaign.assignments.get_or_create(gateway=gateway)
    _offer(campaign, WEEKLY, 1200, (7, "day", 1400))
    _offer(campaign, MONTHLY, 3900, (1, "month", 4500))
    return campaign


def _offer(campaign: Campaign, name: str, price: int, cycle: tuple[int, str, int]) -> None:
    offer, _ = Offer.objects.update_or_create(
        campaign=campaign, name=name, defaults={"price": price, "kind": Offer.Kind.RECURRING, "active": True}
    )
    every, unit, again = cycle
    offer.cycles.update_or_create(number=2, defaults={"price": again, "every_count": every, "every_unit": unit})


def sales(campaign: Campaign, dice: Random) -> Iterator[Sale]:
    """As many as are asked for. Nobody of them exists: example.com can have no readers (RFC 2606)."""
    offers = list(campaign.offers.filter(active=True, kind=Offer.Kind.RECURRING).order_by("pk"))
    known = Customer.objects.filter(email__startswith="tea", email__endswith="@example.com").count()
    for number in count(known + 1):
        customer, _ = Customer.objects.get_or_create(
            email=f"tea{number}@example.com", defaults={"name": f"Tea Drinker {number}"}
        )
        yield Sale(customer, dice.choice(offers), dice.choice(LATER_CARDS))
