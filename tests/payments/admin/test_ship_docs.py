"""Ship docs in the admin: made from an order, packed, printed, shipped with their money, found again."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from orders.models import Order, ShipDoc
from orders.services.orders import create_order
from orders.services.shipping import Parcel, cancel_ship_doc, create_ship_doc, send_ship_doc
from payments.models import Payment
from payments.services.ship_doc_balances import ship_doc_balance
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.admin.pages import inline_code
from tests.factories import make_campaign, make_customer, make_gateway, make_offer, make_order, make_payment
from tests.payments.refunds import paid

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/orders/shipdoc/add/"
LIST = "/admin/orders/shipdoc/"


def order_of(quantity: int = 3, price: int = 1000) -> Order:
    campaign = make_campaign()
    customer = make_customer()
    address = customer.addresses.create(line1="1 Long Harbour Street", city="Portland", country="US")
    return create_order(customer, campaign, [(make_offer(campaign, price, sku="GLOW"), quantity)], address=address)


def pack(order: Order, quantity: int = 1, **fields: Any) -> ShipDoc:
    return create_ship_doc(order.pk, Parcel({order.lines.get().pk: quantity}, **fields))


def held(order: Order, amount: int = 0) -> Payment:
    payment = make_payment(order, make_gateway(), amount=amount or order.total, capture=False)
    submit(payment.pk)
    return payment


def page(doc: ShipDoc, part: str = "change") -> str:
    return f"/admin/orders/shipdoc/{doc.pk}/{part}/"


def typed(order: Order, quantity: int, **fields: Any) -> dict[str, Any]:
    return {f"quantity_{order.lines.get().pk}": quantity, "address": order.address_id or "", **fields}


def status(doc: ShipDoc) -> str:
    return ShipDoc.objects.get(pk=doc.pk).status


# --- making and changing ----------------------------------------------------------------------------------------


def test_a_ship_doc_is_made_from_an_orders_page(office: Client) -> None:
    order = order_of()
    body = office.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert f"{ADD}?order={order.number}" in body
    form = office.get(ADD, {"order": order.number})
    assert 'value="3"' in form.content.decode()
    answer = office.post(f"{ADD}?order={order.number}", typed(order, 2, carrier="DHL", tracking="JD1"), follow=True)
    doc = ShipDoc.objects.get()
    assert (doc.carrier, doc.tracking, doc.address, doc.lines.get().quantity) == ("DHL", "JD1", order.address, 2)
    assert f"{doc} is being packed" in answer.content.decode()
    assert doc.number in office.get(f"/admin/orders/order/{order.pk}/change/").content.decode()


@pytest.mark.parametrize(("quantity", "error"), [(4, "3 are left to ship"), (0, "Enter how many of at least one line")])
def test_what_cannot_be_packed_is_told_and_nothing_is_made(office: Client, quantity: int, error: str) -> None:
    order = order_of()
    answer = office.post(f"{ADD}?order={order.number}", typed(order, quantity))
    assert (answer.status_code, error in answer.content.decode()) == (400, True)
    assert not ShipDoc.objects.exists()


def test_the_order_is_asked_for_where_none_is_named(office: Client) -> None:
    assert "Which order is shipped?" in office.get(ADD).content.decode()
    for number, error in [("SO-99", "There is no sales order SO-99"), ("nonsense", "There is no sales order nonsense")]:
        answer = office.get(ADD, {"order": number})
        assert (answer.status_code, error in answer.content.decode()) == (400, True)


def test_an_order_with_nothing_left_is_refused(office: Client) -> None:
    order = order_of(1)
    pack(order)
    answer = office.get(ADD, {"order": order.number})
    assert (answer.status_code, "has nothing left to ship" in answer.content.decode()) == (400, True)
    assert ADD not in office.get(f"/admin/orders/order/{order.pk}/change/").content.decode()


def test_a_draft_is_changed_on_its_page(office: Client) -> None:
    order = order_of()
    doc = pack(order)
    answer = office.post(page(doc), typed(order, 3, carrier="UPS"), follow=True)
    assert f"{doc} is saved" in answer.content.decode()
    assert (doc.lines.get().quantity, ShipDoc.objects.get().carrier) == (3, "UPS")
    refused = office.post(page(doc), typed(order, 4))
    assert (refused.status_code, "3 are left to ship" in refused.content.decode()) == (400, True)


def test_what_has_left_still_gets_its_tracking_number(office: Client) -> None:
    doc = pack(order_of())
    send_ship_doc(doc.pk)
    body = office.get(page(doc)).content.decode()
    assert "quantity_" not in body
    office.post(page(doc), {"tracking": "1Z9", "carrier": "UPS", "notes": ""})
    assert (ShipDoc.objects.get().tracking, status(doc)) == ("1Z9", "shipped")


def test_a_draft_is_cancelled_after_a_question(office: Client) -> None:
    order = order_of()
    doc = pack(order)
    assert "Put back what is packed?" in office.get(page(doc, "cancel")).content.decode()
    assert status(doc) == "draft"
    assert "can be packed anew" in office.post(page(doc, "cancel"), follow=True).content.decode()
    assert (status(doc), order.lines.get().quantity_on_ship_docs) == ("cancelled", 0)
    sent = pack(order)
    send_ship_doc(sent.pk)
    assert "has left the house" in office.post(page(sent, "cancel"), follow=True).content.decode()


# --- shipping ---------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_captured_and_what_is_released(office: Client) -> None:
    order = order_of()
    doc, hold = pack(order), held(order)
    body = office.get(page(doc, "ship")).content.decode()
    assert "$10.00</span></strong> of" in body
    assert "of this hold are released: a hold is captured once" in body
    assert "6 d 23 h left" in body
    assert f"30.00 USD ({hold}) is held, and not captured yet." in body
    answer = office.post(page(doc, "ship"), {"take": f"{hold.pk}:1000"}, follow=True)
    assert f"10.00 USD captured. {doc} has left." in answer.content.decode()
    hold.refresh_from_db()
    assert (status(doc), hold.amount_captured) == ("shipped", 1000)


def test_a_second_press_does_nothing(office: Client) -> None:
    order = order_of()
    doc, hold = pack(order, 3), held(order)
    office.post(page(doc, "ship"), {"take": f"{hold.pk}:3000"})
    again = office.post(page(doc, "ship"), {"take": f"{hold.pk}:3000"}, follow=True)
    assert f"{doc} is shipped: nothing was done." in again.content.decode()
    assert ship_doc_balance(doc).paid == 3000


def test_unpaid_goods_leave_after_a_tick_only(office: Client) -> None:
    doc = pack(order_of())
    assert "It is not paid" in office.get(page(doc, "ship")).content.decode()
    refused = office.post(page(doc, "ship"), {})
    assert (refused.status_code, status(doc)) == (400, "draft")
    assert "10.00 USD of" in refused.content.decode()
    answer = office.post(page(doc, "ship"), {"unpaid_too": "on"}, follow=True)
    assert f"{doc} has left. 10.00 USD of it is unpaid." in answer.content.decode()


def test_paid_goods_leave_at_once(office: Client) -> None:
    order = order_of()
    doc = pack(order)
    paid(order=order, amount=3000)
    body = office.get(page(doc, "ship")).content.decode()
    assert ("It is paid" in body, "Ship it unpaid" in body) == (True, False)
    office.post(page(doc, "ship"), {})
    assert status(doc) == "shipped"


def test_a_press_on_an_old_page_captures_nothing(office: Client) -> None:
    order = order_of()
    doc, hold = pack(order), held(order)
    answer = office.post(page(doc, "ship"), {"take": f"{hold.pk}:3000"})
    assert (answer.status_code, status(doc)) == (400, "draft")
    assert "The holds or the amount have changed since this page was opened" in answer.content.decode()


def test_goods_stay_while_the_capture_is_not_answered(office: Client, local_stripe: LocalStripe) -> None:
    order = order_of()
    doc, hold = pack(order), held(order)
    local_stripe.faults.add(Fault(kind="reset", when="after", path="*/capture"))
    answer = office.post(page(doc, "ship"), {"take": f"{hold.pk}:1000"}, follow=True).content.decode()
    assert f"{doc} has not left: the processor has not answered whether {hold} is captured." in answer
    assert status(doc) == "draft"


def operator_with(*permissions: str) -> Client:
    user = User.objects.create(username="packer", is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_who_may_ship_but_not_capture_ships_what_is_paid(office: Client) -> None:
    order = order_of()
    doc, hold = pack(order), held(order)
    packer = operator_with("view_shipdoc", "change_shipdoc")
    body = packer.get(page(doc, "ship")).content.decode()
    assert ("You may ship, but not capture" in body, 'name="take"' in body) == (True, False)
    packer.post(page(doc, "ship"), {"take": f"{hold.pk}:1000"})
    hold.refresh_from_db()
    assert (status(doc), hold.capture_asked) == ("draft", None)


def test_who_may_only_look_ships_changes_and_cancels_nothing() -> None:
    order = order_of()
    doc = pack(order)
    viewer = operator_with("view_shipdoc")
    body = viewer.get(page(doc)).content.decode()
    assert (doc.number in body, "Save" in body) == (True, False)
    for part in ("change", "cancel", "ship"):
        assert viewer.post(page(doc, part), typed(order, 2)).status_code == 403
    assert viewer.get(f"{ADD}?order={order.number}").status_code == 403
    assert status(doc) == "draft"


# --- printing and finding ---------------------------------------------------------------------------------------


def test_a_packing_slip_has_no_prices_unless_they_are_wanted(office: Client) -> None:
    order = order_of()
    doc = pack(order, 2, address=order.address, carrier="DHL", tracking="JD1", notes="Keep dry")
    slip = office.get(page(doc, "print")).content.decode()
    for wanted in (doc.number, order.number, "1 Long Harbour Street", "GLOW", "JD1", "Still to come", "1 × Offer"):
        assert wanted in slip
    assert ("$" in slip, "Keep dry" in slip, inline_code(slip)) == (False, False, [])
    priced = office.get(page(doc, "print"), {"prices": "1"}).content.decode()
    assert ("$10.00" in priced, "$20.00" in priced) == (True, True)


@pytest.mark.parametrize("term", ["{number}", "{lower}", "jd0001", "{email}", "{order}"])
def test_ship_docs_are_found(office: Client, term: str) -> None:
    doc = pack(order_of(), tracking="JD0001")
    pack(order_of())
    known = {"number": doc.number, "lower": doc.number.lower(), "email": doc.order.customer.email, "order": doc.order}
    found = office.get(LIST, {"q": term.format(**known)}).context["cl"].result_list
    assert list(found) == [doc]


def test_ship_docs_are_listed_by_status(office: Client) -> None:
    drafts, gone = pack(order_of()), pack(order_of())
    cancel_ship_doc(gone.pk)
    assert list(office.get(LIST, {"status__exact": "draft"}).context["cl"].result_list) == [drafts]


def test_the_list_says_what_it_is_for_while_it_is_empty(office: Client) -> None:
    assert "A ship doc is made from a sales order" in office.get(LIST).content.decode()
    assert make_order().ship_docs.count() == 0
