"""Where a test drive plays: a phone campaign, an unshippable offer of 1.00 and a recurring one (S2-34 to S2-37)."""

from django.db import transaction

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, Customer, Offer, Subscription
from orders.services.subscriptions import SubscriptionProblem, cancel
from payments.services.test_transaction import TEST_CUSTOMER, default_amount, rebill_difference


def open_stage(gateway: Gateway) -> Campaign:
    """The gateway's own test campaign, made, or restored with its settings; only this gateway may charge it."""
    with transaction.atomic():
        campaign, _ = Campaign.objects.get_or_create(
            name=f"Test drive of {gateway.name}"[:80],
            defaults={"kind": Campaign.Kind.PHONE, "mode": gateway.mode, "currency": gateway.currency},
        )
        campaign.mode, campaign.currency = gateway.mode, gateway.currency
        campaign.active, campaign.card_payments, campaign.deleted_at = True, True, None
        campaign.save()
        campaign.assignments.exclude(gateway=gateway).delete()
        campaign.assignments.get_or_create(gateway=gateway)
    return campaign


def offers_of(campaign: Campaign, gateway: Gateway) -> list[Offer]:
    """One that is sold once and one that recurs, whose cycle 2 differs by 0.50 (S2-35, S2-37)."""
    price = default_amount(gateway)
    once = _offer(campaign, "Test item", price, Offer.Kind.ONE_OFF)
    again = _offer(campaign, "Test subscription", price, Offer.Kind.RECURRING)
    again.cycles.update_or_create(number=2, defaults={"price": price + rebill_difference(gateway.currency)})
    return [once, again]


def _offer(campaign: Campaign, name: str, price: int, kind: str) -> Offer:
    offer, _ = Offer.objects.update_or_create(
        campaign=campaign,
        name=name,
        defaults={"price": price, "kind": kind, "shippable": False, "active": True, "repeats": True},
    )
    return offer


def passenger() -> Customer:
    """A customer of Midway's own, to whom nobody ever writes."""
    customer, _ = Customer.objects.get_or_create(email=TEST_CUSTOMER, defaults={"name": "Test transactions"})
    return customer


def close_stage(campaign: Campaign, actor: str) -> None:
    """Nothing bills any longer, whatever comes of a charge that was not answered; lists and reports show nothing."""
    for subscription in Subscription.objects.filter(offer__campaign=campaign, ended_at=None):
        try:
            cancel(subscription, "The test drive is over.", actor)
        except SubscriptionProblem:
            continue  # it ended meanwhile
    for offer in campaign.offers.filter(kind=Offer.Kind.RECURRING):
        offer.cycles.all().delete()  # a sale that is captured late starts no subscription
    Campaign.objects.filter(pk=campaign.pk).update(active=False, deleted_at=clock.now())
