"""The home page: how money stands today and this month. Currencies are never added up, nor test and live money."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from config.charts import Chart, bar_chart
from gateways import clock, money
from gateways.caps import near_their_caps
from gateways.marks import month_meter, state_badge
from gateways.models import Gateway, Mode
from gateways.usage import with_recent_volumes
from orders.models import Offer, Order
from payments.admin.payments import ATTENTION, GATEWAY_SECRETS
from payments.models import Dispute, Payment, Refund, RefundStatus, Status
from payments.models.dispute import NEEDS_ANSWER
from payments.reported import LeftOut, left_out

CHART_DAYS = 30
DECLINE_DAYS = 7
LATEST = 6
SHOWN_GATEWAYS = 8
LONGEST_HOLD = timedelta(days=31)  # a payment captured today was made at most so long ago

Amounts = dict[str, int]


@dataclass(frozen=True)
class Captured:
    """What was captured, by currency."""

    today: Amounts
    month: Amounts
    days: dict[str, dict[date, int]]


@dataclass(frozen=True)
class Declines:
    declined: int
    answered: int

    @property
    def rate(self) -> str:
        return f"{self.declined / self.answered:.1%}" if self.answered else "–"


@dataclass(frozen=True)
class Step:
    """One of the first steps in a new installation."""

    heading: str
    text: str
    url: str
    action: str
    done: bool


@dataclass(frozen=True)
class GatewayCard:
    gateway: Gateway
    meter: str
    state: str


def home_context() -> dict[str, Any]:
    mode = shown_mode()
    steps = [] if Payment.objects.exists() else first_steps()
    if not all(step.done for step in steps):
        return {"steps": steps, "next_step": next(step for step in steps if not step.done)}
    now = clock.now()
    without = left_out()
    captured = captured_money(mode, now, without)
    return {
        "mode": mode,
        "captured_today": pretty_all(captured.today),
        "captured_month": pretty_all(captured.month),
        "held": held_money(mode),
        "attention": attention(mode),
        "declines": declines(mode, now, without),
        "decline_days": DECLINE_DAYS,
        "charts": charts(captured, now),
        "gateways": gateway_cards(),
        "near_caps": near_their_caps(),
        "latest": latest_payments(mode, without),
    }


def shown_mode() -> str:
    """Live money once there is a live gateway; before that, test money, marked as such."""
    return Mode.LIVE if Gateway.objects.filter(mode=Mode.LIVE).exists() else Mode.TEST


def pretty_all(amounts: Amounts) -> list[str]:
    """The biggest currency first, as far as numbers can tell."""
    ordered = sorted(amounts.items(), key=lambda item: money.to_decimal(item[1], item[0]), reverse=True)
    return [money.pretty(amount, currency) for currency, amount in ordered]


def captured_money(mode: str, now: datetime, without: LeftOut) -> Captured:
    """One query over the index on `created_at` tells the days of the chart, today and this month."""
    today = timezone.localdate(now)
    first_day = min(today.replace(day=1), today - timedelta(days=CHART_DAYS - 1))
    since = timezone.make_aware(datetime.combine(first_day, datetime.min.time()))
    rows = (
        without.reported(Payment.objects.filter(created_at__gte=since - LONGEST_HOLD, settled_at__gte=since))
        .filter(mode=mode, status=Status.CAPTURED)
        .annotate(day=TruncDate("settled_at"))
        .values("day", "currency")
        .annotate(total=Sum("amount_captured"))
        .order_by()
    )
    days: dict[str, dict[date, int]] = defaultdict(dict)
    for row in rows:
        days[row["currency"]][row["day"]] = row["total"]
    month = {currency: _since(totals, today.replace(day=1)) for currency, totals in days.items()}
    of_today = {currency: totals[today] for currency, totals in days.items() if today in totals}
    return Captured(of_today, {currency: total for currency, total in month.items() if total}, days)


def _since(totals: dict[date, int], first: date) -> int:
    return sum(total for day, total in totals.items() if day >= first)


def held_money(mode: str) -> dict[str, Any]:
    rows = _payments(mode).filter(status=Status.AUTHORIZED).values("currency")
    found = list(rows.annotate(total=Sum("amount"), count=Count("pk")).order_by())
    amounts = {row["currency"]: row["total"] for row in found}
    return {"amounts": pretty_all(amounts), "count": sum(row["count"] for row in found)}


def attention(mode: str) -> dict[str, int]:
    """What is open and may need a hand. One question each, so that each can use its index."""
    return {
        "open": _payments(mode).filter(status__in=ATTENTION).count(),
        "refunds": Refund.objects.filter(mode=mode, status=RefundStatus.UNKNOWN).count(),
        "review": _payments(mode).exclude(review_reason="").count(),
        "disputes": Dispute.objects.filter(mode=mode, status__in=sorted(NEEDS_ANSWER)).count(),
    }


def declines(mode: str, now: datetime, without: LeftOut) -> Declines:
    recent = without.reported(_payments(mode).filter(created_at__gte=now - timedelta(days=DECLINE_DAYS)))
    said_no = Count("pk", filter=Q(status=Status.DECLINED))
    said_yes = Count("pk", filter=Q(status__in=[Status.CAPTURED, Status.AUTHORIZED, Status.VOIDED, Status.EXPIRED]))
    counts = recent.aggregate(no=said_no, yes=said_yes)
    return Declines(counts["no"], counts["no"] + counts["yes"])


def charts(captured: Captured, now: datetime) -> list[Chart]:
    """One chart for each currency: bars of different money cannot share an axis."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=ago) for ago in reversed(range(CHART_DAYS))]
    filled = [
        (currency, [totals.get(day, 0) for day in days])
        for currency, totals in captured.days.items()
        if any(totals.get(day) for day in days)
    ]
    filled.sort(key=lambda entry: money.to_decimal(sum(entry[1]), entry[0]), reverse=True)
    return [bar_chart(currency, days, amounts) for currency, amounts in filled]


def gateway_cards() -> list[GatewayCard]:
    gateways = with_recent_volumes(Gateway.objects.filter(active=True))[:SHOWN_GATEWAYS]
    return [GatewayCard(gateway, month_meter(gateway), state_badge(gateway)) for gateway in gateways]


def latest_payments(mode: str, without: LeftOut) -> QuerySet[Payment]:
    rows = without.kept(_payments(mode)).select_related("gateway", "order__customer")
    return rows.defer("draft", *GATEWAY_SECRETS)[:LATEST]


def _payments(mode: str) -> QuerySet[Payment]:
    return Payment.objects.filter(mode=mode)


def first_steps() -> list[Step]:
    return [
        Step(
            "Add a payment gateway",
            "Your account at Stripe. Test keys will do for a start: nothing real is charged with them.",
            "admin:gateways_gateway_add",
            "Add a gateway",
            Gateway.objects.exists(),
        ),
        Step(
            "Add a campaign with an offer",
            "What you sell, for how much, in which currency.",
            "admin:orders_campaign_add",
            "Add a campaign",
            Offer.objects.exists(),
        ),
        Step(
            "Take an order",
            "Choose a customer and an offer; the payment is taken on the order’s page.",
            "admin:orders_order_add",
            "New order",
            Order.objects.exists(),
        ),
    ]
