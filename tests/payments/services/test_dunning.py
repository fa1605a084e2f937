"""What is declined is tried again or not, as the bank and the campaign say; a customer who must confirm is asked."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from gateways import clock
from gateways.processors import declines
from gateways.processors.base import GatewayUnavailable
from orders.models import Card, Mail, PaymentState, Subscription
from orders.services.subscriptions import SubscriptionProblem, cancel, change_card
from payments.models import PayLink, Payment, Status
from payments.services.attempts import free_from
from payments.services.bank_question import ask_again, client_secret_of
from payments.services.force_bill import force_bill
from payments.services.holds import void
from payments.services.rebills import bill_due
from payments.services.reconcile import reconcile
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import TESTER, make_campaign, make_gateway, make_order, make_payment
from tests.local_stripe import all_intents, answer_bank, charges_of
from tests.payments.subscriptions import (
    CONFIRMED,
    DECLINED,
    find_out,
    keep_card,
    make_due,
    order_of,
    payments_of,
    run,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)

Held, State = Subscription.Held, Subscription.Status
RETURN = "http://testserver/pay/back/"
CONFIRM = "/v1/payment_intents/*/confirm"


def declining(**fields: Any) -> Subscription:
    """On a card that is declined whenever it is charged."""
    return make_due(DECLINED, **fields)


def run_when_due(subscription: Subscription) -> Payment | None:
    assert subscription.try_at is not None
    with clock.travel_to(subscription.try_at + timedelta(seconds=1)):
        return run(subscription)


# --- soft declines ----------------------------------------------------------------------------------------------


def test_a_soft_decline_is_tried_again_on_the_campaigns_days_at_other_hours() -> None:
    subscription = declining(campaign=make_campaign(retry_days="2,4"))
    first = run(subscription)
    assert first is not None
    assert first.settled_at is not None
    tries = [first.settled_at]
    for number in (1, 2):
        assert (subscription.status, subscription.held, subscription.retries) == (State.PAST_DUE, "", number)
        assert subscription.try_at is not None
        tries.append(subscription.try_at)
        run_when_due(subscription)
    assert [(later.date() - tries[0].date()).days for later in tries[1:]] == [2, 4]
    assert all(earlier.hour != later.hour for earlier, later in itertools.pairwise(tries))
    assert payments_of(subscription) == [(2, "declined")] * 3
    assert len({payment.key for payment in subscription.payments.all()}) == 3
    assert subscription.payments.values("order").distinct().count() == 1


def test_when_the_retries_are_used_up_it_stays_past_due_and_asks_for_another_card() -> None:
    subscription = declining(campaign=make_campaign(retry_days="1"))
    run(subscription)
    run_when_due(subscription)
    assert (subscription.status, subscription.held, subscription.try_at) == (State.PAST_DUE, Held.RETRIES, None)
    assert bill_due().payments == []
    assert set(Mail.objects.values_list("kind", flat=True)) == {"rebill_declined", "card_needed"}


def test_or_it_is_cancelled_as_the_campaign_says_and_its_order_with_it() -> None:
    subscription = declining(campaign=make_campaign(retry_days="1", after_retries="cancel"))
    run(subscription)
    run_when_due(subscription)
    assert (subscription.status, subscription.end_reason) == (State.CANCELLED, "Every retry was declined.")
    assert order_of(subscription).payment_state == PaymentState.CANCELLED
    assert "ended" in Mail.objects.get(kind="subscription_cancelled").subject


def test_a_retry_that_is_paid_brings_the_date_back_that_the_cycle_had() -> None:
    subscription = declining()
    due = subscription.due_at
    run(subscription)
    change_card(subscription, keep_card(subscription), "tester")
    run(subscription)
    assert (subscription.status, subscription.cycle, subscription.retries) == (State.ACTIVE, 2, 0)
    assert due is not None
    assert subscription.due_at is not None
    assert 28 <= (subscription.due_at - due).days <= 31


def test_a_new_card_is_tried_at_once_and_its_retries_begin_anew() -> None:
    subscription = declining(campaign=make_campaign(retry_days="1"))
    run(subscription)
    run_when_due(subscription)
    assert subscription.held == Held.RETRIES
    other = keep_card(subscription, DECLINED)
    change_card(subscription, other, "tester")
    payment = run(subscription)
    assert payment is not None
    assert payment.card == other
    assert (subscription.retries, subscription.held) == (1, "")


def test_a_cycle_that_was_billed_early_keeps_its_own_date_when_it_is_declined() -> None:
    due = clock.now() + timedelta(days=10)
    subscription = declining(due_at=due, try_at=due)
    payment = force_bill(subscription, TESTER).payment
    subscription.refresh_from_db()
    submit(payment.pk)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.try_at, subscription.retries) == (State.ACTIVE, due, 0)


# --- hard declines ----------------------------------------------------------------------------------------------


@pytest.fixture
def hard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bank of the declining test card says that it was lost."""
    monkeypatch.setitem(declines.HARD, "generic_decline", "The card was reported lost.")


