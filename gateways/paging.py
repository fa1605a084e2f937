"""Pages of long lists, without counting a million rows to print one number."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

COUNT_LIMIT = 5_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to COUNT_LIMIT rows and stops: what lies behind is found by search and filters."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNT_LIMIT].count())

    @property
    def is_bounded(self) -> bool:
        """There are, or may be, more rows than the count says."""
        return self.count >= COUNT_LIMIT
