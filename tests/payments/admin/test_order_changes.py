"""Upsells and cancellations, as an operator presses them; and an order that is found by its payment."""

from typing import Any

import pytest
from django.test import Client

from orders.models import Order, Staff
from payments.models import Payment, Purpose, Refund
from payments.services.balances import balance_of
from payments.services.submit import submit
from tests.factories import make_card, make_gateway, make_offer, make_order, make_payment
from tests.payments.admin.test_ship_docs import operator_with
from tests.payments.refunds import paid, refunds_at_stripe
from tests.payments.services.test_cancellation import booking, held

pytestmark = pytest.mark.django_db(transaction=True)


def page(order: Order, part: str) -> str:
    return f"/admin/orders/order/{order.pk}/{part}/"


# --- upsells ----------------------------------------------------------------------------------------------------


def test_an_upsell_is_added_to_a_paid_order_and_the_difference_is_shown_as_due(office: Client) -> None:
    order = paid(5_000).order
    assert order is not None
    offer = make_offer(order.campaign, 2_000)
    assert page(order, "upsell") in office.get(page(order, "change")).content.decode()
    assert f"{offer.name} · $20.00" in office.get(page(order, "upsell")).content.decode()
    typed = {"offer": offer.pk, "quantity": 2, "shipping": "3.50", "tax": "", "seen": 5_000}
    answer = office.post(page(order, "upsell"), typed, follow=True).content.decode()
    assert f"2 × {offer.name} is added: 43.50 USD more are due." in answer
    assert "Upsell" in answer
    assert balance_of(Order.objects.get(pk=order.pk)).due == 4_350
    again = office.post(page(order, "upsell"), typed, follow=True).content.decode()
    assert "nothing was added this time" in again
    assert order.lines.count() == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"offer": ""}, "offer"),
        ({"shipping": "five"}, "shipping"),
        ({"tax": "-1"}, "tax"),
        ({"staff": "Bob"}, None),
    ],
)
def test_a_bad_upsell_is_told_and_nothing_is_added(office: Client, typed: dict[str, str], field: str | None) -> None:
    order = make_order()
    offer, bob = make_offer(order.campaign), Staff.objects.create(name="Bob")
    given = {"offer": offer.pk, "quantity": 1, "seen": order.total, **typed}
    if "staff" in typed:
        given["staff"] = bob.pk
    answer = office.post(page(order, "upsell"), given)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field or "__all__"]
    assert order.lines.count() == 1


# --- cancelling -------------------------------------------------------------------------------------------------


def wish(office: Client, order: Order, **fields: Any) -> dict[str, Any]:
    """What a browser sends from the page that says what will happen."""
    context = office.get(page(order, "cancel")).context
    shown = {"seen": context["plan"].seen, "form_token": context["form"]["form_token"].value()}
    return {"fee": "20.00", "reason": "The customer fell ill", **shown, **fields}


def test_the_page_says_what_will_happen_and_then_it_does(office: Client) -> None:
    order = booking()
    payment = paid(order=order)
    body = office.get(page(order, "cancel")).content.decode()
    assert 'value="20.00"' in body
    assert '<span class="money">$80.00</span></strong> of' in body
    assert '<span class="money">$20.00</span></strong> of what was paid are kept as the fee' in body
    assert Order.objects.get(pk=order.pk).cancelled_at is None
    answer = office.post(page(order, "cancel"), wish(office, order), follow=True).content.decode()
    assert f"{order} is cancelled. 80.00 USD go back to the customer. 20.00 USD are its fee." in answer
    assert "The customer fell ill" in answer
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [8_000]


def test_another_fee_is_shown_before_it_is_done(office: Client) -> None:
    order = booking()
    payment = paid(order=order)
    first = office.post(page(order, "cancel"), wish(office, order, fee="5"))
    assert (first.status_code, "This is what will happen now" in first.content.decode()) == (400, True)
    assert "$95.00" in first.content.decode()
    assert refunds_at_stripe(payment) == []
    form = first.context["form"]
    again = {name: form[name].value() for name in ("fee", "reason", "form_token")}
    office.post(page(order, "cancel"), {**again, "seen": first.context["plan"].seen})
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [9_500]


