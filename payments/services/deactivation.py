"""What no longer happens once a gateway is switched off, told before somebody does it."""

from django.db.models import Count, Sum

from gateways import money
from gateways.models import Gateway, WhenCapped
from orders.models import Campaign, Subscription
from orders.services.campaigns import card_gateways
from payments.models import Payment
from payments.states import IN_FLIGHT, Status

MANY = 1000


def what_stops(gateway: Gateway) -> list[str]:
    """One sentence a consequence; empty when nobody would notice."""
    return [*_payments(gateway), *_holds(gateway), *_default(gateway), *_campaigns(gateway), *_rebills(gateway)]


def _payments(gateway: Gateway) -> list[str]:
    ours = Payment.objects.filter(gateway=gateway)
    waiting = ours.filter(status=Status.PENDING).count()
    asked = ours.filter(status__in=IN_FLIGHT - {Status.PENDING}).count()
    cardholders = ours.filter(status=Status.REQUIRES_ACTION).count()
    told = []
    if waiting:
        told.append(f"{_payments_are(waiting)} not sent yet: it would fail, and nothing is charged.")
    if asked:
        told.append(f"{_payments_are(asked)} in flight: the answer still arrives and is written down.")
    if cardholders:
        told.append(f"{_payments_are(cardholders)} waiting for the cardholder, who can still confirm.")
    return told


def _payments_are(count: int) -> str:
    return "1 payment is" if count == 1 else f"Each of {count} payments is"


def _holds(gateway: Gateway) -> list[str]:
    held = Payment.objects.filter(gateway=gateway, status=Status.AUTHORIZED)
    sums = held.values("currency").annotate(count=Count("pk"), total=Sum("amount")).order_by("currency")
    return [
        f"{row['count']} {'hold' if row['count'] == 1 else 'holds'} of {money.plain(row['total'], row['currency'])} "
        "not captured yet: capture or void what is held before it runs out; that works without the gateway being on."
        for row in sums
    ]


def _default(gateway: Gateway) -> list[str]:
    if not gateway.is_default:
        return []
    return [f"It is the default for {gateway.currency} in {gateway.mode} mode: make another gateway the default."]


def _campaigns(gateway: Gateway) -> list[str]:
    """Campaigns that are routed to no other gateway: an operator may still choose another by hand."""
    same = {"mode": gateway.mode, "currency": gateway.currency}
    campaigns = Campaign.objects.kept().filter(active=True, card_payments=True, **same).order_by("name")
    return [
        f"It is the only gateway that {campaign} is routed to: its customers cannot pay by card without it."
        for campaign in campaigns
        if card_gateways(campaign) == [gateway]
    ]


def _rebills(gateway: Gateway) -> list[str]:
    """Counted up to a thousand: how many more does not change what is decided."""
    billed = Subscription.objects.filter(gateway=gateway, due_at__isnull=False)[: MANY + 1].count()
    if not billed:
        return []
    many = f"More than {MANY} subscriptions are" if billed > MANY else _subscriptions_are(billed)
    if gateway.when_capped == WhenCapped.OTHER:
        return [f"{many} billed through it: their rebills take another gateway on its account, else they wait."]
    return [f"{many} billed through it: their rebills wait until it is on again."]


def _subscriptions_are(count: int) -> str:
    return "1 subscription is" if count == 1 else f"{count} subscriptions are"
