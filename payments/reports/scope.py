"""What a report is about: which gateways, which months, and what stays out of it (D6).

Test gateways, campaigns of kind test, deleted campaigns and test transactions are in no report. A report of test
gateways is only made when somebody asks for one, and then holds nothing else.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from gateways.days import day_of
from gateways.models import SECRETS, Gateway
from orders.models import Campaign
from payments.models import Payment, Status
from payments.reports.periods import Period, Span

Row = TypeVar("Row", bound=Model)


def gateways_of(mode: str) -> QuerySet[Gateway]:
    return Gateway.objects.filter(mode=mode).defer(*SECRETS).order_by("name")


@dataclass(frozen=True)
class Scope:
    mode: str
    gateways: list[Gateway]
    period: Period
    now: datetime

    @property
    def is_test(self) -> bool:
        return self.mode == "test"

    def today(self, gateway: Gateway) -> date:
        return day_of(gateway, self.now)

    def span(self, gateway: Gateway) -> Span:
        return self.period.span(self.today(gateway).replace(day=1))

    def within(self, field: str) -> Q:
        """The rows whose day is in the period, each gateway's in its own zone: a handful of ranges at the most."""
        spans: dict[Span, list[int]] = defaultdict(list)
        for gateway in self.gateways:
            spans[self.span(gateway)].append(gateway.pk)
        found = Q(pk__in=[])
        for span, keys in spans.items():
            found |= Q(gateway__in=keys, **{f"{field}__gte": span.first, f"{field}__lt": span.end})
        return found

    @cached_property
    def by_pk(self) -> dict[int, Gateway]:
        return {gateway.pk: gateway for gateway in self.gateways}

    @cached_property
    def left_out(self) -> list[int]:
        """The campaigns that are in no report."""
        hidden = Campaign.objects.filter(Q(kind=Campaign.Kind.TEST) | Q(deleted_at__isnull=False))
        return list(hidden.values_list("pk", flat=True))

    def counted(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Of rows that name their campaign: without one they are of a test transaction."""
        return rows.filter(gateway__in=self.by_pk, campaign__isnull=False).exclude(campaign__in=self.left_out)

    def captured(self) -> QuerySet[Payment]:
        """The captured payments of the period, those of `not_counted` among them: an index alone answers for sums."""
        return Payment.objects.filter(self.within("cap_month"), status=Status.CAPTURED).order_by()

    def not_counted(self) -> list[Q]:
        """Payments that are in no report, to be taken off a sum: they are few, and each Q has an index of its own."""
        tests, hidden = Q(order__isnull=True), Q(order__campaign__in=self.left_out)
        return [tests, hidden] if self.left_out else [tests]
