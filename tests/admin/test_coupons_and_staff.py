"""Coupons and staff, as an operator types them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gateways import clock
from orders.models import Campaign, Coupon, Staff
from tests.admin.test_campaigns import errors
from tests.factories import make_campaign, make_offer

pytestmark = pytest.mark.django_db

ADD = "/admin/orders/coupon/add/"


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def coupon_form(campaign: Campaign, **fields: Any) -> dict[str, Any]:
    return {"campaign": campaign.pk, "code": "SUMMER", "amount": "", "rate": "10", "active": "on", **fields}


@pytest.mark.parametrize("typed", ["summer-10", " Summer-10 ", "SUMMER-10"])
def test_a_code_is_kept_in_capitals(office: Client, campaign: Campaign, typed: str) -> None:
    assert office.post(ADD, coupon_form(campaign, code=typed)).status_code == 302
    assert Coupon.objects.get().code == "SUMMER-10"


def test_an_amount_is_in_the_campaigns_currency(office: Client) -> None:
    yen = make_campaign(currency="JPY")
    assert office.post(ADD, coupon_form(yen, amount="500", rate="")).status_code == 302
    assert Coupon.objects.get().amount == 500


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"rate": ""}, "amount", "one of the two"),
        ({"amount": "5"}, "amount", "one of the two"),
        ({"rate": "0"}, "rate", "above zero"),
        ({"rate": "101"}, "rate", "from 0 to 100"),
        ({"rate": "", "amount": "-5"}, "amount", "Write an amount"),
        ({"rate": "", "amount": "0"}, "amount", "above zero"),
        ({"code": "10 % off"}, "code", "letters, digits"),
        ({"code": ""}, "code", "required"),
        ({"most_uses": "0"}, "most_uses", "Write 1 or more"),
        ({"starts_on": "2026-02-30"}, "starts_on", "valid date"),
        ({"starts_on": "2026-02-02", "ends_on": "2026-02-01"}, "__all__", "turn them round"),
    ],
)
def test_a_coupon_that_means_nothing_is_refused_on_its_field(
    office: Client, campaign: Campaign, fields: dict[str, Any], field: str, words: str
) -> None:
    answer = office.post(ADD, coupon_form(campaign, **fields))
    assert words in errors(answer)[field][0]
    assert not Coupon.objects.exists()


def test_the_same_code_twice_in_a_campaign_is_refused_however_it_is_typed(office: Client, campaign: Campaign) -> None:
    office.post(ADD, coupon_form(campaign))
    answer = office.post(ADD, coupon_form(campaign, code="summer"))
    assert "already exists" in errors(answer)["__all__"][0]
    assert office.post(ADD, coupon_form(make_campaign())).status_code == 302


def test_fewer_uses_than_there_were_are_refused(office: Client, campaign: Campaign) -> None:
    coupon = campaign.coupons.create(code="SUMMER", rate=1000, uses=12)
    answer = office.post(f"/admin/orders/coupon/{coupon.pk}/change/", coupon_form(campaign, most_uses="11"))
    assert errors(answer)["most_uses"] == ["It was used 12 times: write at least that or more, or leave it empty."]


def test_the_list_shows_uses_and_what_counts_today(office: Client, campaign: Campaign) -> None:
    today = timezone.localdate(clock.now())
    days: dict[str, Any] = {
        "GONE": {"ends_on": today - timedelta(days=1)},
        "LATER": {"starts_on": today + timedelta(days=1)},
    }
    others: dict[str, Any] = {
        "USED": {"most_uses": 2, "uses": 2},
        "OFF": {"active": False},
        "NOW": {"ends_on": today, "uses": 1},
    }
    for code, fields in {**days, **others}.items():
        campaign.coupons.create(code=code, rate=1250, **fields)
    html = office.get("/admin/orders/coupon/").content.decode()
    for words in ("12.5 %", "2 of 2", "Over", "Not yet", "Used up", "Counts"):
        assert words in html
    found = office.get("/admin/orders/coupon/", {"state": "counts"}).context["cl"].result_list
    assert [coupon.code for coupon in found] == ["NOW"]
    assert len(office.get("/admin/orders/coupon/", {"state": "not"}).context["cl"].result_list) == 4


def test_who_is_off_cannot_be_chosen(office: Client) -> None:
    ada = Staff.objects.create(name="Ada")
    Staff.objects.create(name="Bob", active=False)
    make_offer().staff.add(ada)
    asked = {"app_label": "orders", "model_name": "offer", "field_name": "staff", "term": ""}
    assert [row["text"] for row in office.get("/admin/autocomplete/", asked).json()["results"]] == ["Ada"]
    found = office.get("/admin/orders/staff/").context["cl"].result_list
    assert [(row.name, row.offers_on_sale) for row in found] == [("Ada", 1), ("Bob", 0)]


def test_a_name_of_staff_is_given_once(office: Client) -> None:
    for status in (302, 200):
        assert office.post("/admin/orders/staff/add/", {"name": "Ada", "active": "on"}).status_code == status
