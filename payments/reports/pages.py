"""The pages of the reports: a filter, figures, rows, and the same as CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gateways.paging import BoundedPaginator
from payments.reports.caps import cap_figures, cap_table
from payments.reports.chargebacks import (
    TOO_HIGH,
    chargeback_figures,
    chargeback_rows,
    chargeback_table,
    chargeback_totals,
)
from payments.reports.csv_export import Table, csv_response
from payments.reports.forms import ReportForm
from payments.reports.reserve import percent, reserve_figures, reserve_rows, reserve_table
from payments.reports.scope import Scope, gateways_of

PER_PAGE = 50


@dataclass(frozen=True)
class Report:
    """`fill` makes what the page shows, `table` what is downloaded. Who may see the rows may see the report."""

    slug: str
    title: str
    icon: str
    permission: str
    fill: Callable[[Scope, str], dict[str, Any]]
    table: Callable[[Scope], Table]
    single_months: bool = False

    @property
    def url_name(self) -> str:
        return f"report_{self.slug}"

    def view(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        form = ReportForm(request.GET, single_months=self.single_months)
        if not form.is_valid():
            return self._page(request, form, {}, status=400)
        scope = form.scope()
        if form.cleaned_data["format"]:
            return csv_response(self.table(scope))
        return self._page(request, form, {"scope": scope, **self.fill(scope, request.GET.get("page", "1"))})

    def _page(
        self, request: HttpRequest, form: ReportForm, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponseBase:
        everything = {
            **admin.site.each_context(request),
            "title": self.title,
            "report": self,
            "url_name": f"admin:{self.url_name}",
            "form": form,
            "is_test": form.shown_mode == "test",
            "has_gateways": gateways_of(form.shown_mode).exists(),
            **context,
        }
        return render(request, f"admin/payments/reports/{self.slug}.html", everything, status=status)


def _reserve(scope: Scope, page: str) -> dict[str, Any]:
    rows = BoundedPaginator(reserve_rows(scope), PER_PAGE).get_page(page)
    told = [(row, scope.by_pk[row.gateway_id], percent(row.rate)) for row in rows]
    today = {gateway.pk: scope.today(gateway) for gateway in scope.gateways}
    released = {row.pk for row in rows if row.release_on <= today[row.gateway_id]}
    return {"figures": reserve_figures(scope), "rows": rows, "told": told, "released": released}


def _chargebacks(scope: Scope, page: str) -> dict[str, Any]:
    figures = chargeback_figures(scope)
    rows = BoundedPaginator(chargeback_rows(scope), PER_PAGE).get_page(page)
    told = [(row, scope.by_pk[row.gateway_id]) for row in rows]
    limit = f"{percent(TOO_HIGH)} %"
    return {"figures": figures, "totals": chargeback_totals(figures), "rows": rows, "told": told, "limit": limit}


def _caps(scope: Scope, _page: str) -> dict[str, Any]:
    return {"figures": cap_figures(scope)}


REPORTS = (
    Report("reserve", "Reserve report", "reserve", "payments.view_reservetranche", _reserve, reserve_table),
    Report(
        "chargebacks",
        "Chargeback details report",
        "chargebacks",
        "payments.view_dispute",
        _chargebacks,
        chargeback_table,
    ),
    Report("caps", "Monthly cap report", "bars", "gateways.view_monthlyvolume", _caps, cap_table, single_months=True),
)


def report_views() -> list[tuple[str, str, Callable[[HttpRequest], HttpResponseBase]]]:
    """Address below `reports/`, name and view of each."""
    return [(f"{report.slug}/", report.url_name, require_safe(report.view)) for report in REPORTS]