@pytest.mark.parametrize(
    ("typed", "field"), [({"fee": "20.01"}, "fee"), ({"fee": "none"}, "fee"), ({"reason": ""}, "reason")]
)
def test_a_bad_wish_is_told_on_its_field_and_nothing_is_cancelled(
    office: Client, typed: dict[str, str], field: str
) -> None:
    order = booking()
    answer = office.post(page(order, "cancel"), wish(office, order, **typed))
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert Order.objects.get(pk=order.pk).cancelled_at is None


def test_the_fee_is_charged_to_the_card_that_was_chosen(office: Client) -> None:
    order, gateway = booking(), make_gateway()
    card = make_card(order.customer, gateway)
    choice = f"card:{card.pk}:{gateway.pk}"
    assert choice in office.get(page(order, "cancel")).content.decode()
    answer = office.post(page(order, "cancel"), wish(office, order, pay=choice))
    payment = Payment.objects.get()
    assert answer["Location"] == f"{page(order, 'change')}?payment={payment.pk}#payment"
    assert (payment.purpose, payment.amount, payment.status) == (Purpose.CANCELLATION_FEE, 2_000, "pending")
    office.post(page(order, "cancel"), wish_again := {"fee": "20", "reason": "Twice"})
    assert (Payment.objects.count(), bool(wish_again)) == (1, True)


def test_the_fee_is_captured_of_the_hold_that_was_chosen(office: Client) -> None:
    order = booking()
    hold = held(order)
    office.post(page(order, "cancel"), wish(office, order, pay=f"hold:{hold.pk}"))
    hold.refresh_from_db()
    assert (hold.status, hold.amount_captured) == ("captured", 2_000)


def test_a_card_that_is_gone_is_told_beside_the_choice(office: Client) -> None:
    order = booking()
    answer = office.post(page(order, "cancel"), wish(office, order, pay="card:1:1"))
    assert "This card or hold cannot pay the fee any longer" in answer.context["form"].errors["pay"][0]


def test_what_is_being_settled_stands_in_the_way(office: Client) -> None:
    order = booking()
    payment = make_payment(order)
    body = office.get(page(order, "cancel")).content.decode()
    assert ("Not yet" in body, payment.number in body, 'name="reason"' in body) == (True, True, False)


def test_a_second_press_says_so(office: Client) -> None:
    order = booking()
    typed = wish(office, order)
    office.post(page(order, "cancel"), typed)
    answer = office.post(page(order, "cancel"), typed, follow=True).content.decode()
    assert f"{order} is cancelled already: nothing was done." in answer


def test_who_may_not_refund_cancels_no_paid_order() -> None:
    order = booking()
    paid(order=order)
    clerk = operator_with("view_order", "change_order")
    assert "“Can add refund”" in clerk.get(page(order, "cancel")).content.decode()
    assert clerk.post(page(order, "cancel"), {"reason": "x", "fee": "0", "form_token": "0" * 32}).status_code == 403
    assert Refund.objects.count() == 0


# --- finding ----------------------------------------------------------------------------------------------------


def test_an_order_is_found_by_what_stripe_calls_its_payment(office: Client) -> None:
    payment, _ = paid(5_000), paid(5_000)
    for term in (payment.reference, payment.charge_reference, payment.number, str(payment.key)):
        found = office.get("/admin/orders/order/", {"q": term}).context["cl"].result_list
        assert list(found) == [payment.order]


def test_the_summary_tells_all_there_is(office: Client) -> None:
    order, gateway = make_order(total=10_000), make_gateway()
    paid(order=order, gateway=gateway, amount=4_000)
    hold = make_payment(order, gateway, amount=3_000, capture=False)
    submit(hold.pk)
    make_payment(order, gateway, amount=1_000)
    body = " ".join(office.get(page(order, "change")).content.decode().split())
    for words, amount in [("Paid", "40.00"), ("Held", "30.00"), ("On its way", "10.00"), ("Balance due", "20.00")]:
        assert f'<dt>{words}</dt><dd class="is-big"><span class="money">${amount}</span>' in body
