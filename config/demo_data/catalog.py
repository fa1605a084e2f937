"""What the two campaigns sell besides the goods of the month: subscriptions, a service, an upsell, coupons."""

from typing import Any

from django.db.models import QuerySet

from gateways.models import Gateway
from orders.models import Campaign, Offer, OfferCycle, Staff

DAY, MONTH = OfferCycle.Unit.DAY, OfferCycle.Unit.MONTH
Cycle = tuple[int, int, str]  # price in minor units, so many days or months after the cycle before


def goods_of(campaign: Campaign) -> QuerySet[Offer]:
    """What the orders of the month are made of."""
    goods = campaign.offers.filter(kind=Offer.Kind.ONE_OFF, shippable=True, is_upsell=False)
    return goods.order_by("pk")


def stock_up(campaigns: tuple[Campaign, Campaign]) -> None:
    """What is there already is kept as it is."""
    beauty, coffee = campaigns
    _recurring(beauty, "Glow Club", "GLOW-CLUB", 1900, [(3900, 1, MONTH)])
    _recurring(coffee, "Weekly Roast", "ROAST-7", 990, [(1490, 7, DAY), (1690, 7, DAY)])
    _offer(beauty, "Travel Pouch", price=900, sku="POUCH-1", is_upsell=True)
    lesson = _offer(
        coffee,
        "Barista Lesson",
        price=12_000,
        sku="LESSON-1",
        shippable=False,
        terms=Offer.Terms.DEPOSIT,
        deposit_rate=2500,
        cancellation_fee=3000,
    )
    lesson.staff.set([Staff.objects.get_or_create(name=name)[0] for name in ("Ada Lindgren", "Matteo Greco")])
    _coupon(beauty, "WELCOME10", rate=1000, most_uses=500)
    _coupon(coffee, "COFFEE5", amount=500)


def assign_gateways(campaign: Campaign, gateways: list[Gateway]) -> None:
    """Three of four sales through the first gateway, the others through the second; trial kits the other way round."""
    first, second = gateways
    for gateway, weight in ((first, 3), (second, 1)):
        campaign.assignments.get_or_create(gateway=gateway, defaults={"weight": weight})
    kit = campaign.offers.filter(name="Trial Kit").first()
    if kit is not None:
        for priority, gateway in enumerate((second, first), start=1):
            kit.assignments.get_or_create(gateway=gateway, defaults={"priority": priority})


def _offer(campaign: Campaign, name: str, **fields: Any) -> Offer:
    offer, _ = Offer.objects.get_or_create(campaign=campaign, name=name, defaults=fields)
    return offer


def _recurring(campaign: Campaign, name: str, sku: str, price: int, cycles: list[Cycle]) -> None:
    offer = _offer(campaign, name, price=price, sku=sku, kind=Offer.Kind.RECURRING)
    for number, (amount, count, unit) in enumerate(cycles, start=2):
        defaults = {"price": amount, "every_count": count, "every_unit": unit}
        offer.cycles.get_or_create(number=number, defaults=defaults)


def _coupon(campaign: Campaign, code: str, **fields: Any) -> None:
    campaign.coupons.get_or_create(code=code, defaults=fields)