@pytest.mark.usefixtures("hard")
def test_a_hard_decline_blocks_the_card_for_good_and_asks_for_another() -> None:
    subscription = declining()
    run(subscription)
    assert (subscription.held, subscription.status, subscription.try_at) == (Held.CARD, State.PAST_DUE, None)
    assert subscription.card is not None
    card = Card.objects.get(pk=subscription.card.pk)
    assert card.blocked_at is not None
    assert card.block_reason == "The card was reported lost."
    assert "another card" in Mail.objects.get().subject
    with pytest.raises(PaymentRefused, match="never charged again"):
        force_bill(subscription, TESTER)
    assert payments_of(subscription) == [(2, "declined")]


@pytest.mark.usefixtures("hard")
def test_another_subscription_on_a_blocked_card_is_held_without_asking_the_bank() -> None:
    subscription = declining()
    run(subscription)
    other = make_due(gateway=subscription.gateway, customer=subscription.customer)
    other.card = subscription.card
    other.save()
    assert run(other) is None
    assert (other.held, payments_of(other)) == (Held.CARD, [])


@pytest.mark.usefixtures("hard")
def test_a_blocked_card_is_not_chosen_anew() -> None:
    subscription = declining()
    run(subscription)
    assert subscription.card is not None
    with pytest.raises(SubscriptionProblem, match="never charged again"):
        change_card(subscription, Card.objects.get(pk=subscription.card.pk), "tester")


# --- attempts ---------------------------------------------------------------------------------------------------


def test_a_card_is_tried_so_often_in_thirty_days_and_then_waits() -> None:
    subscription = declining(campaign=make_campaign(attempts_per_card=1))
    first = run(subscription)
    assert first is not None
    assert first.submitted_at is not None
    assert run_when_due(subscription) is None
    assert subscription.try_at == first.submitted_at + timedelta(days=30)
    assert "tried 1 times in 30 days" in subscription.events.get(kind="put off").detail
    with pytest.raises(PaymentRefused, match="tried 1 times"):
        force_bill(subscription, TESTER)
    assert run_when_due(subscription) is not None


def test_the_same_card_saved_twice_is_one_card_and_what_was_never_sent_does_not_count() -> None:
    gateway = make_gateway()
    subscription = make_due(gateway=gateway)
    assert subscription.card is not None
    again = keep_card(subscription)
    assert again.pk != subscription.card.pk
    make_payment(make_order(customer=subscription.customer), gateway, test_card="", card=again)
    assert free_from(subscription.card, 1) is None, "it waits: no bank was asked"
    run(subscription)
    assert free_from(again, 1) is not None
    assert free_from(again, 2) is None


# --- a customer who has to confirm ------------------------------------------------------------------------------


def asked(**fields: Any) -> tuple[Subscription, Payment]:
    subscription = make_due(CONFIRMED, **fields)
    payment = run(subscription)
    assert payment is not None
    return subscription, payment


def confirm(payment: Payment) -> Payment:
    """What the customer's page does."""
    return ask_again(Payment.objects.get(pk=payment.pk), TESTER, return_url=RETURN)


def test_a_bank_that_wants_its_customer_leaves_the_payment_open_and_writes_to_them() -> None:
    subscription, payment = asked()
    assert (payment.status, payment.decline_code) == (Status.REQUIRES_ACTION, "authentication_required")
    assert (subscription.held, subscription.status, subscription.retries) == (Held.AUTHENTICATION, State.PAST_DUE, 0)
    assert order_of(subscription).payment_state == PaymentState.IN_PROGRESS
    mail = Mail.objects.get()
    assert mail.kind == "authentication"
    assert f"/pay/l/{PayLink.objects.get(order=payment.order).slug}/" in mail.body
    assert "$15.00" in mail.body
    assert bill_due().payments == []


