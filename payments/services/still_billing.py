"""What goes on in a campaign after it is deleted, told before somebody does it."""

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from gateways import clock, money
from orders.models import Campaign, OfferCycle, Order, PaymentState, Subscription
from payments.models import PayLink, Payment
from payments.states import Status

OPEN_ORDERS = (PaymentState.UNPAID, PaymentState.PART_PAID, PaymentState.IN_PROGRESS, PaymentState.HELD)


def what_still_bills(campaign: Campaign) -> list[str]:
    """One sentence for each; empty when nothing is open."""
    return [*_subscriptions(campaign), *_open_orders(campaign), *_pay_links(campaign), *_holds(campaign)]


def running(campaign: Campaign) -> QuerySet[Subscription]:
    status = Subscription.Status
    billed = Subscription.objects.filter(offer__campaign=campaign, status__in=[status.ACTIVE, status.PAST_DUE])
    return billed.filter(due_at__isnull=False, ends_after_cycle=False)


def _subscriptions(campaign: Campaign) -> list[str]:
    """The price of a subscription's next cycle is its own, or that of the offer's last cycle up to then."""
    cycles = OfferCycle.objects.filter(offer=OuterRef("offer"), number__lte=OuterRef("cycle") + 1).order_by("-number")
    price = Coalesce("price_override", Subquery(cycles.values("price")[:1]), 0)
    sums = running(campaign).annotate(price=price).aggregate(count=Count("pk"), value=Sum(F("price") * F("quantity")))
    if not sums["count"]:
        return []
    value = money.plain(sums["value"] or 0, campaign.currency)
    subject = "1 subscription goes" if sums["count"] == 1 else f"{sums['count']} subscriptions go"
    return [f"{subject} on being billed: {value} with their next rebills."]


def _open_orders(campaign: Campaign) -> list[str]:
    rows = Order.objects.filter(campaign=campaign, payment_state__in=OPEN_ORDERS, cancelled_at=None)
    due = Sum(F("total") - F("amount_paid") - F("amount_held"))
    sums = rows.aggregate(count=Count("pk"), due=due)
    if not sums["count"]:
        return []
    subject = "1 order is" if sums["count"] == 1 else f"{sums['count']} orders are"
    value = money.plain(max(0, sums["due"] or 0), campaign.currency)
    return [f"{subject} open with {value} to be paid, and can be paid as before."]


def _pay_links(campaign: Campaign) -> list[str]:
    """Those that are valid, on orders that are not paid. Nobody can pay by a link of a deleted campaign."""
    links = PayLink.objects.filter(order__campaign=campaign, withdrawn_at=None, expires_at__gt=clock.now())
    count = links.filter(order__payment_state__in=OPEN_ORDERS, order__cancelled_at=None).count()
    if not count:
        return []
    subject = "1 pay link is" if count == 1 else f"{count} pay links are"
    return [f"{subject} not paid yet: without the campaign nobody can pay by it, and restored it works again."]


def _holds(campaign: Campaign) -> list[str]:
    held = Payment.objects.filter(order__campaign=campaign, status=Status.AUTHORIZED)
    sums = held.aggregate(count=Count("pk"), total=Sum("amount"))
    if not sums["count"]:
        return []
    subject = "1 hold" if sums["count"] == 1 else f"{sums['count']} holds"
    value = money.plain(sums["total"], campaign.currency)
    return [f"{subject} of {value} not captured yet: capture or void what is held before it runs out."]
