"""An order's own page: a new try after a decline, the bank's question, an answer that is still to come, and thanks."""

from datetime import timedelta

import pytest
from django.test import Client

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, Order, PaymentState
from payments.models import Payment, Status
from payments.services.reconcile import reconcile
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.admin.pages import inline_code
from tests.factories import make_order
from tests.faults.at_once import at_once
from tests.local_stripe import all_intents, answer_bank, charges_of
from tests.payments.checkout.shopper import (
    CHALLENGED,
    DECLINED,
    alert_of,
    buy,
    fields,
    open_campaign,
    order_url,
    pay_again,
    text_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "/v1/payment_intents"


@pytest.fixture
def campaign() -> Campaign:
    return open_campaign(thank_you_title="Danke!", thank_you_text="Your parcel is on its way.")


@pytest.fixture
def declined(client: Client, campaign: Campaign) -> Order:
    buy(client, campaign, DECLINED)
    return Order.objects.get()


@pytest.fixture
def asked(client: Client, campaign: Campaign) -> Order:
    """An order whose customer was asked by their bank."""
    buy(client, campaign, CHALLENGED)
    return Order.objects.get()


def due(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now() - timedelta(seconds=1))


# --- after a decline ------------------------------------------------------------------------------------------------


def test_a_decline_is_told_and_a_new_try_is_a_new_payment_on_the_same_order(client: Client, declined: Order) -> None:
    page = client.get(order_url(declined))
    assert "Your bank declined this card" in text_of(page)
    assert inline_code(page.content.decode()) == []
    answer = pay_again(client, order_url(declined))
    assert answer["Location"].endswith("/thanks/")
    first, second = Payment.objects.order_by("pk")
    assert (first.status, second.status) == (Status.DECLINED, Status.CAPTURED)
    assert first.key != second.key
    assert Order.objects.get().payment_state == PaymentState.PAID


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "There is not enough money on this card"),
        ("pm_card_chargeDeclinedExpiredCard", "This card has expired"),
        ("pm_card_chargeDeclinedProcessingError", "Your bank could not be reached"),
        ("pm_card_visa_chargeDeclinedLostCard", "Your bank declined this card"),
    ],
)
def test_a_decline_is_told_in_words_that_help_and_accuse_nobody(
    client: Client, campaign: Campaign, card: str, words: str
) -> None:
    told = alert_of(client.get(buy(client, campaign, card)["Location"]))
    assert words in told
    assert "Nothing was charged" in told
    assert "lost" not in told.lower()


def test_one_press_is_one_payment_however_often_it_is_sent(client: Client, declined: Order) -> None:
    form = fields(client.get(order_url(declined)).content.decode(), "pay-form") | {"test_card": "pm_card_visa"}
    for _ in range(3):
        assert client.post(order_url(declined), form)["Location"].endswith("/thanks/")
    assert Payment.objects.filter(status=Status.CAPTURED).count() == 1


def test_two_tabs_at_once_pay_once(client: Client, declined: Order) -> None:
    tabs = [fields(client.get(order_url(declined)).content.decode(), "pay-form") for _ in range(4)]
    assert len({tab["form_token"] for tab in tabs}) == 4
    at_once(4, lambda tab: Client().post(order_url(declined), {**tabs[tab], "test_card": "pm_card_visa"}))
    taken = Payment.objects.filter(status=Status.CAPTURED)
    assert taken.count() == 1
    assert sum(len(charges_of(payment)) for payment in Payment.objects.exclude(status=Status.DECLINED)) == 1


def test_the_amount_is_the_orders_own(client: Client, declined: Order) -> None:
    answer = pay_again(client, order_url(declined), shown="100")
    assert answer["Location"] == f"{order_url(declined)}?told=amount_changed"
    assert "The amount has changed" in text_of(client.get(answer["Location"]))
    assert Payment.objects.count() == 1


def test_an_unheard_answer_is_found_out_and_nobody_pays_twice(
    client: Client, declined: Order, local_stripe: LocalStripe
) -> None:
    tab = fields(client.get(order_url(declined)).content.decode(), "pay-form") | {"test_card": "pm_card_visa"}
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=CREATE))
    pay_again(client, order_url(declined))
    local_stripe.faults.clear()
    assert "We are finding out" in text_of(client.get(order_url(declined)))
    assert client.get(f"{order_url(declined)}state/").json() == {"state": "unknown"}
    blocked = client.post(order_url(declined), tab)
    assert blocked["Location"] == f"{order_url(declined)}?told=in_progress"
    payment = Payment.objects.get(status=Status.UNKNOWN)
    due(payment)
    reconcile(payment.pk)
    assert client.get(f"{order_url(declined)}state/").json() == {"state": "over"}
    assert client.get(order_url(declined))["Location"] == f"{order_url(declined)}thanks/"
    assert len(charges_of(payment)) == 1


