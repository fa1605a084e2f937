"""The pages of the reports: what they say, what can be asked of them, and what is downloaded."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import DisputeStatus
from payments.reports.pages import REPORTS, Report
from tests.admin import rows
from tests.admin.pages import inline_code
from tests.payments.reports.sales import NOW, contested, held, live_gateway, sale

pytestmark = pytest.mark.django_db

EVERY_REPORT = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.slug)


@pytest.fixture(autouse=True)
def _a_day_in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def at(report: Report | str) -> str:
    return reverse(f"admin:report_{report if isinstance(report, str) else report.slug}")


def page(office: Client, report: Report | str, status: int = 200, **asked: Any) -> str:
    response = office.get(at(report), asked)
    assert response.status_code == status
    body = response.content.decode()
    assert inline_code(body) == []
    return re.sub(r"\s+", " ", body)


def download(office: Client, report: Report | str, **asked: Any) -> list[dict[str, str]]:
    response = office.get(at(report), {"format": "csv", **asked})
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def shop(**fields: Any) -> None:
    """A live gateway with one of everything."""
    gateway = live_gateway(name="Northwind US", monthly_cap=100_000, **fields)
    payment = sale(gateway)
    held(payment)
    contested(payment)
    rows.use_cap(gateway, 10_000, NOW)


# --- what is in it ----------------------------------------------------------------------------------------------


@EVERY_REPORT
def test_a_report_shows_its_gateway_and_says_what_it_leaves_out(office: Client, report: Report) -> None:
    shop()
    body = page(office, report)
    assert report.title in body
    assert "Northwind US" in body
    assert "Test gateways, test campaigns, deleted campaigns and test transactions are left out." in body
    assert "This is test data" not in body


@EVERY_REPORT
def test_without_a_live_gateway_it_says_so_and_offers_the_test_gateways(office: Client, report: Report) -> None:
    payment = sale(rows.gateway(name="Only a test"))
    held(payment)
    contested(payment)
    body = page(office, report)
    assert "No live gateways yet" in body
    assert f'href="{at(report)}?mode=test"' in body
    assert "Only a test" not in body


@EVERY_REPORT
def test_test_gateways_are_shown_when_asked_for_and_marked_as_test_data(office: Client, report: Report) -> None:
    shop()
    payment = sale(rows.gateway(name="Only a test"))
    held(payment)
    contested(payment)
    body = page(office, report, mode="test")
    assert "This is test data." in body
    assert "Only a test" in body
    assert "Northwind US" not in body
    assert {row["mode"] for row in download(office, report, mode="test")} == {"test"}


@EVERY_REPORT
def test_without_a_test_gateway_the_way_back_is_offered(office: Client, report: Report) -> None:
    assert "No test gateways" in page(office, report, mode="test")


def test_a_gateway_without_a_reserve_or_a_sale_has_an_empty_report(office: Client) -> None:
    live_gateway()
    assert "No reserve is held" in page(office, "reserve")
    assert "No payment was captured and none was contested." in page(office, "chargebacks")


def test_a_month_without_disputes_says_so(office: Client) -> None:
    sale(live_gateway())
    body = page(office, "chargebacks")
    assert "No payment was contested in this period." in body
    assert "0.00 %" in body


def test_the_reserve_report_tells_what_is_held_and_when_it_comes_free(office: Client) -> None:
    gateway = live_gateway()
    held(sale(gateway), amount=2500, release_on=date(2027, 1, 5))
    held(sale(gateway), amount=700, release_on=NOW.date(), held_on=date(2026, 11, 2))
    body = page(office, "reserve")
    for text in ("Held now", "$25.00", "Released so far", "$7.00", "5 Jan 2027", "January 2027: $25.00", "10.00 %"):
        assert text in body
    assert body.count(">Released</span>") == 1


def test_the_chargeback_report_marks_a_share_that_is_too_high(office: Client) -> None:
    gateway = live_gateway()
    contested(sale(gateway), status=DisputeStatus.LOST)
    body = page(office, "chargebacks")
    assert '<span class="badge badge-error">100.00 %</span>' in body
    assert "0 : 1" in body


def test_the_cap_report_draws_a_bar_for_each_month_and_the_cap(office: Client) -> None:
    shop()
    body = page(office, "caps")
    assert body.count('class="chart-bar"') == 6
    assert body.count('class="chart-limit"') == 1
    assert '<strong>10 %</strong> of <span class="money">$1,000.00</span> used' in body


# --- what can be asked ------------------------------------------------------------------------------------------


@EVERY_REPORT
@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"gateway": "999"}, "This gateway is not in this report: choose one from the list."),
        ({"gateway": "one"}, "This gateway is not in this report: choose one from the list."),
        ({"period": "next"}, "This period is not offered: choose one from the list."),
        ({"period": "2026-13"}, "This period is not offered: choose one from the list."),
        ({"mode": "demo"}, "Reports are of mode live or test"),
        ({"format": "pdf"}, "Reports come as a page or as csv"),
        ({"gateway": "999", "format": "csv"}, "This gateway is not in this report: choose one from the list."),
    ],
    ids=str,
)
def test_what_is_not_offered_is_refused_at_its_field(
    office: Client, report: Report, asked: dict[str, str], problem: str
) -> None:
    shop()
    body = page(office, report, 400, **asked)
    assert problem in body
    assert "This report cannot be shown" in body


def test_a_gateway_of_the_other_mode_is_not_in_the_report(office: Client) -> None:
    test = rows.gateway()
    assert "not in this report" in page(office, "reserve", 400, gateway=test.pk)
    page(office, "reserve", gateway=test.pk, mode="test")


def test_the_cap_report_shows_one_month_at_a_time(office: Client) -> None:
    shop()
    assert "This period is not offered" in page(office, "caps", 400, period="3")
    assert "October 2026" in page(office, "caps", period="2026-10")


@EVERY_REPORT
def test_a_report_only_reads(office: Client, report: Report) -> None:
    assert office.post(at(report), {}).status_code == 405


def test_rows_are_shown_fifty_at_a_time_and_the_file_holds_all(office: Client) -> None:
    gateway = live_gateway()
    for _ in range(51):
        held(sale(gateway))
    first, second = page(office, "reserve"), page(office, "reserve", page="2")
    assert first.count("?page=2") == 1
    links = [text.count('<a href="/admin/payments/payment/') - 1 for text in (first, second)]  # one is the menu's
    assert links == [50, 1]
    assert page(office, "reserve", page="no number").count("?page=2") == 1
    assert len(download(office, "reserve")) == 51


def test_a_page_keeps_what_was_asked(office: Client) -> None:
    gateway = live_gateway()
    for _ in range(51):
        contested(sale(gateway))
    body = page(office, "chargebacks", period="3", gateway=gateway.pk)
    assert f"?period=3&amp;gateway={gateway.pk}&amp;page=2" in body
    assert f"?period=3&amp;gateway={gateway.pk}&amp;format=csv" in body


# --- the file ---------------------------------------------------------------------------------------------------


def test_the_reserve_as_csv(office: Client) -> None:
    payment = sale(live_gateway(name="Northwind US"))
    held(payment, rate=1250, amount=1250)
    assert download(office, "reserve") == [
        {
            "payment": payment.number,
            "gateway": "Northwind US",
            "mode": "live",
            "held on": "2026-11-25",
            "release on": "2027-02-23",
            "state": "held",
            "currency": "USD",
            "captured": "100.00",
            "rate in percent": "12.50",
            "held back": "12.50",
        }
    ]


def test_chargebacks_as_csv(office: Client) -> None:
    payment = sale(live_gateway(name="Northwind US"))
    dispute = contested(payment, status=DisputeStatus.LOST, network_reason="10.4")
    assert download(office, "chargebacks") == [
        {
            "dispute": dispute.reference,
            "payment": payment.number,
            "gateway": "Northwind US",
            "mode": "live",
            "opened on": "2026-11-25",
            "status": "Lost",
            "reason": "Fraudulent",
            "reason code": "10.4",
            "currency": "USD",
            "amount": "100.00",
            "chargeback fee": "25.00",
            "balance currency": "USD",
            "taken back": "100.00",
            "given back": "0.00",
            "fee taken": "15.00",
            "answer by": "2026-12-04T12:00+00:00",
            "over since": "2026-11-25T12:00+00:00",
        }
    ]


def test_caps_as_csv(office: Client) -> None:
    shop()
    table = download(office, "caps")
    assert [row["month"] for row in table] == ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]
    assert table[-1] == {
        "gateway": "Northwind US",
        "mode": "live",
        "month": "2026-11",
        "currency": "USD",
        "cap": "1000.00",
        "captured": "100.00",
        "reserved": "0.00",
        "tests and deleted campaigns": "0.00",
        "left": "900.00",
        "used percent": "10",
    }


@EVERY_REPORT
def test_a_name_that_would_be_a_formula_is_quoted(office: Client, report: Report) -> None:
    payment = sale(live_gateway(name='=HYPERLINK("https://evil.test","Click")'))
    held(payment)
    contested(payment)
    assert {row["gateway"] for row in download(office, report)} == {'\'=HYPERLINK("https://evil.test","Click")'}


# --- who may, and what it costs ---------------------------------------------------------------------------------


@EVERY_REPORT
def test_who_may_not_see_the_rows_sees_no_report(client: Client, report: Report) -> None:
    clerk = User.objects.create(username="clerk", password="!", is_staff=True)
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(at(report)).status_code == 403
    assert client.get(at(report), {"format": "csv"}).status_code == 403
    assert at(report) not in client.get("/admin/").content.decode()
    codename = report.permission.partition(".")[2]
    clerk.user_permissions.add(Permission.objects.get(codename=codename))
    assert client.get(at(report)).status_code == 200
    assert f'href="{at(report)}"' in client.get("/admin/").content.decode()


@EVERY_REPORT
def test_a_visitor_is_sent_to_the_sign_in(client: Client, report: Report) -> None:
    response = client.get(at(report))
    assert response.status_code == 302
    assert "/admin/login/" in response["Location"]


@EVERY_REPORT
@pytest.mark.parametrize("as_csv", [False, True], ids=["page", "csv"])
def test_many_rows_cost_no_more_queries_than_few(office: Client, report: Report, as_csv: bool) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            if as_csv:
                download(office, report)
            else:
                page(office, report)
        return len(found)

    for _ in range(2):
        shop_of_its_own()
    few = queries()
    for _ in range(6):
        shop_of_its_own()
    assert queries() == few


def shop_of_its_own() -> None:
    payment = sale(live_gateway())
    held(payment)
    contested(payment)
    rows.use_cap(payment.gateway, 10_000, NOW)
