"""The list that stands beside a form in a split view: the rows of the list that one came from, with its filters."""

from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString

from gateways.marks import month_meter, state_badge
from gateways.models import Gateway

KEPT = "_changelist_filters"


@dataclass(frozen=True)
class Row:
    gateway: Gateway
    state: SafeString
    month: SafeString
    outside: bool = False
    """The selected one, where search and filters would leave it out."""


@dataclass(frozen=True)
class Choice:
    label: str
    url: str
    selected: bool


@dataclass(frozen=True)
class SplitList:
    rows: list[Row]
    query: str
    kept: str
    """Search and filters as a query string: links and forms of the page carry it."""
    filters: list[tuple[str, list[Choice]]]
    filtered: bool
    more: int

    @property
    def count(self) -> int:
        return sum(not row.outside for row in self.rows) + self.more


def kept_query(request: HttpRequest) -> str:
    """The list's own query string on a page beside it; a search typed on that page comes on top."""
    kept = QueryDict(request.GET.get(KEPT, ""), mutable=True)
    if "q" in request.GET:
        kept["q"] = request.GET["q"]
    if not kept.get("q"):
        kept.pop("q", None)
    return kept.urlencode()


def beside(model_admin: "ModelAdmin[Any]", request: HttpRequest, selected: Gateway | None) -> SplitList:
    """The list beside a form. Filters that mean nothing (somebody edited the address) show all rows."""
    kept = kept_query(request)
    page = copy(request)
    for query in (kept, ""):
        page.GET = QueryDict(query)
        try:
            changelist = model_admin.get_changelist_instance(page)
        except (IncorrectLookupParameters, SuspiciousOperation):
            continue
        return split_list(changelist, kept=query, selected=selected, on_list=False)
    raise AssertionError("a list without filters can always be shown")


def split_list(changelist: Any, *, kept: str, selected: Gateway | None = None, on_list: bool = True) -> SplitList:
    found: list[Gateway] = list(changelist.result_list)
    rows = [Row(gateway, state_badge(gateway), month_meter(gateway)) for gateway in found]
    if selected is not None and selected.pk and selected not in found:
        rows.insert(0, Row(selected, state_badge(selected), month_meter(selected), outside=True))
    return SplitList(
        rows=rows,
        query=changelist.query,
        kept=kept,
        filters=[(str(spec.title), _choices(spec, changelist, on_list)) for spec in changelist.filter_specs],
        filtered=changelist.has_active_filters,
        more=changelist.result_count - len(found),
    )


def _choices(spec: Any, changelist: Any, on_list: bool) -> list[Choice]:
    return [
        Choice(str(choice["display"]), _address(choice["query_string"], on_list), choice["selected"])
        for choice in spec.choices(changelist)
    ]


def _address(query_string: str, on_list: bool) -> str:
    """On the list's own page its query is the address's; beside a form it is kept in one parameter."""
    return query_string if on_list else "?" + urlencode({KEPT: query_string.removeprefix("?")})
