"""Rebills that are due and wait: how many, why, and what they come to."""

from collections import defaultdict
from dataclasses import dataclass

from orders.models import Subscription
from orders.services.plans import next_amount, plan_of

MOST = 5_000
"""More than these are counted as those that were looked at; `and_more` says so."""


@dataclass(frozen=True)
class HeldSum:
    """Minor units of `currency`. `reason` is the filter's value, `label` its words."""

    reason: str
    label: str
    currency: str
    count: int
    amount: int
    and_more: bool


def held_sums() -> list[HeldSum]:
    rows = Subscription.objects.exclude(held="").select_related("offer__campaign").prefetch_related("offer__cycles")
    found = list(rows.order_by("-pk")[: MOST + 1])
    sums: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in found[:MOST]:
        sums[row.held, row.offer.campaign.currency].append(next_amount(row, plan_of(row.offer)) or 0)
    labels = dict(Subscription.Held.choices)
    return [
        HeldSum(reason, labels[Subscription.Held(reason)], currency, len(amounts), sum(amounts), len(found) > MOST)
        for (reason, currency), amounts in sorted(sums.items())
    ]
