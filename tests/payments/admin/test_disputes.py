"""The pages of disputes: what they tell, what may be done on them, and what is refused."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gateways import clock
from orders.models import ShipDoc
from payments.models import Dispute, DisputeAnswer, DisputeStatus
from payments.services.evidence_draft import known_evidence
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.admin import rows
from tests.admin.pages import inline_code
from tests.factories import make_customer, make_gateway, make_order, make_payment
from tests.payments.disputed import accept_in_dashboard, make_dispute

pytestmark = pytest.mark.django_db(transaction=True)


def at(dispute: Dispute, what: str = "change") -> str:
    return reverse(f"admin:payments_dispute_{what}", args=[dispute.pk])


def page(office: Client, dispute: Dispute, what: str = "change") -> str:
    response = office.get(at(dispute, what))
    assert response.status_code == 200
    body = response.content.decode()
    assert inline_code(body) == []
    return body


def wish(**fields: str) -> dict[str, str]:
    return {"form_token": str(uuid.uuid4()), "step": "send", "uncategorized_text": "They signed for it.", **fields}


def said(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def listed(office: Client, **filters: str) -> list[Dispute]:
    return list(office.get("/admin/payments/dispute/", filters).context["cl"].result_list)


# --- the list ---------------------------------------------------------------------------------------------------


def test_the_list_tells_who_contests_what_until_when(office: Client) -> None:
    dispute = rows.dispute(evidence_due_at=timezone.now() + timedelta(days=2, hours=1))
    body = said(office.get("/admin/payments/dispute/"))
    for text in (dispute.payment.number, "Needs an answer", "Fraudulent", "$49.95", "2 d left", dispute.gateway.name):
        assert text in body


def test_an_empty_list_says_what_will_be_there(office: Client) -> None:
    assert "No disputes yet" in said(office.get("/admin/payments/dispute/"))


@pytest.mark.parametrize(
    ("fields", "badge"),
    [
        ({"evidence_due_at": timedelta(days=-1)}, "Past"),
        ({"evidence_due_at": timedelta(hours=5, minutes=1)}, "5 h left"),
        ({"evidence_due_at": timedelta(days=4)}, None),
    ],
)
def test_what_is_due_soon_is_marked(office: Client, fields: dict[str, timedelta], badge: str | None) -> None:
    rows.dispute(evidence_due_at=timezone.now() + fields["evidence_due_at"])
    body = said(office.get("/admin/payments/dispute/"))
    assert (badge in body) if badge else " left" not in body


def test_a_list_is_filtered_by_what_is_to_be_done(office: Client) -> None:
    soon = rows.dispute(evidence_due_at=timezone.now() + timedelta(days=1))
    later = rows.dispute(reason="duplicate")
    inquiry = rows.dispute(status=DisputeStatus.WARNING_NEEDS_RESPONSE)
    won = rows.dispute(status=DisputeStatus.WON)
    assert listed(office, answer="needed") == [inquiry, later, soon]
    assert listed(office, answer="soon") == [soon]
    assert listed(office, status__exact="won") == [won]
    assert listed(office, reason="duplicate") == [later]
    assert listed(office, gateway__id__exact=str(won.gateway_id)) == [won]


@pytest.mark.parametrize("by", ["dispute", "charge", "payment", "order"])
def test_a_dispute_is_found_by(office: Client, by: str) -> None:
    rows.dispute()
    wanted = rows.dispute()
    terms = {
        "dispute": wanted.reference,
        "charge": wanted.charge_reference,
        "payment": wanted.payment.number,
        "order": str(wanted.payment.order),
    }
    assert listed(office, q=terms[by]) == [wanted]


def test_a_dispute_of_a_test_transaction_is_found_by_its_number(office: Client) -> None:
    payment = rows.payment()
    payment.order, payment.purpose = None, "test"
    payment.save()
    dispute = rows.dispute(payment, campaign=None)
    assert listed(office, q=payment.number) == [dispute]
    assert payment.number in page(office, dispute)


# --- the page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_a_page_says_in_words_how_a_dispute_stands_and_offers_what_can_be_done(
    office: Client, status: DisputeStatus
) -> None:
    body = page(office, rows.dispute(status=status))
    assert status.label in body
    can_answer = status in {DisputeStatus.NEEDS_RESPONSE, DisputeStatus.WARNING_NEEDS_RESPONSE}
    assert (">Answer</a>" in body) is can_answer
    assert (">Accept</a>" in body) is can_answer
    assert "Look again" in body


def test_a_page_tells_amounts_and_fees_apart(office: Client) -> None:
    body = page(
        office,
        rows.dispute(amount_withdrawn=4100, settled_currency="EUR", fee=2500, fee_taken=1700, amount_reinstated=4100),
    )
    for text in ("$49.95", "€41.00", "$25.00", "€17.00"):
        assert text in body


def test_the_pages_of_payment_and_order_show_the_dispute(office: Client) -> None:
    dispute = rows.dispute(reason="product_not_received")
    payment = dispute.payment
    for address in (
        reverse("admin:payments_payment_change", args=[payment.pk]),
        reverse("admin:orders_order_change", args=[payment.order_id]),
    ):
        body = said(office.get(address))
        for text in ("Disputed: ", "Needs an answer", "Product not received", "answer by", at(dispute)):
            assert text in body, address


def test_what_somebody_wrote_is_escaped(office: Client) -> None:
    answer = rows.dispute_answer(rows.dispute())
    body = page(office, answer.dispute)
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert" in body


def test_looking_again_writes_what_has_changed(office: Client) -> None:
    dispute = make_dispute()
    accept_in_dashboard(dispute)
    body = said(office.post(at(dispute, "look"), follow=True))
    assert "Looked again: Lost." in body
    dispute.refresh_from_db()
    assert dispute.status == "lost"


def test_looking_while_stripe_is_silent_says_so(office: Client, local_stripe: LocalStripe) -> None:
    dispute = make_dispute()
    local_stripe.faults.add(Fault(kind="error", method="GET", path="/v1/disputes/*"))
    assert "Nothing has changed: try again" in said(office.post(at(dispute, "look"), follow=True))


def test_a_look_is_no_matter_of_a_link(office: Client) -> None:
    assert office.get(at(rows.dispute(), "look")).status_code == 405


# --- answering --------------------------------------------------------------------------------------------------


def test_the_form_knows_what_midway_knows(office: Client) -> None:
    gateway, customer = make_gateway(), make_customer(name="Ada Lovelace", email="ada@mail.test")
    address = customer.addresses.create(line1="12 Maple Street", city="Portland", country="US")
    order = make_order(total=5000, customer=customer, address=address)
    ShipDoc.objects.create(
        order=order, carrier="UPS", tracking="1Z 999", status="shipped", shipped_at=clock.now(), created_at=clock.now()
    )
    dispute = rows.dispute(make_payment(order, gateway))
    body = page(office, dispute, "answer")
    for text in (order.number, "Ada Lovelace", "ada@mail.test", "12 Maple Street, Portland", "UPS", "1Z 999"):
        assert text in body


def test_what_the_gateway_keeps_from_stripe_is_not_filled_in() -> None:
    gateway, customer = make_gateway(disable_email=True, do_not_send_address=True), make_customer()
    address = customer.addresses.create(line1="12 Maple Street", city="Portland", country="US")
    dispute = rows.dispute(make_payment(make_order(customer=customer, address=address), gateway))
    assert set(known_evidence(dispute)) == {"product_description", "customer_name"}


def test_an_answer_is_shown_once_more_before_it_is_sent(office: Client) -> None:
    dispute = make_dispute()
    response = office.post(at(dispute, "answer"), wish(step="review", shipping_carrier="UPS <b>"))
    body = said(response)
    assert response.status_code == 200
    for text in ("Send this to the bank?", "They signed for it.", "UPS &lt;b&gt;", "You can answer only once"):
        assert text in body
    assert not DisputeAnswer.objects.exists()


def test_what_was_written_can_be_changed_before_it_is_sent(office: Client) -> None:
    response = office.post(at(make_dispute(), "answer"), wish(step="change", shipping_carrier="DHL"))
    assert response.status_code == 200
    assert "DHL" in said(response)
    assert "Read it once more" in said(response)


def test_evidence_is_sent_once_and_the_page_tells(office: Client) -> None:
    dispute, form = make_dispute(), wish(uncategorized_text="winning_evidence")
    body = said(office.post(at(dispute, "answer"), form, follow=True))
    assert "The evidence was sent to the bank." in body
    assert "winning_evidence" in body
    again = said(office.post(at(dispute, "answer"), form, follow=True))
    assert "sent before: nothing was sent again" in again
    dispute.refresh_from_db()
    assert (dispute.status, dispute.submissions, dispute.answers.count()) == ("won", 1, 1)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"uncategorized_text": "  "}, "Write why the payment is right"),
        ({"uncategorized_text": "x" * 20_001}, "at most 20000 characters"),
        ({"customer_name": "x" * 5001}, "at most 5000 characters"),
        ({"form_token": "no-token"}, "valid UUID"),
        ({"form_token": ""}, "required"),
    ],
    ids=["empty", "long", "long name", "bad token", "no token"],
)
@pytest.mark.parametrize("step", ["review", "send"])
def test_what_cannot_be_sent_is_told_at_its_field(
    office: Client, fields: dict[str, str], problem: str, step: str
) -> None:
    dispute = make_dispute()
    response = office.post(at(dispute, "answer"), wish(step=step, **fields))
    assert response.status_code == 400
    assert problem in said(response)
    assert "Nothing was sent." in said(response)
    assert not DisputeAnswer.objects.exists()


def test_a_card_number_in_the_evidence_is_refused(office: Client) -> None:
    response = office.post(at(make_dispute(), "answer"), wish(uncategorized_text="card 4242 4242 4242 4242"))
    assert response.status_code == 400
    assert not DisputeAnswer.objects.exists()


def test_accepting_asks_first_and_then_loses_the_dispute(office: Client) -> None:
    dispute = make_dispute()
    asked = page(office, dispute, "accept")
    for text in ("$50.00", dispute.payment.number, dispute.gateway.name, "This cannot be taken back"):
        assert text in asked
    token = re.search(r'name="form_token" value="([^"]+)"', asked)
    assert token
    body = said(office.post(at(dispute, "accept"), {"form_token": token[1]}, follow=True))
    assert "The dispute is accepted." in body
    dispute.refresh_from_db()
    assert dispute.status == "lost"


def test_accepting_without_a_form_is_refused(office: Client) -> None:
    dispute = make_dispute()
    assert office.post(at(dispute, "accept"), {}).status_code == 400
    dispute.refresh_from_db()
    assert dispute.status == "needs_response"


@pytest.mark.parametrize("deed", ["answer", "accept"])
def test_silence_is_told_as_not_known_and_nothing_more_can_be_sent(
    office: Client, local_stripe: LocalStripe, deed: str
) -> None:
    dispute = make_dispute()
    local_stripe.faults.add(Fault(kind="timeout", when="after", method="POST", path="/v1/disputes/*"))
    body = said(office.post(at(dispute, deed), wish(), follow=True))
    assert "it is not known whether it heard" in body
    assert "It is not known yet whether the processor heard the answer." in body
    assert ">Answer</a>" not in body
    for other in ("answer", "accept"):
        assert "nothing else can be sent" in said(office.get(at(dispute, other)))
        assert office.post(at(dispute, other), wish()).status_code == 400
    office.post(at(dispute, "look"))
    answer = dispute.answers.get()
    assert answer.status == "done"
    assert "not known yet" not in page(office, dispute)


@pytest.mark.parametrize("deed", ["answer", "accept"])
def test_a_dispute_that_is_over_takes_no_answer(office: Client, deed: str) -> None:
    dispute = rows.dispute(status=DisputeStatus.LOST)
    assert "there is nothing left to answer" in page(office, dispute, deed)
    assert office.post(at(dispute, deed), wish()).status_code == 400
    assert not DisputeAnswer.objects.exists()


def test_what_stripe_refuses_is_told(office: Client) -> None:
    dispute = make_dispute()
    accept_in_dashboard(dispute)
    assert "already closed" in said(office.post(at(dispute, "answer"), wish(), follow=True))


# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permissions", "expected"), [(["view_dispute"], 403), (["view_dispute", "change_dispute"], 200)]
)
def test_answering_needs_a_permission_of_its_own(client: Client, permissions: list[str], expected: int) -> None:
    clerk = User.objects.create(username="clerk", password="!", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    dispute = rows.dispute()
    body = said(client.get(at(dispute)))
    assert (">Answer</a>" in body) is (expected == 200)
    for deed in ("answer", "accept"):
        assert client.get(at(dispute, deed)).status_code == expected
    assert client.post(at(dispute, "look")).status_code == (302 if expected == 200 else 403)


@pytest.mark.parametrize("what", ["change", "delete", "answer", "accept"])
def test_a_dispute_is_not_typed_or_deleted(office: Client, what: str) -> None:
    dispute = rows.dispute()
    response = office.post(at(dispute, what), {"status": "won", "post": "yes"})
    assert response.status_code in {200, 400, 403}
    dispute.refresh_from_db()
    assert dispute.status == "needs_response"


def test_a_dispute_that_is_not_there_is_not_found(office: Client) -> None:
    for what in ("answer", "accept"):
        assert office.get(reverse(f"admin:payments_dispute_{what}", args=[999])).status_code == 404
