"""Refunds in three clicks from the order: what is asked, what is told, what is refused; and the list of refunds."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from payments.actors import BEAT
from payments.models import Payment, Refund, RefundStatus
from payments.services.refunds.sync import sync_refunds
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.admin import rows
from tests.factories import make_gateway, make_operator, make_order, make_payment
from tests.faults.at_once import at_once
from tests.legacy import make_offline_gateway
from tests.payments.refunds import (
    FAILING_CARD,
    PENDING_CARD,
    REFUNDS,
    assert_books,
    calls_counted,
    paid,
    refund_in_dashboard,
    refunds_at_stripe,
)

pytestmark = pytest.mark.django_db(transaction=True)


def page(payment: Payment, *, origin: str = "") -> str:
    return reverse("admin:payments_payment_refund", args=[payment.pk]) + (f"?from={origin}" if origin else "")


def order_page(payment: Payment) -> str:
    return reverse("admin:orders_order_change", args=[payment.order_id])


def send(office: Client, payment: Payment, *, origin: str = "orders_order", **typed: Any) -> Any:
    form = {"form_token": str(uuid.uuid4()), "amount": "40.00", "reason": "", "note": "", **typed}
    return office.post(page(payment, origin=origin), form)


def told(office: Client, answer: Any) -> str:
    """What the page says after the deed."""
    assert answer.status_code == 302
    return office.get(answer["Location"]).content.decode()


def test_from_the_order_one_link_one_button_and_back_with_a_message(office: Client) -> None:
    payment = paid(10_000)
    html = office.get(order_page(payment)).content.decode()
    assert f'href="{page(payment, origin="orders_order")}"' in html
    asked = office.get(page(payment, origin="orders_order")).content.decode()
    for words in [payment.number, str(payment.gateway), "Visa •••• 4242", "$100.00", 'value="100.00"', "Test mode"]:
        assert words in asked
    answer = send(office, payment, reason="requested_by_customer", note="Too small")
    assert answer["Location"] == order_page(payment)
    after = told(office, answer)
    refund = payment.refunds.get()
    for words in [
        f"40.00 USD refunded: {refund}.",
        "$40.00</span> refunded</small>",
        "The customer asked for it",
        "Too small",
    ]:
        assert words in after
    assert refund.reference in after
    assert "Paid" in after
    assert_books(payment)


def test_the_second_refund_starts_with_what_is_left(office: Client) -> None:
    payment = paid(10_000)
    send(office, payment)
    assert 'value="60.00"' in office.get(page(payment)).content.decode()


def test_a_payment_that_is_refunded_whole_offers_nothing_more(office: Client) -> None:
    payment = paid(10_000)
    answer = send(office, payment, amount="100.00")
    assert page(payment, origin="orders_order") not in told(office, answer)
    asked = office.get(page(payment)).content.decode()
    assert "Nothing is left to give back" in asked
    assert 'name="amount"' not in asked


def test_without_an_order_one_comes_back_to_the_payment(office: Client) -> None:
    payment = paid(10_000)
    assert send(office, payment, origin="")["Location"] == f"/admin/payments/payment/{payment.pk}/change/"
    assert send(office, payment, origin="https://evil.test")["Location"].startswith("/admin/payments/payment/")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("100.01", "100.00 USD of"),
        ("0", "Refund more than zero"),
        ("-1", "Refund more than zero"),
        ("ten", "Write the amount in digits"),
        ("1e2", "Write the amount in digits"),
        ("NaN", "Write the amount in digits"),
        ("12.345", "finer than USD allows"),
        ("", "Type the amount to refund"),
        ("9" * 19, "is not an amount"),
        ("9" * 21, "at most 20 characters"),
    ],
)
def test_a_bad_amount_is_told_at_its_field_and_nobody_is_asked(office: Client, amount: str, said: str) -> None:
    payment = paid(10_000)
    with calls_counted() as calls:
        answer = send(office, payment, amount=amount)
    assert (answer.status_code, calls, Refund.objects.count()) == (400, [], 0)
    assert "amount" in answer.context["form"].errors
    assert said in answer.content.decode()
    assert "Nothing was refunded" in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("reason", "because"), ("note", "x" * 256), ("form_token", ""), ("form_token", "no-uuid")],
)
def test_other_bad_input_is_told_and_nothing_is_written(office: Client, field: str, value: str) -> None:
    payment = paid(10_000)
    answer = send(office, payment, **{field: value})
    assert (answer.status_code, Refund.objects.count()) == (400, 0)
    assert field in answer.context["form"].errors


def test_a_card_number_in_the_note_is_refused_and_not_repeated(office: Client) -> None:
    answer = send(office, paid(10_000), note="his card is 4242 4242 4242 4242")
    assert (answer.status_code, Refund.objects.count()) == (400, 0)
    assert "4242 4242 4242 4242" not in answer.content.decode()


def test_a_note_is_escaped(office: Client) -> None:
    payment = paid(10_000)
    after = told(office, send(office, payment, note="<script>alert(1)</script>"))
    assert "<script>alert" not in after
    assert "&lt;script&gt;alert" in after


def test_the_back_button_and_the_same_form_again_refund_once(office: Client) -> None:
    payment, once = paid(10_000), str(uuid.uuid4())
    send(office, payment, form_token=once)
    again = send(office, payment, form_token=once)
    assert "nothing was refunded again" in told(office, again)
    assert len(refunds_at_stripe(payment)) == 1
    assert_books(payment)


@pytest.mark.postgres
def test_two_clicks_at_once_refund_once() -> None:
    payment, once, user = paid(10_000), str(uuid.uuid4()), make_operator()

    def click(_: int) -> int:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return int(send(client, payment, form_token=once).status_code)

    with calls_counted() as calls:
        assert at_once(4, click) == [302] * 4
    assert len(calls) == 1
    assert_books(payment)


def test_a_silent_stripe_is_told_as_such_and_the_page_says_why_the_amount_is_gone(
    office: Client, local_stripe: LocalStripe
) -> None:
    payment = paid(10_000)
    local_stripe.faults.add(Fault(kind="timeout", when="after", method="POST", path=REFUNDS))
    assert "has not answered yet" in told(office, send(office, payment))
    asked = office.get(page(payment)).content.decode()
    assert "still being settled" in asked
    assert 'value="60.00"' in asked
    assert office.get("/admin/").context["attention"]["refunds"] == 1


def test_what_stripe_refuses_is_told_in_its_words(office: Client) -> None:
    payment = paid(10_000)
    refund_in_dashboard(payment, 9_000)
    after = told(office, send(office, payment))
    assert "failed, nothing was given back" in after
    assert "greater than unrefunded amount" in after
    assert "outside Midway" in after  # the refund that was in the way shows at once
    assert_books(payment)


def test_a_refund_that_the_bank_has_to_confirm_is_on_its_way(office: Client) -> None:
    assert "The bank has to confirm it" in told(office, send(office, paid(10_000, test_card=PENDING_CARD)))


def test_money_without_a_processor_says_that_nobody_is_asked(office: Client) -> None:
    payment = paid(10_000, gateway=make_offline_gateway(), test_card="", means="cash")
    assert "hand the money over" in office.get(page(payment)).content.decode()
    assert "40.00 USD refunded" in told(office, send(office, payment))


def test_what_was_not_taken_says_what_to_do_instead(office: Client) -> None:
    hold = make_payment(capture=False)
    submit(hold.pk)
    asked = office.get(page(hold))
    assert asked.status_code == 200
    assert "is held only: void it instead" in asked.content.decode()
    answer = send(office, hold)
    assert (answer.status_code, Refund.objects.count()) == (400, 0)


def test_a_payment_that_is_not_there_is_not_found(office: Client) -> None:
    assert office.get("/admin/payments/payment/10000000/refund/").status_code == 404


def clerk(*permissions: str) -> Client:
    user = User.objects.create(username=f"clerk-{uuid.uuid4()}", is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_who_may_not_refund_sees_no_button_and_gets_no_page() -> None:
    payment = paid(10_000)
    client = clerk("view_payment", "view_order", "change_payment", "view_refund")
    for address in (order_page(payment), f"/admin/payments/payment/{payment.pk}/change/"):
        assert f"/{payment.pk}/refund/" not in client.get(address).content.decode()
    assert client.get(page(payment)).status_code == 403
    assert send(client, payment).status_code == 403
    assert not Refund.objects.exists()
    assert send(clerk("add_refund", "view_order", "view_payment"), payment).status_code == 302


def test_a_visitor_is_sent_to_the_sign_in() -> None:
    payment = paid(10_000)
    assert "/login/" in send(Client(), payment)["Location"]
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("currency", "total", "typed", "left"), [("JPY", 5_000, "500", "4500"), ("KWD", 12_340, "1.230", "11.110")]
)
def test_amounts_are_typed_and_shown_in_the_payments_currency(
    office: Client, currency: str, total: int, typed: str, left: str
) -> None:
    payment = paid(total, currency=currency)
    assert f"{typed} {currency} refunded" in told(office, send(office, payment, amount=typed))
    assert f'value="{left}"' in office.get(page(payment)).content.decode()
    assert send(office, payment, amount="0.0001").status_code == 400


def test_a_failed_refund_is_shown_until_somebody_has_looked(office: Client, local_stripe: LocalStripe) -> None:
    payment = paid(10_000, test_card=FAILING_CARD)
    send(office, payment)
    local_stripe.clock.advance(61)
    sync_refunds(payment.pk, BEAT)
    local_stripe.clock.advance(-61)
    assert office.get("/admin/").context["attention"]["review"] == 1
    address = f"/admin/payments/payment/{payment.pk}/change/"
    html = office.get(address).content.decode()
    assert "the customer did not get the money" in html
    assert "Not refunded: the card has expired or was cancelled." in html
    looked = reverse("admin:payments_payment_looked", args=[payment.pk])
    assert office.get(looked).status_code == 405
    assert clerk("view_payment").post(looked).status_code == 403
    assert "You have looked at" in told(office, office.post(looked))
    assert "nothing to look at" in told(office, office.post(looked))
    payment.refresh_from_db()
    assert payment.review_reason == ""
    assert payment.events.filter(kind="looked at", detail__contains="failed").count() == 1
    assert office.get("/admin/").context["attention"]["review"] == 0


def listed(office: Client, **filters: Any) -> list[Refund]:
    return list(office.get("/admin/payments/refund/", filters).context["cl"].result_list)


def test_refunds_are_listed_and_filtered(office: Client) -> None:
    first = rows.refund()
    second = rows.refund(first.payment, RefundStatus.FAILED)
    third = rows.refund(source="elsewhere", mode="live")
    assert listed(office) == [third, second, first]
    assert listed(office, status__exact="failed") == [second]
    assert listed(office, gateway__id__exact=third.gateway_id) == [third]
    assert listed(office, source__exact="elsewhere") == [third]
    assert listed(office, mode__exact="live") == [third]


@pytest.mark.parametrize("of", ["number", "payment", "order", "reference", "key", "lower"])
def test_a_refund_is_found_by(office: Client, of: str) -> None:
    rows.refund()
    wanted = rows.refund()
    terms = {
        "number": wanted.number,
        "payment": wanted.payment.number,
        "order": str(wanted.payment.order),
        "reference": wanted.reference,
        "key": str(wanted.key),
        "lower": wanted.number.lower(),
    }
    assert listed(office, q=terms[of]) == [wanted]


@pytest.mark.parametrize("term", ["SO-1001-P1-R99", "TEST-1-R1", "re_nothing", "💶", "SO-99999999999999999999", "%"])
def test_a_search_that_finds_nothing_says_so(office: Client, term: str) -> None:
    rows.refund()
    assert listed(office, q=term) == []


def test_the_second_refund_of_a_payment_is_found_alone(office: Client) -> None:
    first = rows.refund()
    second = rows.refund(first.payment)
    assert listed(office, q=second.number) == [second]


def test_a_refunds_page_tells_everything_and_takes_no_form(office: Client) -> None:
    refund = rows.refund(reason="duplicate", note="Twice in the basket", status=RefundStatus.FAILED)
    address = reverse("admin:payments_refund_change", args=[refund.pk])
    html = office.get(address).content.decode()
    for words in [refund.number, refund.payment.number, "Charged twice", "Twice in the basket", refund.reference]:
        assert words in html
    assert "Refund again" in html
    assert office.post(address, {"status": "succeeded"}).status_code == 403
    assert office.post(reverse("admin:payments_refund_delete", args=[refund.pk])).status_code == 403
    assert office.get(reverse("admin:payments_refund_add")).status_code == 403


@pytest.fixture
def hold() -> Payment:
    payment = make_payment(make_order(total=10_000), make_gateway(), capture=False)
    submit(payment.pk)
    return Payment.objects.get(pk=payment.pk)


def hold_page(payment: Payment, deed: str) -> str:
    return reverse(f"admin:payments_payment_{deed}", args=[payment.pk]) + "?from=orders_order"


def test_a_hold_is_voided_from_the_order_and_twice_is_once(office: Client, hold: Payment) -> None:
    html = office.get(order_page(hold)).content.decode()
    assert hold_page(hold, "void") in html
    assert hold_page(hold, "capture") in html
    answer = office.post(hold_page(hold, "void"))
    assert answer["Location"] == order_page(hold)
    assert "is voided" in told(office, answer)
    again = told(office, office.post(hold_page(hold, "void")))
    assert "is done once" in again
    assert hold.events.filter(kind="voided").count() == 1


def test_a_hold_is_captured_from_the_order_and_twice_is_once(office: Client, hold: Payment) -> None:
    answer = office.post(hold_page(hold, "capture"), {"amount": "60.00"})
    assert answer["Location"] == order_page(hold)
    assert "60.00 USD captured" in told(office, answer)
    again = told(office, office.post(hold_page(hold, "capture"), {"amount": "60.00"}))
    assert "is done once" in again
    other = office.post(hold_page(hold, "capture"), {"amount": "40.00"})
    assert other.status_code == 400
    assert hold.events.filter(kind="captured").count() == 1


@pytest.mark.postgres
@pytest.mark.parametrize(("deed", "form"), [("void", {}), ("capture", {"amount": "100.00"})])
def test_two_clicks_at_once_on_a_hold_are_one_deed(hold: Payment, deed: str, form: dict[str, str]) -> None:
    user = make_operator()

    def click(_: int) -> int:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return int(client.post(hold_page(hold, deed), form).status_code)

    assert at_once(4, click) == [302] * 4
    assert hold.events.filter(kind=f"{deed} asked").count() == 1


def test_a_payment_that_waits_for_its_cardholder_is_given_up_from_the_order(office: Client) -> None:
    payment = make_payment(test_card="pm_card_threeDSecure2Required")
    submit(payment.pk)
    html = office.get(order_page(payment)).content.decode()
    assert re.search(rf'href="{re.escape(hold_page(payment, "void"))}"[^>]*>Give up waiting', html)
