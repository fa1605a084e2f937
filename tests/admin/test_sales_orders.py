"""Campaigns, offers and sales orders, as typed by an operator."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import Offer, Order, PaymentState, Staff
from orders.services.orders import create_order
from orders.services.shipping import Parcel, create_ship_doc
from tests.admin import rows
from tests.admin.typed import campaign_form, offer_form
from tests.factories import make_rebill, make_subscription

pytestmark = pytest.mark.django_db

ADD = "/admin/orders/order/add/"


def lines(*offers: tuple[Offer, int]) -> dict[str, Any]:
    typed: dict[str, Any] = {"lines-TOTAL_FORMS": len(offers), "lines-INITIAL_FORMS": 0}
    for position, (offer, quantity) in enumerate(offers):
        typed |= {f"lines-{position}-offer": offer.pk, f"lines-{position}-quantity": quantity}
    return typed


def order_page(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def test_an_order_is_added_up_from_its_lines(office: Client) -> None:
    offer = rows.offer(price=4995)
    buyer = rows.customer()
    amounts = {"discount": "10", "discount_reason": "Late last time", "shipping": "5.95", "tax": ""}
    typed = {"customer": buyer.pk, "campaign": offer.campaign_id, **amounts, **lines((offer, 2))}
    assert office.post(ADD, typed).status_code == 302
    order = Order.objects.get()
    assert (order.total, order.discount, order.shipping, order.tax) == (9585, 1000, 595, 0)
    assert (order.currency, order.lines.get().unit_price) == ("USD", 4995)


def test_amounts_are_read_in_the_currency_of_the_campaign(office: Client) -> None:
    offer = rows.offer(rows.campaign("JPY"), price=5000)
    typed = {"customer": rows.customer().pk, "campaign": offer.campaign_id, "shipping": "400", **lines((offer, 1))}
    assert office.post(ADD, typed).status_code == 302
    assert Order.objects.get().total == 5400


@pytest.mark.parametrize(("field", "text"), [("discount", "-1"), ("shipping", "five"), ("tax", "0.001")])
def test_a_bad_amount_is_told_on_its_field(office: Client, field: str, text: str) -> None:
    offer = rows.offer()
    typed = {"customer": rows.customer().pk, "campaign": offer.campaign_id, field: text, **lines((offer, 1))}
    response = office.post(ADD, {**typed, "discount_reason": "Goodwill"})
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Order.objects.exists()


def test_a_discount_above_the_lines_is_told_on_its_field_and_nothing_is_saved(office: Client) -> None:
    offer = rows.offer(price=1000)
    typed = {"customer": rows.customer().pk, "campaign": offer.campaign_id, "discount": "99", **lines((offer, 1))}
    typed["discount_reason"] = "Goodwill"
    response = office.post(ADD, typed)
    assert "The discount is more than the lines come to" in response.context["adminform"].form.errors["discount"][0]
    assert not Order.objects.exists()


def test_a_discount_without_a_reason_is_told_on_its_field(office: Client) -> None:
    offer = rows.offer(price=1000)
    typed = {"customer": rows.customer().pk, "campaign": offer.campaign_id, "discount": "1", **lines((offer, 1))}
    response = office.post(ADD, typed)
    assert response.context["adminform"].form.errors == {
        "discount_reason": ["Say why there is a discount, or take it away."]
    }
    assert not Order.objects.exists()


def test_a_coupon_is_typed_by_its_code_and_gives_the_discount(office: Client) -> None:
    offer = rows.offer(price=4995)
    coupon = offer.campaign.coupons.create(code="AUTUMN", rate=1000)
    typed = {"customer": rows.customer().pk, "campaign": offer.campaign_id, "coupon_code": "autumn"}
    assert office.post(ADD, {**typed, **lines((offer, 2))}).status_code == 302
    order = Order.objects.get()
    coupon.refresh_from_db()
    assert (order.coupon, order.discount, order.total, coupon.uses) == (coupon, 999, 8991, 1)
    page = office.get(order_page(order)).content.decode()
    assert 'value="AUTUMN"' in page
    assert 'value="9.99"' in page


@pytest.mark.parametrize(
    ("typed", "field", "error"),
    [
        ({"coupon_code": "SUMMER"}, "coupon_code", "has no coupon “SUMMER”"),
        ({"coupon_code": "SPENT"}, "coupon_code", "Coupon SPENT was used once"),
        ({"coupon_code": "AUTUMN", "discount": "1"}, "discount", "The coupon gives the discount"),
    ],
)
def test_a_coupon_that_does_not_count_is_told_on_its_field(
    office: Client, typed: dict[str, str], field: str, error: str
) -> None:
    offer = rows.offer()
    offer.campaign.coupons.create(code="AUTUMN", rate=1000)
    offer.campaign.coupons.create(code="SPENT", rate=1000, most_uses=1, uses=1)
    parties = {"customer": rows.customer().pk, "campaign": offer.campaign_id}
    response = office.post(ADD, {**parties, **typed, **lines((offer, 1))})
    assert error in response.context["adminform"].form.errors[field][0]
    assert not Order.objects.exists()


def with_lines_of(order: Order, **fields: Any) -> dict[str, Any]:
    """The page of an order with one line, as a browser sends it back."""
    line = order.lines.get()
    kept = {"lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 1, "lines-0-id": line.pk, "lines-0-order": order.pk}
    return {**kept, "lines-0-offer": line.offer_id, "lines-0-quantity": line.quantity, "shipping": "", **fields}


def test_a_coupon_that_is_taken_away_takes_its_discount_along(office: Client) -> None:
    shop = rows.campaign()
    coupon = shop.coupons.create(code="AUTUMN", rate=1000)
    order = create_order(rows.customer(), shop, [(rows.offer(shop), 1)], coupon=coupon)
    typed = with_lines_of(order, coupon_code="", discount="5.00")
    assert office.post(order_page(order), typed).status_code == 302
    order.refresh_from_db()
    coupon.refresh_from_db()
    assert (order.coupon, order.discount, order.total, coupon.uses) == (None, 0, 4995, 0)


def test_what_is_on_a_ship_doc_stays_on_the_order(office: Client) -> None:
    shop = rows.campaign()
    order = create_order(rows.customer(), shop, [(rows.offer(shop), 3)])
    line = order.lines.get()
    create_ship_doc(order.pk, Parcel({line.pk: 2}))
    less = office.post(order_page(order), with_lines_of(order, **{"lines-0-quantity": 1}))
    assert "2 of Shop offer" in less.content.decode()
    other = office.post(order_page(order), with_lines_of(order, **{"lines-0-offer": rows.offer(shop).pk}))
    assert "is on a ship doc: cancel that before you change the offer" in other.content.decode()
    office.post(order_page(order), with_lines_of(order, **{"lines-0-DELETE": "on"}))
    line.refresh_from_db()
    assert (line.quantity, line.quantity_on_ship_docs) == (3, 2)
    assert office.post(order_page(order), with_lines_of(order, **{"lines-0-quantity": 2})).status_code == 302


def test_who_gives_the_service_is_chosen_where_there_is_staff(office: Client) -> None:
    offer = rows.offer()
    assert b"lines-0-staff" not in office.get(ADD).content
    ada, bob = Staff.objects.create(name="Ada"), Staff.objects.create(name="Bob")
    offer.staff.add(ada)
    typed = {"customer": rows.customer().pk, "campaign": offer.campaign_id, **lines((offer, 1))}
    assert "Bob does not give" in office.post(ADD, {**typed, "lines-0-staff": bob.pk}).content.decode()
    assert office.post(ADD, {**typed, "lines-0-staff": ada.pk}).status_code == 302
    assert Order.objects.get().lines.get().staff == ada


def test_a_rebill_shows_its_subscription_and_cannot_be_edited(office: Client) -> None:
    order = make_rebill(make_subscription(), cycle=2)
    page = office.get(order_page(order)).content.decode()
    assert f"This is cycle 2 of {order.subscription}" in page
    assert 'name="notes"' not in page
    assert office.post(order_page(order), {"notes": "Call first."}).status_code == 403


def test_an_offer_of_another_campaign_is_refused(office: Client) -> None:
    stranger = rows.offer()
    typed = {"customer": rows.customer().pk, "campaign": rows.campaign().pk, **lines((stranger, 1))}
    response = office.post(ADD, typed)
    assert "is not an offer of" in response.content.decode()
    assert not Order.objects.exists()


def test_an_order_without_lines_is_refused(office: Client) -> None:
    typed = {"customer": rows.customer().pk, "campaign": rows.campaign().pk, **lines()}
    assert "An order needs at least one line" in office.post(ADD, typed).content.decode()


def test_an_address_of_somebody_else_is_refused(office: Client) -> None:
    offer = rows.offer()
    foreign = rows.customer().addresses.get()
    people = {"customer": rows.customer().pk, "address": foreign.pk}
    response = office.post(ADD, {"campaign": offer.campaign_id, **people, **lines((offer, 1))})
    assert "address" in response.context["adminform"].form.errors


def test_an_order_with_money_on_it_keeps_its_lines_and_amounts(office: Client) -> None:
    order = rows.order()
    Order.objects.update(payment_state=PaymentState.PAID, amount_paid=order.total)
    assert "Money has been taken or held on this order" in office.get(order_page(order)).content.decode()
    typed = {"discount": "1", "shipping": "", "notes": "Call first.", **lines((rows.offer(), 3))}
    answer = office.post(order_page(order), typed, follow=True).content.decode()
    assert "Lines and amounts were not saved. Money has been taken or held" in answer
    order.refresh_from_db()
    assert (order.discount, order.total, order.lines.count(), order.notes) == (0, 4995, 1, "Call first.")


def test_orders_are_found_by_number_and_by_customer(office: Client) -> None:
    first, second = rows.order(), rows.order()
    for term in (second.number, second.number.lower(), second.customer.email):
        found = office.get("/admin/orders/order/", {"q": term}).context["cl"].result_list
        assert list(found) == [second]
    assert first.number != second.number


def test_orders_are_not_deleted(office: Client) -> None:
    address = reverse("admin:orders_order_delete", args=[rows.order().pk])
    assert office.post(address, {"post": "yes"}).status_code == 403


def test_an_offer_is_priced_in_its_campaigns_currency(office: Client) -> None:
    campaign = rows.campaign("KWD")
    page = reverse("admin:orders_campaign_change", args=[campaign.pk])
    row = {"name": "Box", "price": "1.250", "active": "on"}
    assert office.post(page, campaign_form(campaign, card_payments=None, offers=[row])).status_code == 302
    offer = Offer.objects.get()
    assert offer.price == 1250
    assert 'value="1.250"' in office.get(reverse("admin:orders_offer_change", args=[offer.pk])).content.decode()


def test_a_new_campaign_prices_its_first_offers(office: Client) -> None:
    row = {"name": "Box", "price": "19.99", "active": "on"}
    assert office.post("/admin/orders/campaign/add/", campaign_form(currency="eur", offers=[row])).status_code == 302
    assert Offer.objects.get().price == 1999


def test_a_price_of_nothing_is_told_on_its_field(office: Client) -> None:
    campaign = rows.campaign()
    response = office.post("/admin/orders/offer/add/", offer_form(campaign, price="0"))
    assert response.context["adminform"].form.errors["price"] == ["Write an amount above zero."]


def test_drop_downs_tell_the_offers_price_and_campaign(office: Client) -> None:
    offer = rows.offer(price=4995)
    rows.offer(active=False)
    asked = {"app_label": "orders", "model_name": "orderline", "field_name": "offer", "term": ""}
    (choice,) = office.get("/admin/autocomplete/", asked).json()["results"]
    assert choice["text"] == f"{offer.name} · $49.95 · {offer.campaign}"
