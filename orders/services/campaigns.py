"""Campaigns: what they need before they take cards, their online switches, deleting and restoring."""

from django.db import transaction
from django.db.models import Q

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, CampaignGateway, OfferGateway, Subscription

SWITCHES = {"checkout_on": "Payment in the online form", "pay_links_on": "Payment by link"}


class CampaignProblem(Exception):
    """Nothing was changed. `field` is the form's field; `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def why_unfit(gateway: Gateway, campaign: Campaign) -> str:
    """Why this gateway can never charge cards for this campaign (D6); empty when it can."""
    if not gateway.kind.takes_cards:
        return f"{gateway} takes no cards: it is chosen in payment entry and needs no place here."
    if campaign.mode and gateway.mode != campaign.mode:
        wanted = f"choose a {campaign.mode} gateway"
        return f"{gateway} is a {gateway.mode} gateway and this a {campaign.mode} campaign: {wanted}."
    if campaign.currency and gateway.currency != campaign.currency:
        return f"{gateway} takes {gateway.currency} and this campaign sells in {campaign.currency}: choose another."
    return ""


def card_gateways(campaign: Campaign) -> list[Gateway]:
    """The active ones that can take its cards: assigned to it or to its offers; where it names none, the default."""
    named = Q(campaign_assignments__campaign=campaign) | Q(offer_assignments__offer__campaign=campaign)
    if not campaign.assignments.exists():
        named |= Q(is_default=True)
    usable = Gateway.objects.usable().filter(named, mode=campaign.mode, currency=campaign.currency).distinct()
    return [gateway for gateway in usable.order_by("name") if gateway.kind.takes_cards]


def check_campaign(campaign: Campaign) -> None:
    """Call it when the campaign and its gateways are saved, inside their transaction. Raises CampaignProblem."""
    _check_assignments(campaign)
    _check_subscriptions(campaign)
    if campaign.card_payments and not card_gateways(campaign):
        raise CampaignProblem(
            "card_payments",
            f"Card payments need an active gateway that takes {campaign.currency} in {campaign.mode} mode: assign one "
            "below, make one the default, or add one with the + beside the gateways below.",
        )


def _check_assignments(campaign: Campaign) -> None:
    """A campaign that changes its mode or currency leaves the gateways of its offers behind."""
    rows: list[CampaignGateway | OfferGateway] = [
        *CampaignGateway.objects.filter(campaign=campaign).select_related("gateway"),
        *OfferGateway.objects.filter(offer__campaign=campaign).select_related("gateway", "offer"),
    ]
    for row in rows:
        if why := why_unfit(row.gateway, campaign):
            where = f"{row.offer} names a gateway that does not fit. " if isinstance(row, OfferGateway) else ""
            raise CampaignProblem("mode", where + why)


def _check_subscriptions(campaign: Campaign) -> None:
    foreign = Subscription.objects.filter(offer__campaign=campaign, ended_at=None).exclude(gateway__mode=campaign.mode)
    if count := foreign.count():
        subscriptions = "1 subscription of it is" if count == 1 else f"{count} subscriptions of it are"
        raise CampaignProblem(
            "mode", f"{subscriptions} billed in the other mode: cancel them first, or make another campaign."
        )


def assign(gateway: Gateway, campaign: Campaign) -> str:
    """One more gateway for a campaign, behind those that it has. Returns why it does not fit, else an empty text."""
    if why := why_unfit(gateway, campaign):
        return why
    last = campaign.assignments.order_by("-priority").values_list("priority", flat=True).first() or 0
    campaign.assignments.get_or_create(gateway=gateway, defaults={"priority": last + 1})
    return ""


def store_campaign(campaign: Campaign) -> list[str]:
    """Save it. Returns the labels of the online switches that went off because it takes no cards any longer."""
    gone = [] if campaign.card_payments else [name for name in SWITCHES if getattr(campaign, name)]
    for name in gone:
        setattr(campaign, name, False)
    campaign.save()
    return [SWITCHES[name] for name in gone]


@transaction.atomic
def switch(campaign_pk: int, name: str, *, on: bool) -> Campaign:
    """One of the online SWITCHES, at once. Raises CampaignProblem."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign_pk)
    if on and campaign.deleted_at:
        raise CampaignProblem(name, f"{campaign} is deleted: restore it first.")
    if on and not campaign.card_payments:
        raise CampaignProblem(
            name, f"{campaign} takes no cards: switch card payments on and save, then switch this on."
        )
    if getattr(campaign, name) != on:
        setattr(campaign, name, on)
        campaign.save(update_fields=[name])
    return campaign


@transaction.atomic
def delete_campaign(campaign_pk: int, *, cancel_by: str = "") -> bool:
    """Out of lists, choices and reports, with everything kept. False when it was deleted before.

    `cancel_by` names who wants its subscriptions cancelled as well: see campaign_end. Else they go on being billed.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign_pk)
    if campaign.deleted_at:
        return False
    campaign.deleted_at = clock.now()
    campaign.cancelling_by = cancel_by
    campaign.save(update_fields=["deleted_at", "cancelling_by"])
    return True


@transaction.atomic
def restore_campaign(campaign_pk: int) -> bool:
    """Back with the settings that it had. False when it is not deleted. Subscriptions that were cancelled stay so."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign_pk)
    if campaign.deleted_at is None:
        return False
    campaign.deleted_at, campaign.cancelling_by = None, ""
    campaign.save(update_fields=["deleted_at", "cancelling_by"])
    return True
