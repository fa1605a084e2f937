"""An operator answers disputes and reads the reports in a real browser."""

import csv
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from payments.models import Dispute
from tests.admin import rows
from tests.payments.disputed import make_dispute

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dispute(transactional_db: None) -> Dispute:
    return make_dispute(name="Northwind US", reserve_rate=1000, reserve_days=90, monthly_cap=100_000)


def test_a_dispute_is_answered_from_the_list_to_the_bank(operator: Page, live_server: Any, dispute: Dispute) -> None:
    operator.goto(f"{live_server.url}/admin/")
    operator.get_by_role("link", name="1 dispute to answer").click()
    operator.get_by_role("link", name=dispute.payment.number).click()
    operator.get_by_role("link", name="Answer", exact=True).click()
    expect(operator.get_by_label("Receipt")).to_have_value(re.compile("Order SO-"))
    operator.get_by_label("Explanation").fill("They ordered twice before.")
    operator.get_by_role("button", name="Read it once more").click()
    operator.get_by_role("button", name="Change it").click()
    expect(operator.get_by_label("Explanation")).to_have_value("They ordered twice before.")
    operator.get_by_label("Explanation").fill("They ordered twice before,\nand signed for it.")
    operator.get_by_role("button", name="Read it once more").click()
    expect(operator.get_by_text("You can answer only once.")).to_be_visible()
    operator.get_by_role("button", name="Send the evidence").dblclick()
    expect(operator.get_by_role("heading", name="Under review", exact=True)).to_be_visible()
    assert dispute.answers.get().evidence["uncategorized_text"] == "They ordered twice before,\r\nand signed for it."


def test_a_dispute_is_accepted_after_a_question(operator: Page, live_server: Any, dispute: Dispute) -> None:
    operator.goto(f"{live_server.url}/admin/payments/dispute/{dispute.pk}/change/")
    operator.get_by_role("link", name="Accept", exact=True).click()
    expect(operator.get_by_text("This cannot be taken back.")).to_be_visible()
    operator.get_by_role("button", name="Accept the dispute").click()
    expect(operator.get_by_text("The dispute is accepted.")).to_be_visible()
    dispute.refresh_from_db()
    assert dispute.status == "lost"


def test_a_report_is_filtered_and_downloaded(operator: Page, live_server: Any, dispute: Dispute) -> None:
    operator.goto(f"{live_server.url}/admin/reports/chargebacks/")
    operator.get_by_role("main").get_by_role("link", name="Show test gateways instead").last.click()
    expect(operator.get_by_text("This is test data.")).to_be_visible()
    operator.get_by_label("Gateway", exact=True).select_option("Northwind US")
    operator.get_by_label("Opened in").select_option("Last 3 months")
    operator.get_by_role("button", name="Show", exact=True).click()
    expect(operator.get_by_role("link", name=dispute.payment.number)).to_be_visible()
    expect(operator.get_by_label("Opened in")).to_have_value("3")
    with operator.expect_download() as download:
        operator.get_by_role("link", name="Download CSV").click()
    with download.value.path().open(newline="") as file:
        assert [row["dispute"] for row in csv.DictReader(file)] == [dispute.reference]


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways(operator: Page, live_server: Any, dispute: Dispute, width: int) -> None:
    rows.gateway(mode="live", name="A live gateway with a rather long name for a column")
    operator.set_viewport_size({"width": width, "height": 844})
    page = f"/admin/payments/dispute/{dispute.pk}"
    for path in [
        "/admin/payments/dispute/",
        f"{page}/change/",
        f"{page}/answer/",
        f"{page}/accept/",
        *(
            f"/admin/reports/{slug}/{mode}"
            for slug in ("reserve", "chargebacks", "caps")
            for mode in ("", "?mode=test")
        ),
    ]:
        operator.goto(live_server.url + path)
        assert operator.evaluate("document.documentElement.scrollWidth") <= width, path