def test_the_customer_confirms_the_same_intent_and_the_cycle_is_paid() -> None:
    subscription, payment = asked()
    reference = payment.reference
    confirmed = confirm(payment)
    assert (confirmed.status, confirmed.reference) == (Status.REQUIRES_ACTION, reference)
    assert confirmed.action_url.startswith("http")
    answer_bank(confirmed, passed=True)
    find_out(payment)
    subscription.refresh_from_db()
    assert (payment.status, payment.reference) == (Status.CAPTURED, reference)
    assert (subscription.cycle, subscription.held, subscription.status) == (2, "", State.ACTIVE)
    assert charges_of(payment) == [reference]


def test_a_page_with_stripes_script_confirms_it_by_its_secret(local_stripe: LocalStripe) -> None:
    subscription, payment = asked()
    secret = client_secret_of(Payment.objects.get(pk=payment.pk), TESTER)
    assert secret.startswith(payment.reference)
    answer_bank(payment, passed=True)
    find_out(payment)
    assert payments_of(subscription) == [(2, "captured")]


def test_a_failed_confirmation_is_no_decline_and_can_be_tried_again() -> None:
    subscription, payment = asked()
    for _ in range(2):
        answer_bank(confirm(payment), passed=False)
        find_out(payment)
        assert payment.status == Status.REQUIRES_ACTION
        assert payment.authentication_failed
    answer_bank(confirm(payment), passed=True)
    find_out(payment)
    assert payments_of(subscription) == [(2, "captured")]


def test_a_confirmation_that_nobody_heard_of_is_found_out(local_stripe: LocalStripe) -> None:
    _, payment = asked()
    local_stripe.faults.add(Fault(kind="error", when="after", method="POST", path=CONFIRM))
    with pytest.raises(GatewayUnavailable):
        confirm(payment)
    find_out(payment)
    assert payment.action_url.startswith("http")


def test_what_the_customer_confirmed_already_is_read_and_not_asked_again() -> None:
    subscription, payment = asked()
    answer_bank(confirm(payment), passed=True)
    assert confirm(payment).status == Status.CAPTURED
    with pytest.raises(PaymentRefused, match="nothing left to confirm"):
        confirm(payment)
    assert payments_of(subscription) == [(2, "captured")]


def test_the_customer_is_reminded_on_the_campaigns_days_and_then_given_up() -> None:
    subscription, payment = asked(campaign=make_campaign(retry_days="1,2"))
    assert run_when_due(subscription) is None
    assert Mail.objects.filter(kind="authentication").count() == 2
    assert run_when_due(subscription) is None
    assert subscription.try_at is None
    payment.refresh_from_db()
    assert payment.void_asked_at is not None
    with clock.travel_to(payment.void_asked_at + timedelta(minutes=1)):
        find_out(payment)
    subscription.refresh_from_db()
    assert (payment.status, subscription.held) == (Status.VOIDED, Held.RETRIES)
    assert next(one["status"] for one in all_intents() if one["id"] == payment.reference) == "canceled"
    assert order_of(subscription).payment_state == PaymentState.UNPAID


def test_a_new_card_takes_the_place_of_the_payment_that_waits() -> None:
    subscription, payment = asked()
    change_card(subscription, keep_card(subscription), "tester")
    assert run(subscription) is None, "the old payment is withdrawn first"
    find_out(payment)
    assert payment.status == Status.VOIDED
    run(subscription)
    assert payments_of(subscription) == [(2, "voided"), (2, "captured")]
    assert subscription.cycle == 2


def test_nobody_confirms_for_a_subscription_that_was_cancelled_and_its_payment_is_withdrawn() -> None:
    subscription, payment = asked()
    cancel(subscription, "No longer wanted", "tester")
    with pytest.raises(PaymentRefused, match="not billed any longer"):
        confirm(payment)
    find_out(payment)
    assert payment.status == Status.VOIDED
    assert order_of(subscription).payment_state == PaymentState.CANCELLED


def test_an_operator_who_voids_the_waiting_payment_leaves_it_to_the_next_retry() -> None:
    subscription, payment = asked()
    before = subscription.try_at
    void(payment.pk, TESTER)
    subscription.refresh_from_db()
    assert (subscription.held, subscription.status) == ("", State.PAST_DUE)
    assert subscription.try_at == before


def test_a_payment_that_waits_for_the_customer_is_looked_at_for_days_and_kept() -> None:
    _, payment = asked()
    with clock.travel_to(clock.now() + timedelta(days=3)):
        Payment.objects.filter(pk=payment.pk).update(next_try_at=clock.now())
        reconcile(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.void_asked_at) == (Status.REQUIRES_ACTION, None)


def test_the_story_is_told() -> None:
    subscription, payment = asked()
    answer_bank(confirm(payment), passed=True)
    find_out(payment)
    assert told(subscription) == ["billed", "held", "paid"]
