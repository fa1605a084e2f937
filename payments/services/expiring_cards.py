"""Cards of subscriptions that end soon: their holders are told 30 days before, once for each card and end."""

import calendar
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from gateways import clock
from orders.models import Subscription
from payments.services.subscription_mails import tell_card_expires

WARNED_BEFORE = timedelta(days=30)


def tell_of_expiring_cards() -> int:
    """Write the mails that are due; how many were new. A card is good to the end of its last month."""
    told = 0
    for subscription in _expiring(clock.now().date()).iterator(chunk_size=500):
        told += tell_card_expires(subscription)
    return told


def _expiring(today: date) -> QuerySet[Subscription]:
    months = {day.replace(day=1) for day in (today, today + WARNED_BEFORE)}
    ending = Q(pk__in=[])
    for month in months:
        last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        if today <= last <= today + WARNED_BEFORE:
            ending |= Q(card__exp_year=month.year, card__exp_month=month.month)
    billed = Subscription.objects.filter(
        ending, status__in=["active", "past_due"], ends_after_cycle=False, card__blocked_at=None
    )
    return billed.select_related("offer__campaign", "customer", "gateway", "card").order_by("pk")