def test_a_gateway_that_went_away_is_told_without_its_name(client: Client, declined: Order) -> None:
    form = fields(client.get(order_url(declined)).content.decode(), "pay-form") | {"test_card": "pm_card_visa"}
    gateway = Gateway.objects.get()
    Gateway.objects.update(active=False, is_default=False)
    page = text_of(client.get(client.post(order_url(declined), form)["Location"]))
    assert "Cards cannot be taken just now" in page
    assert gateway.name not in page


# --- the bank's question --------------------------------------------------------------------------------------------


def test_back_from_the_bank_the_order_is_paid_and_the_address_is_clean(client: Client, asked: Order) -> None:
    payment = Payment.objects.get()
    answer_bank(payment, passed=True)
    secret = "pi_1_secret_2"
    back = client.get(order_url(asked), {"payment_intent": payment.reference, "payment_intent_client_secret": secret})
    assert back["Location"] == order_url(asked)
    assert client.get(order_url(asked))["Location"].endswith("/thanks/")
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED


def test_a_failed_challenge_leaves_it_pending_and_offers_a_new_try(client: Client, asked: Order) -> None:
    payment = Payment.objects.get()
    answer_bank(payment, passed=False)
    client.get(order_url(asked), {"payment_intent": payment.reference})
    page = text_of(client.get(order_url(asked)))
    assert "Your bank could not confirm that it is you" in page
    payment.refresh_from_db()
    assert payment.status == Status.REQUIRES_ACTION
    answer = pay_again(client, order_url(asked))
    assert answer["Location"].endswith("/thanks/")
    assert [one.status for one in Payment.objects.order_by("pk")] == [Status.VOIDED, Status.CAPTURED]
    assert sorted(one["status"] for one in all_intents() if one["metadata"].get("order") == asked.number) == [
        "canceled",
        "succeeded",
    ]


def test_the_same_card_is_asked_about_again_and_charged_once(client: Client, asked: Order) -> None:
    payment = Payment.objects.get()
    answer_bank(payment, passed=False)
    client.get(order_url(asked), {"payment_intent": payment.reference})
    assert "Try again with the same card" in text_of(client.get(order_url(asked)))
    assert client.post(f"{order_url(asked)}again/")["Location"] == order_url(asked)
    assert "Continue to your bank" in text_of(client.get(order_url(asked)))
    payment.refresh_from_db()
    answer_bank(payment, passed=True)
    client.get(order_url(asked), {"payment_intent": payment.reference})
    assert client.get(order_url(asked))["Location"].endswith("/thanks/")
    assert [(one.status, one.amount_captured) for one in Payment.objects.all()] == [(Status.CAPTURED, 4900)]
    assert len(charges_of(payment)) == 1


def test_a_bank_that_cannot_be_asked_again_is_told(client: Client, asked: Order, local_stripe: LocalStripe) -> None:
    payment = Payment.objects.get()
    answer_bank(payment, passed=False)
    client.get(order_url(asked), {"payment_intent": payment.reference})
    local_stripe.faults.add(Fault(kind="reset", when="before", path="*/confirm"))
    answer = client.post(f"{order_url(asked)}again/")
    assert "Your bank could not be reached" in alert_of(client.get(answer["Location"]))
    payment.refresh_from_db()
    assert payment.status == Status.REQUIRES_ACTION


def test_another_card_instead_of_the_banks_question_cancels_the_first_try(client: Client, asked: Order) -> None:
    assert "Use another card instead" in text_of(client.get(order_url(asked)))
    pay_again(client, order_url(asked))
    assert [one.status for one in Payment.objects.order_by("pk")] == [Status.VOIDED, Status.CAPTURED]


