"""Which payments count in reports and figures. Lists of what needs a hand keep them all."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from orders.models import Campaign
from payments.models import Payment


@dataclass(frozen=True)
class LeftOut:
    """Campaigns that do not count, by their keys. Mostly there are none, and then no order is looked at."""

    deleted: tuple[int, ...]
    for_tests: tuple[int, ...]

    def reported(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """Without those of deleted campaigns (S2-39) and of campaigns for tests."""
        return _without(payments, self.deleted + self.for_tests)

    def kept(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """Without those of deleted campaigns."""
        return _without(payments, self.deleted)


def left_out() -> LeftOut:
    """One question to the database: ask once for a page of several figures."""
    rows = list(Campaign.objects.filter(Q(deleted_at__isnull=False) | Q(kind=Campaign.Kind.TEST)).order_by("pk"))
    return LeftOut(
        deleted=tuple(row.pk for row in rows if row.deleted_at),
        for_tests=tuple(row.pk for row in rows if not row.deleted_at),
    )


def reported(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """For a report that stands alone."""
    return left_out().reported(payments)


def _without(payments: QuerySet[Payment], campaigns: tuple[int, ...]) -> QuerySet[Payment]:
    return payments.exclude(order__campaign__in=campaigns) if campaigns else payments
