"""The two ways to an order for who has no account: its own address, and a pay link's.

Both addresses are keys. The order's own lets its customer pay where the order was made on a checkout page or through
the order API; every other order is paid by a link, which ends.
"""

from dataclasses import dataclass

from django.http import Http404
from django.urls import reverse

from orders.models import Order
from payments.models import PayLink
from payments.services.online import amount_now
from payments.services.pay_links import LinkState, state_of_link

SELF_SERVICE = {Order.Source.CHECKOUT, Order.Source.API}


@dataclass(frozen=True)
class Door:
    """`name` and `slug` make its addresses."""

    name: str
    slug: str
    order: Order
    link: PayLink | None = None

    @property
    def url(self) -> str:
        return reverse(f"checkout:{self.name}", args=[self.slug])

    def part(self, part: str) -> str:
        return reverse(f"checkout:{self.name}-{part}", args=[self.slug])

    @property
    def thanks_url(self) -> str:
        return reverse("checkout:thanks", args=[self.order.slug])

    @property
    def upsell_url(self) -> str:
        return reverse("checkout:order-more", args=[self.order.slug])

    @property
    def amount(self) -> int:
        return amount_now(self.order, self.link)

    @property
    def link_state(self) -> LinkState | None:
        return state_of_link(self.link) if self.link else None

    @property
    def may_pay(self) -> bool:
        """Not whether anything is due: whether this door is open."""
        campaign = self.order.campaign
        if campaign.deleted_at or not campaign.card_payments:
            return False
        return self.link.is_valid if self.link else self.order.source in SELF_SERVICE


def order_door(slug: str) -> Door:
    """Raises Http404."""
    order = Order.objects.select_related("campaign", "customer", "address").filter(slug=slug).first()
    if order is None:
        raise Http404("no such order")
    return Door("order", slug, order)


def link_door(slug: str) -> Door:
    """Raises Http404."""
    links = PayLink.objects.select_related("order__campaign", "order__customer", "order__address")
    link = links.filter(slug=slug).first()
    if link is None:
        raise Http404("no such link")
    return Door("link", slug, link.order, link)
