"""Offers: what a merchant should know of one that can be saved all the same."""

from gateways import money
from orders.models import Offer

REBILL = 2


def why_cycle_2_is_close(offer: Offer) -> str:
    """Banks may take the first rebill for the sale, sent twice, and decline it (S2-37); empty when they will not."""
    cycle = offer.cycles.filter(number=REBILL).first() if offer.is_recurring else None
    currency = offer.campaign.currency
    least = money.half_unit(currency)
    if cycle is None or abs(cycle.price - offer.price) >= least:
        return ""
    return (
        f"Cycle 2 of {offer} costs {money.plain(cycle.price, currency)} and cycle 1 "
        f"{money.plain(offer.price, currency)}: less than {money.plain(least, currency)} apart, so that a bank may "
        "take the rebill for the same payment sent twice and decline it. It is saved; make them differ if you can."
    )
