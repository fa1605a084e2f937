"""The subscriptions of a deleted campaign are cancelled where somebody wanted that: many of them by beat.

The campaign's row is the queue: what a process that died leaves over is found again.
"""

from orders.models import Campaign, Subscription
from orders.services.subscriptions import cancel_all_of

AT_ONCE = 100
"""So many are cancelled while somebody waits for the page."""


def still_billed(campaign: Campaign) -> int:
    """How many of its subscriptions have not ended."""
    return Subscription.objects.filter(offer__campaign=campaign, ended_at=None).count()


def ask_for_cancelling(campaign_pk: int, by: str) -> bool:
    """Of a campaign that is deleted already. False when it is not, or when somebody asked before."""
    deleted = Campaign.objects.filter(pk=campaign_pk, deleted_at__isnull=False, cancelling_by="")
    return bool(deleted.update(cancelling_by=by))


def campaigns_to_end() -> list[int]:
    wanted = Campaign.objects.exclude(cancelling_by="").filter(deleted_at__isnull=False)
    return list(wanted.order_by("pk").values_list("pk", flat=True))


def cancel_subscriptions_of(campaign_pk: int) -> int:
    """All that somebody wanted cancelled; how many were. It may be called again at any time, and by several at once."""
    campaign = Campaign.objects.get(pk=campaign_pk)
    if campaign.deleted_at is None or not campaign.cancelling_by:
        return 0
    done = cancel_all_of(campaign, campaign.cancelling_by, f"The campaign {campaign} was deleted.")
    if not still_billed(campaign):
        Campaign.objects.filter(pk=campaign_pk).update(cancelling_by="")
    return done
