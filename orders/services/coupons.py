"""Coupons: whether one counts today, what it takes off, and how often it was used."""

from django.db.models import F, Q
from django.utils import timezone

from gateways import clock, money
from orders.models import Campaign, Coupon, Order
from orders.services.problems import OrderProblem
from orders.services.shares import portion

FIELD = "coupon_code"


def find_coupon(campaign: Campaign, code: str) -> Coupon:
    """By its code as customers type it, in capitals or not. Raises OrderProblem."""
    typed = code.strip()
    found = list(campaign.coupons.filter(code__iexact=typed))
    coupon = next((one for one in found if one.code == typed), found[0] if found else None)
    if coupon is None:
        raise OrderProblem(FIELD, f"{campaign} has no coupon “{typed}”: check the code, or leave it empty.")
    return coupon


def check_coupon(coupon: Coupon, campaign: Campaign) -> None:
    """Raises OrderProblem when the coupon does not count for an order that is made now."""
    today = timezone.localtime(clock.now(), timezone.get_default_timezone()).date()
    if coupon.campaign_id != campaign.pk:
        raise OrderProblem(FIELD, f"Coupon {coupon} is not one of {campaign}: choose another.")
    if not coupon.active:
        raise OrderProblem(FIELD, f"Coupon {coupon} is switched off: choose another, or switch it on.")
    if coupon.starts_on and today < coupon.starts_on:
        raise OrderProblem(FIELD, f"Coupon {coupon} counts from {coupon.starts_on:%-d %b %Y} on.")
    if coupon.ends_on and today > coupon.ends_on:
        raise OrderProblem(FIELD, f"Coupon {coupon} ended on {coupon.ends_on:%-d %b %Y}.")


def coupon_discount(coupon: Coupon, goods: int, currency: str) -> int:
    """What it takes off lines that come to `goods`: never more than they do."""
    if coupon.amount is not None:
        return min(int(coupon.amount), goods)
    return min(portion(goods, coupon.rate or 0, 10_000, money.step(currency)), goods)


def change_coupon(order: Order, coupon: Coupon | None) -> None:
    """Let the order have this coupon, or none, and count it once. Raises OrderProblem.

    The caller holds the order's lock, and adds the order up afterwards.
    """
    if coupon is not None and coupon.pk == order.coupon_id:
        return
    if coupon is not None:
        check_coupon(coupon, order.campaign)
    for pk in sorted(filter(None, [order.coupon_id, coupon.pk if coupon else None])):  # two orders may swap coupons
        if coupon is not None and pk == coupon.pk:
            _take_use(coupon)
        else:
            _give_use_back(pk)
    order.coupon = coupon
    order.save(update_fields=["coupon"])


def give_coupon_back(order: Order) -> None:
    """A cancelled order has not used its coupon, of which it still tells. Called once, under the order's lock."""
    if order.coupon_id:
        _give_use_back(order.coupon_id)


def _take_use(coupon: Coupon) -> None:
    room = Q(most_uses=None) | Q(uses__lt=F("most_uses"))
    if not Coupon.objects.filter(room, pk=coupon.pk).update(uses=F("uses") + 1):
        times = "once" if coupon.most_uses == 1 else f"{coupon.most_uses} times"
        raise OrderProblem(FIELD, f"Coupon {coupon} was used {times}, which is as often as it counts: choose another.")


def _give_use_back(coupon_pk: int) -> None:
    Coupon.objects.filter(pk=coupon_pk, uses__gt=0).update(uses=F("uses") - 1)
