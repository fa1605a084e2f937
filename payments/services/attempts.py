"""How often a card was tried lately: card networks fine merchants who try one too often, whatever it is for."""

from datetime import datetime, timedelta

from django.db.models import Q

from gateways import clock
from gateways.models import Mode
from orders.models import Card
from payments.models import Payment
from payments.states import Status

WINDOW = timedelta(days=30)
NEVER_SENT = {Status.PENDING, Status.FAILED}


def free_from(card: Card, most: int) -> datetime | None:
    """When this card may be tried again, if it was tried `most` times in the last 30 days. None: it may be now.

    One card counts as one however often it was saved, by its fingerprint; payments that were never sent do not count.
    """
    same = Q(card__fingerprint=card.fingerprint) if card.fingerprint else Q(card=card)
    if card.mode == Mode.TEST:
        same &= Q(card__customer=card.customer_id)  # everybody pays with the same few test cards
    tries = Payment.objects.filter(same, submitted_at__gt=clock.now() - WINDOW).exclude(status__in=NEVER_SENT)
    one_too_many = tries.order_by("-submitted_at").values_list("submitted_at", flat=True)[most - 1 : most].first()
    return one_too_many + WINDOW if one_too_many else None
