"""Offers in the admin: kind and cycles, payment terms, gateways, and what routing would choose now."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Campaign, Offer, Staff
from tests.admin import rows
from tests.admin.test_campaigns import errors, row_errors
from tests.admin.typed import cycle, inline, offer_form
from tests.factories import make_campaign, make_offer, make_recurring_offer, make_subscription

pytestmark = pytest.mark.django_db

ADD = "/admin/orders/offer/add/"


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def page(offer: Offer) -> str:
    return reverse("admin:orders_offer_change", args=[offer.pk])


def recurring(campaign: Campaign, *cycles: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return offer_form(campaign, kind="recurring", cycles=list(cycles), **fields)


def cycles_refused(answer: Any) -> str:
    (formset,) = [one.formset for one in answer.context["inline_admin_formsets"] if one.formset.prefix == "cycles"]
    return f"{formset.non_form_errors()} {formset.errors}"


def test_a_one_off_offer_is_saved_with_everything(office: Client, campaign: Campaign) -> None:
    staff = Staff.objects.create(name="Ada")
    terms: dict[str, Any] = {
        "terms": "deposit",
        "deposit_rate": "20",
        "cancellation_fee": "5",
        "staff": [staff.pk],
        "shippable": None,
    }
    assert office.post(ADD, offer_form(campaign, **terms)).status_code == 302
    offer = Offer.objects.get()
    assert (offer.price, offer.deposit_rate, offer.deposit_amount) == (1999, 2000, None)
    assert (offer.cancellation_fee, offer.shippable, offer.is_recurring) == (500, False, False)
    assert offer.staff.get() == staff
    assert 'value="20.00"' in office.get(page(offer)).content.decode()


def test_a_recurring_offer_is_saved_with_its_cycles(office: Client, campaign: Campaign) -> None:
    typed = recurring(campaign, cycle(2, "24.99"), cycle(3, "9.50", 14, "day"), repeats=None)
    assert office.post(ADD, typed).status_code == 302
    offer = Offer.objects.get()
    assert [(row.number, row.price, row.interval_text) for row in offer.cycles.all()] == [
        (2, 2499, "after 1 month"),
        (3, 950, "after 14 days"),
    ]
    assert not offer.repeats
    assert "The sale itself, at the offer’s price" in office.get(page(offer)).content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ([], "A recurring offer needs cycle 2"),
        ([cycle(3, "9")], "Cycle 2 is missing before cycle 3: number this row 2."),
        ([cycle(2, "9"), cycle(4, "9"), cycle(5, "9")], "Cycle 3 is missing before cycle 4: number this row 3."),
        ([cycle(1, "9")], "Cycle 1 is the sale, at the offer"),
        ([cycle(2, "9"), cycle(2, "8")], "duplicate"),
        ([cycle("", "9")], "required"),
        ([cycle(2, "0.49")], "The least that can be charged is 0.50 USD."),
        ([cycle(2, "0")], "Write an amount above zero."),
        ([cycle(2, "free")], "Write the amount in digits"),
        ([cycle(2, "9", 0)], "greater than or equal to 1"),
        ([cycle(2, "9", 1000)], "less than or equal to 999"),
        ([cycle(2, "9", 1, "week")], "Select a valid choice"),
    ],
)
def test_cycles_that_cannot_be_billed_are_refused_on_their_row(
    office: Client, campaign: Campaign, typed: list[dict[str, Any]], words: str
) -> None:
    answer = office.post(ADD, recurring(campaign, *typed))
    assert words in cycles_refused(answer)
    assert not Offer.objects.exists()


def test_cycles_may_be_typed_in_any_order(office: Client, campaign: Campaign) -> None:
    assert office.post(ADD, recurring(campaign, cycle(3, "8"), cycle(2, "9"))).status_code == 302


def test_a_one_off_offer_has_no_rebills(office: Client, campaign: Campaign) -> None:
    answer = office.post(ADD, offer_form(campaign, cycles=[cycle(2, "9")]))
    assert "A one-off offer has no rebills" in cycles_refused(answer)


def test_a_cycle_that_is_taken_out_leaves_no_gap(office: Client, campaign: Campaign) -> None:
    offer = make_recurring_offer(campaign, cycles=(1500, 1600))
    second, third = offer.cycles.all()
    kept = [{**cycle(2, "15"), "id": second.pk, "DELETE": "on"}, {**cycle(3, "16"), "id": third.pk}]
    typed = {**offer_form(offer=offer, kind="recurring", price="10"), **inline("cycles", kept, stored=2)}
    assert "Cycle 2 is missing before cycle 3" in cycles_refused(office.post(page(offer), typed))
    assert offer.cycles.count() == 2
    typed |= {"cycles-0-DELETE": "", "cycles-1-DELETE": "on"}
    assert office.post(page(offer), typed).status_code == 302
    assert [row.number for row in offer.cycles.all()] == [2]


@pytest.mark.parametrize(
    ("currency", "price", "second", "warned"),
    [
        ("USD", "10", "10.49", True),
        ("USD", "10", "9.51", True),
        ("USD", "10", "10.50", False),
        ("JPY", "500", "500", True),
        ("JPY", "500", "501", False),
        ("KWD", "10", "10.490", True),
        ("KWD", "10", "10.500", False),
    ],
)
def test_a_cycle_2_close_to_cycle_1_is_saved_with_a_warning(
    office: Client, currency: str, price: str, second: str, warned: bool
) -> None:
    typed = recurring(make_campaign(currency=currency), cycle(2, second), price=price)
    body = office.post(ADD, typed, follow=True).content.decode()
    assert ("take the rebill for the same payment sent twice" in body) is warned
    assert Offer.objects.get().cycles.count() == 1


@pytest.mark.parametrize(("currency", "price", "least"), [("USD", "0.49", "0.50 USD"), ("JPY", "49", "50 JPY")])
def test_a_price_below_the_currencys_minimum_is_refused(office: Client, currency: str, price: str, least: str) -> None:
    answer = office.post(ADD, offer_form(make_campaign(currency=currency), price=price))
    assert errors(answer)["price"] == [f"The least that can be charged is {least}."]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "deposit_amount", "A deposit needs an amount, or a share"),
        ({"deposit_amount": "5", "deposit_rate": "20"}, "deposit_rate", "empty one of the two"),
        ({"deposit_amount": "19.99"}, "deposit_amount", "less than the price, 19.99 USD"),
        ({"deposit_amount": "0.10"}, "deposit_amount", "The least that can be charged"),
        ({"deposit_amount": "-1"}, "deposit_amount", "Write an amount"),
        ({"deposit_rate": "100"}, "deposit_rate", "less than 100 %"),
        ({"deposit_rate": "0"}, "deposit_rate", "more than 0 %"),
        ({"deposit_rate": "1"}, "deposit_rate", "The deposit would be too small"),
        ({"deposit_rate": "a lot"}, "deposit_rate", "Write a percentage"),
        ({"deposit_rate": "20", "cancellation_fee": "20"}, "cancellation_fee", "at most the price, 19.99 USD"),
    ],
)
def test_terms_that_cannot_be_kept_are_refused_on_their_field(
    office: Client, campaign: Campaign, fields: dict[str, Any], field: str, words: str
) -> None:
    answer = office.post(ADD, offer_form(campaign, terms="deposit", **fields))
    assert words in errors(answer)[field][0]
    assert not Offer.objects.exists()


def test_a_deposit_of_former_terms_is_forgotten(office: Client, campaign: Campaign) -> None:
    offer = make_offer(campaign, 5000, terms="deposit", deposit_amount=4000)
    typed = offer_form(offer=offer, price="20", terms="full", deposit_amount="40", deposit_rate="nonsense")
    assert office.post(page(offer), typed).status_code == 302
    offer.refresh_from_db()
    assert (offer.price, offer.deposit_amount) == (2000, None)


def test_an_offer_that_is_billed_stays_recurring(office: Client) -> None:
    offer = make_recurring_offer()
    make_subscription(offer)
    row = {**cycle(2, "15"), "id": offer.cycles.get().pk}
    typed = {**offer_form(offer=offer, kind="one_off"), **inline("cycles", [row], stored=1)}
    assert office.post(page(offer), typed).status_code == 302
    offer.refresh_from_db()
    assert offer.is_recurring
    assert "1 subscription of this offer is billed" in office.get(page(offer)).content.decode()


def test_a_gateway_of_other_money_is_refused_on_its_row(office: Client, campaign: Campaign) -> None:
    row = {"gateway": rows.gateway(mode="live").pk, "priority": 1, "weight": 1}
    answer = office.post(ADD, offer_form(campaign, gateways=[row]))
    assert "is a live gateway and this a test campaign" in row_errors(answer, "assignments")[0]["gateway"][0]


def test_the_page_tells_what_routing_would_choose_now_and_why_not_the_others(
    office: Client, campaign: Campaign
) -> None:
    offer = make_offer(campaign, 5000)
    fit, unfit = rows.gateway(monthly_cap=None), rows.gateway(monthly_cap=4999)
    for priority, gateway in enumerate([unfit, fit], start=1):
        offer.assignments.create(gateway=gateway, priority=priority)
    html = office.get(page(offer)).content.decode()
    assert f"The only one of the gateways of {offer} that can take it." in html
    assert "It has 49.99 USD left under its monthly cap." in html


def test_the_page_tells_when_no_gateway_can_take_a_sale(office: Client, campaign: Campaign) -> None:
    offer = make_offer(campaign)
    assert "no default gateway for USD in test mode" in office.get(page(offer)).content.decode()
    offer.assignments.create(gateway=rows.gateway(active=False))
    assert "No gateway can take a sale of this offer now" in office.get(page(offer)).content.decode()


def test_an_upsell_is_an_offer_that_is_ticked_so(office: Client, campaign: Campaign) -> None:
    office.post(ADD, offer_form(campaign, is_upsell="on"))
    assert Offer.objects.get().is_upsell


def test_an_offer_is_not_deleted(office: Client, campaign: Campaign) -> None:
    address = reverse("admin:orders_offer_delete", args=[make_offer(campaign).pk])
    assert office.post(address, {"post": "yes"}).status_code == 403


def test_the_list_knows_kinds_and_campaigns(office: Client, campaign: Campaign) -> None:
    club, box = make_recurring_offer(campaign), make_offer()
    for filters, found in [({"kind": "recurring"}, [club]), ({"campaign": str(box.campaign_id)}, [box])]:
        assert list(office.get("/admin/orders/offer/", filters).context["cl"].result_list) == found
    assert office.get("/admin/orders/offer/", {"campaign": "x"}).status_code == 200