def test_who_confirmed_in_one_tab_and_pays_in_another_pays_once(client: Client, asked: Order) -> None:
    tab = fields(client.get(order_url(asked)).content.decode(), "pay-form") | {"test_card": "pm_card_visa"}
    answer_bank(Payment.objects.get(), passed=True)  # Midway has not heard of it yet
    answer = client.post(order_url(asked), tab)
    assert answer["Location"] == f"{order_url(asked)}?told=nothing_due"
    payment = Payment.objects.get()
    assert payment.status == Status.CAPTURED
    assert client.get(answer["Location"])["Location"].endswith("/thanks/")


def test_a_cancellation_that_is_not_heard_starts_no_second_payment(
    client: Client, asked: Order, local_stripe: LocalStripe
) -> None:
    local_stripe.faults.add(Fault(kind="reset", when="after", path="*/cancel"))
    answer = pay_again(client, order_url(asked))
    assert answer["Location"] == f"{order_url(asked)}?told=in_progress"
    assert Payment.objects.count() == 1


def test_the_page_asks_for_a_client_secret_only_while_there_is_a_question(client: Client, asked: Order) -> None:
    answer = client.post(f"{order_url(asked)}secret/")
    assert answer.status_code == 200
    assert answer.json()["client_secret"].startswith(Payment.objects.get().reference)
    assert answer["Cache-Control"] == "no-store, private"
    assert client.get(f"{order_url(asked)}secret/").status_code == 405
    answer_bank(Payment.objects.get(), passed=True)
    assert client.post(f"{order_url(asked)}confirmed/").json() == {"location": f"{order_url(asked)}thanks/"}
    assert client.post(f"{order_url(asked)}secret/").status_code == 409


# --- thanks ---------------------------------------------------------------------------------------------------------


def test_thanks_open_when_everything_is_settled(client: Client, asked: Order) -> None:
    thanks = f"{order_url(asked)}thanks/"
    page = text_of(client.get(thanks))
    assert "Danke!" not in page
    assert "This order is not paid yet" in page
    answer_bank(Payment.objects.get(), passed=True)
    client.post(f"{order_url(asked)}confirmed/")
    page = text_of(client.get(thanks))
    assert "Danke!" in page
    assert "Your parcel is on its way." in page
    assert "Paid by Visa" in page


def test_thanks_wait_for_an_answer(client: Client, campaign: Campaign, local_stripe: LocalStripe) -> None:
    local_stripe.faults.add(Fault(kind="reset", when="after", method="POST", path=CREATE))
    buy(client, campaign)
    page = client.get(f"{order_url(Order.objects.get())}thanks/")
    assert "We are finding out" in text_of(page)
    assert b"data-poll" in page.content
    assert b"Danke!" not in page.content


def test_a_campaign_may_have_a_thank_you_page_of_its_own(client: Client) -> None:
    campaign = open_campaign(thank_you_url="https://shop.example/danke?from=midway&x=1")
    page = client.get(buy(client, campaign)["Location"]).content.decode()
    assert '<meta http-equiv="refresh" content="0; url=https://shop.example/danke?from=midway&amp;x=1">' in page


def test_the_merchants_words_are_words_and_no_markup(client: Client) -> None:
    campaign = open_campaign(name="<b>Glow</b>", thank_you_text="<script>alert(1)</script>")
    page = client.get(buy(client, campaign)["Location"]).content.decode()
    assert "<script>alert" not in page
    assert "<b>Glow" not in page


# --- whose order it is ----------------------------------------------------------------------------------------------


def test_an_orders_page_tells_nothing_of_other_orders(client: Client, declined: Order) -> None:
    other = make_order(total=777_700)
    page = client.get(order_url(declined)).content.decode()
    assert other.number not in page
    assert "7,777" not in page
    assert declined.customer.email not in page


def test_an_order_of_the_office_cannot_be_paid_by_its_own_address(client: Client, campaign: Campaign) -> None:
    order = make_order(campaign=campaign)
    page = client.get(order_url(order))
    assert "This order cannot be paid on this page" in text_of(page)
    assert b"test_card" not in page.content
    client.post(order_url(order), {"form_token": "0" * 32, "shown": order.total, "test_card": "pm_card_visa"})
    assert not Payment.objects.exists()


def test_a_form_without_its_csrf_token_is_refused(declined: Order) -> None:
    strict = Client(enforce_csrf_checks=True)
    for part in ("", "secret/", "confirmed/", "more/"):
        assert strict.post(f"{order_url(declined)}{part}").status_code == 403
    assert Payment.objects.count() == 1
