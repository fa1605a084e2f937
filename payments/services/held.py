"""What a stop holds: payments that wait to be charged, counted and added up, by gateway and currency."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from gateways import clock, money
from orders.models import Subscription
from orders.services.plans import next_amount, plan_of
from payments.actors import Actor
from payments.models import ChargeStop, Payment, PaymentEvent, Status

BATCH = 1_000
Scope = ChargeStop.Scope


@dataclass(frozen=True)
class HeldSum:
    """Minor units of `currency`. Test money and live money are never added up, nor two currencies."""

    gateway: str
    mode: str
    currency: str
    count: int
    amount: int

    @property
    def text(self) -> str:
        return f"{payments_in_words(self.count)} of {money.plain(self.amount, self.currency)}"


def payments_in_words(count: int) -> str:
    return "1 payment" if count == 1 else f"{count} payments"


def waiting() -> QuerySet[Payment]:
    return Payment.objects.filter(status=Status.PENDING)


def held_by(stop: ChargeStop) -> QuerySet[Payment]:
    """The payments that wait because of it, though perhaps not because of it alone."""
    return waiting().filter(_scope(stop))


def released_by(stop: ChargeStop, *, but_for: Iterable[ChargeStop]) -> QuerySet[Payment]:
    """What is charged as soon as it is released: what the other stops hold goes on waiting."""
    rows = held_by(stop)
    for other in but_for:
        rows = rows.exclude(_scope(other))
    return rows


def held_rebills(stop: ChargeStop) -> list[HeldSum]:
    """Cycles that came due meanwhile, by currency: they are made into payments after the release, oldest first."""
    rows = Subscription.objects.filter(held=Subscription.Held.STOPPED)
    if stop.scope == Scope.CAMPAIGN:
        rows = rows.filter(offer__campaign=stop.campaign_id)
    elif stop.scope == Scope.GATEWAY:
        rows = rows.filter(gateway=stop.gateway_id)
    found = rows.select_related("offer__campaign").prefetch_related("offer__cycles").order_by("pk")
    single = (_rebill(subscription) for subscription in found.iterator(chunk_size=BATCH))
    return totals_of(single)


def _rebill(subscription: Subscription) -> HeldSum:
    campaign = subscription.offer.campaign
    amount = next_amount(subscription, plan_of(subscription.offer)) or 0
    return HeldSum("", campaign.mode, campaign.currency, 1, amount)


def _scope(stop: ChargeStop) -> Q:
    if stop.scope == Scope.CAMPAIGN:
        return Q(order__campaign=stop.campaign_id, order__isnull=False)
    return Q(gateway=stop.gateway_id) if stop.scope == Scope.GATEWAY else Q(pk__isnull=False)


def sums_of(rows: QuerySet[Payment]) -> list[HeldSum]:
    """One line for each gateway."""
    found = rows.order_by().values("gateway__name", "mode", "currency").annotate(count=Count("pk"), sum=Sum("amount"))
    return [
        HeldSum(row["gateway__name"], row["mode"], row["currency"], row["count"], int(row["sum"]))
        for row in found.order_by("gateway__name", "currency")
    ]


def totals_of(sums: Iterable[HeldSum]) -> list[HeldSum]:
    """The same, one line for each currency and mode, whatever the gateway."""
    added: dict[tuple[str, str], tuple[int, int]] = {}
    for one in sums:
        count, amount = added.get((one.mode, one.currency), (0, 0))
        added[one.mode, one.currency] = (count + one.count, amount + one.amount)
    return [HeldSum("", mode, currency, *both) for (mode, currency), both in sorted(added.items())]


def note_held(stop: ChargeStop, actor: Actor) -> None:
    """Written after the stop itself has been committed: the history may lag, the stop may not."""
    detail = f"Charging of {stop.what} was stopped: {stop.reason}"
    _note(held_by(stop).order_by("pk").values_list("pk", flat=True), "held", detail, actor)


def note_released(stop: ChargeStop, payment_ids: Iterable[int], actor: Actor) -> None:
    _note(payment_ids, "released", f"Charging of {stop.what} was released.", actor)


def _note(payment_ids: Iterable[int], kind: str, detail: str, actor: Actor) -> None:
    now = clock.now()
    events = (
        PaymentEvent(
            payment_id=payment_id,
            at=now,
            kind=kind,
            from_status=Status.PENDING,
            to_status=Status.PENDING,
            source=actor.source,
            actor=actor.name,
            detail=detail[:500],
        )
        for payment_id in payment_ids
    )
    PaymentEvent.objects.bulk_create(events, batch_size=BATCH)
