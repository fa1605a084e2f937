"""An order is cancelled with its money: the fee stays or is charged, the rest goes back, whatever breaks in between."""

from datetime import timedelta
from typing import Any

import pytest

from gateways import clock
from orders.models import Order, PaymentState
from orders.services.orders import OrderProblem, create_order
from orders.services.shipping import Parcel, create_ship_doc, send_ship_doc
from payments.models import Payment, Purpose, Refund, Status
from payments.services.balances import balance_of
from payments.services.cancellation import Cancellation, PlanChanged, Steps, cancel_order, store_cancellation
from payments.services.cancellation_plan import Plan, plan_cancellation
from payments.services.reconcile import reconcile
from payments.services.refunds.sweep import reconcile_refund, stuck_refunds
from payments.services.reserve import PaymentRefused
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import (
    TESTER,
    make_campaign,
    make_card,
    make_customer,
    make_gateway,
    make_offer,
    make_payment,
    make_rebill,
    make_subscription,
)
from tests.faults.at_once import at_once
from tests.payments.refunds import paid, refunds_at_stripe

pytestmark = pytest.mark.django_db(transaction=True)


def booking(price: int = 10_000, fee: int = 2_000, **extras: Any) -> Order:
    """An order of an offer with a cancellation fee."""
    campaign = make_campaign(currency=extras.pop("currency", "USD"))
    offer = make_offer(campaign, price, cancellation_fee=fee)
    return create_order(make_customer(), campaign, [(offer, 1)], **extras)


def held(order: Order, amount: int = 0) -> Payment:
    payment = make_payment(order, make_gateway(), amount=amount or order.total, capture=False)
    submit(payment.pk)
    return payment


def wish_for(order: Order, fee: int = 2_000, **how: Any) -> Cancellation:
    return Cancellation(fee, "The customer fell ill", plan_cancellation(order, fee).seen, **how)


def cancel(order: Order, fee: int = 2_000, **how: Any) -> Steps:
    steps = cancel_order(order.pk, wish_for(order, fee, **how), TESTER)
    order.refresh_from_db()
    return steps


def told(plan: Plan) -> dict[str, Any]:
    refunds = [(payment.ordinal, amount) for payment, amount in plan.refunds]
    voids = [payment.ordinal for payment in plan.voids]
    return {"kept": plan.kept, "charge": plan.charge, "refunds": refunds, "voids": voids}


# --- the plan ---------------------------------------------------------------------------------------------------


def test_what_was_paid_beyond_the_fee_goes_back_newest_payment_first() -> None:
    order = booking()
    paid(order=order, amount=7_000)
    paid(order=order, amount=3_000)
    plan = plan_cancellation(order, 2_000)
    assert told(plan) == {"kept": 2_000, "charge": 0, "refunds": [(2, 3_000), (1, 5_000)], "voids": []}
    assert (plan.most, plan.gives_back) == (2_000, 8_000)


def test_what_was_refunded_before_does_not_go_back_again() -> None:
    order = booking()
    payment = paid(order=order, amount=10_000)
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=7_000)
    assert told(plan_cancellation(order, 2_000))["refunds"] == [(1, 1_000)]
    assert told(plan_cancellation(order, 0))["refunds"] == [(1, 3_000)]


def test_a_fee_that_nobody_paid_is_to_be_charged_and_what_is_held_is_released() -> None:
    order = booking()
    paid(order=order, amount=500)
    held(order, 9_500)
    assert told(plan_cancellation(order, 2_000)) == {"kept": 500, "charge": 1_500, "refunds": [], "voids": [2]}


def test_the_fee_is_what_the_lines_offers_say_and_at_most_the_order() -> None:
    campaign = make_campaign()
    offers = [make_offer(campaign, 10_000, cancellation_fee=fee) for fee in (1_000, 4_000)]
    order = create_order(make_customer(), campaign, [(offers[0], 3), (offers[1], 1)])
    assert plan_cancellation(order, 0).most == 5_000
    cheap = create_order(
        make_customer(), campaign, [(offers[1], 1)], discount=9_000, discount_reason="Friend of the house"
    )
    assert plan_cancellation(cheap, 0).most == 1_000


def test_the_plan_tells_what_else_happens() -> None:
    order = booking()
    line = order.lines.get()
    line.quantity = 3
    line.save()
    sent, packed = (create_ship_doc(order.pk, Parcel({line.pk: 1})) for _ in range(2))
    send_ship_doc(sent.pk)
    subscription = make_subscription()
    assert (plan_cancellation(order, 0).sent, plan_cancellation(order, 0).drafts) == ((sent,), (packed,))
    assert plan_cancellation(subscription.order_line.order, 0).subscriptions == (subscription,)


# --- with the fee, without it -----------------------------------------------------------------------------------


def test_a_paid_order_keeps_its_fee_and_gives_the_rest_back() -> None:
    order = booking()
    payment = paid(order=order)
    steps = cancel(order)
    (refund,) = Refund.objects.all()
    assert (refund.amount, refund.status, refund.reason) == (8_000, "succeeded", "requested_by_customer")
    assert refund.note == "Cancelled: The customer fell ill"
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [8_000]
    assert (order.payment_state, order.cancellation_fee, order.amount_paid, order.amount_refunded) == (
        PaymentState.CANCELLED,
        2_000,
        10_000,
        8_000,
    )
    assert (order.cancel_reason, balance_of(order).due, balance_of(order).excess) == ("The customer fell ill", 0, 0)
    assert steps.charge is None


def test_without_a_fee_all_of_it_goes_back() -> None:
    order = booking()
    payments = [paid(order=order, amount=4_000), paid(order=order, amount=6_000)]
    cancel(order, 0)
    assert [one["amount"] for payment in payments for one in refunds_at_stripe(payment)] == [4_000, 6_000]
    assert (order.amount_refunded, balance_of(order).due) == (10_000, 0)


def test_a_hold_is_released() -> None:
    order = booking()
    hold = held(order)
    cancel(order, 0)
    hold.refresh_from_db()
    assert (hold.status, order.amount_held, order.payment_state) == (Status.VOIDED, 0, PaymentState.CANCELLED)


def test_a_payment_that_waits_for_its_cardholder_is_given_up() -> None:
    order = booking()
    payment = make_payment(order, test_card="pm_card_threeDSecure2Required")
    submit(payment.pk)
    cancel(order, 0)
    payment.refresh_from_db()
    assert payment.status == Status.VOIDED


def test_an_unpaid_order_is_cancelled_and_its_fee_may_stay_due() -> None:
    order = booking()
    cancel(order)
    assert (balance_of(order).due, order.payment_state, Payment.objects.count()) == (2_000, PaymentState.CANCELLED, 0)
    payment = make_payment(order, make_gateway(), amount=2_000, purpose=Purpose.CANCELLATION_FEE)
    submit(payment.pk)
    assert balance_of(order).due == 0


@pytest.mark.parametrize(
    ("currency", "price", "fee", "back"), [("JPY", 9_999, 3_333, 6_666), ("KWD", 9_990, 3_330, 6_660)]
)
def test_other_currencies_add_up_too(currency: str, price: int, fee: int, back: int) -> None:
    order = booking(price, fee, currency=currency)
    payment = paid(order=order)
    cancel(order, fee)
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [back]


# --- a fee that is charged --------------------------------------------------------------------------------------


def test_a_fee_is_captured_of_the_hold_and_the_rest_released() -> None:
    order = booking()
    hold = held(order)
    cancel(order, hold=hold.pk)
    hold.refresh_from_db()
    assert (hold.status, hold.amount_captured) == (Status.CAPTURED, 2_000)
    assert (order.amount_paid, order.amount_held, balance_of(order).due, balance_of(order).excess) == (2_000, 0, 0, 0)


def test_a_fee_is_charged_to_a_saved_card_though_a_hold_is_being_released() -> None:
    order, gateway = booking(), make_gateway()
    hold, card = held(order), make_card(order.customer, gateway)
    steps = cancel(order, card=card, gateway=gateway)
    assert steps.charge is not None
    submit(steps.charge.pk)
    charge = Payment.objects.get(pk=steps.charge.pk)
    hold.refresh_from_db()
    assert (charge.purpose, charge.amount_captured, charge.card) == (Purpose.CANCELLATION_FEE, 2_000, card)
    assert charge.draft["off_session"]
    assert (hold.status, balance_of(order).due) == (Status.VOIDED, 0)


def test_only_what_is_lacking_of_the_fee_is_charged() -> None:
    order, gateway = booking(), make_gateway()
    paid(order=order, amount=500)
    steps = cancel(order, card=make_card(order.customer, gateway), gateway=gateway)
    assert steps.charge is not None
    assert (steps.charge.amount, steps.refunds) == (1_500, [])


def refused(order: Order, wish: Cancellation, error: type[Exception]) -> Any:
    held_before = list(order.payments.order_by("pk").values())
    with pytest.raises(error) as refusal:
        cancel_order(order.pk, wish, TESTER)
    now = Order.objects.get(pk=order.pk)
    assert (now.cancelled_at, now.cancellation_fee, Refund.objects.count()) == (None, 0, 0)
    assert list(order.payments.order_by("pk").values()) == held_before
    return refusal.value


def test_a_card_that_cannot_pay_the_fee_cancels_nothing() -> None:
    order, gateway = booking(), make_gateway(monthly_cap=1_000)
    held(order)
    card = make_card(order.customer, gateway)
    refusal = refused(order, wish_for(order, card=card, gateway=gateway), PaymentRefused)
    assert (refusal.field, "left under its monthly cap" in refusal.message) == ("gateway", True)


def test_a_fee_below_what_can_be_charged_cancels_nothing() -> None:
    order, gateway = booking(fee=40), make_gateway()
    card = make_card(order.customer, gateway)
    refusal = refused(order, wish_for(order, 40, card=card, gateway=gateway), PaymentRefused)
    assert (refusal.field, refusal.message) == ("amount", "The least that can be charged is 0.50 USD.")


def test_a_hold_that_cannot_pay_the_fee_cancels_nothing() -> None:
    order = booking()
    held(order, 1_000)
    other = held(booking())
    refused(order, wish_for(order, hold=other.pk), PaymentRefused)


def test_a_card_that_is_declined_leaves_the_order_cancelled_and_its_fee_due() -> None:
    order, gateway = booking(), make_gateway()
    card = make_card(order.customer, gateway, "pm_card_chargeCustomerFail")
    steps = cancel(order, card=card, gateway=gateway)
    assert steps.charge is not None
    submit(steps.charge.pk)
    assert (steps.charge.pk, balance_of(order).due) == (Payment.objects.get(status=Status.DECLINED).pk, 2_000)


# --- what is refused --------------------------------------------------------------------------------------------


def test_a_plan_that_has_changed_is_not_carried_out() -> None:
    order = booking()
    wish = wish_for(order)
    paid(order=order)
    refused(order, wish, PlanChanged)


def test_another_fee_than_the_one_whose_plan_was_seen_is_not_carried_out() -> None:
    order = booking()
    paid(order=order)
    seen = plan_cancellation(order, 2_000).seen
    refused(order, Cancellation(0, "Ill", seen), PlanChanged)


def test_a_fee_above_what_the_offers_allow_is_refused() -> None:
    order = booking()
    refusal = refused(order, wish_for(order, 2_001), OrderProblem)
    assert (refusal.field, refusal.message) == (
        "fee",
        "The fee is more than the offers of this order allow: make it smaller.",
    )


@pytest.mark.parametrize("state", ["pending", "unknown"])
def test_an_order_waits_for_what_is_being_settled(local_stripe: LocalStripe, state: str) -> None:
    order = booking()
    payment = make_payment(order)
    if state == "unknown":
        local_stripe.faults.add(Fault(kind="reset", when="after", path="/v1/payment_intents"))
        submit(payment.pk)
    refusal = refused(order, wish_for(order), PaymentRefused)
    assert refusal.message == f"{payment} is being settled: cancel once its answer is known."


def test_a_rebill_is_not_cancelled_but_its_subscription_is() -> None:
    order = make_rebill(make_subscription())
    refusal = refused(order, wish_for(order, 0), OrderProblem)
    assert "refund its payment, or cancel the subscription" in refusal.message


def test_cancelling_twice_gives_back_once() -> None:
    order = booking()
    payment = paid(order=order)
    wish = wish_for(order)
    cancel_order(order.pk, wish, TESTER)
    with pytest.raises(OrderProblem, match="is cancelled already"):
        cancel_order(order.pk, wish, TESTER)
    assert len(refunds_at_stripe(payment)) == 1


@pytest.mark.postgres
def test_four_operators_who_cancel_at_once_give_back_once() -> None:
    order = booking()
    payment = paid(order=order)
    wish = wish_for(order)

    def press(_: int) -> bool:
        try:
            cancel_order(order.pk, wish, TESTER)
        except OrderProblem:
            return False
        return True

    assert sorted(at_once(4, press)) == [False, False, False, True]
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [8_000]


@pytest.mark.postgres
def test_a_cancellation_and_a_payment_at_once_leave_no_money_behind() -> None:
    gateway = make_gateway()
    for _ in range(4):
        order = booking()
        wish = wish_for(order, 0)

        def act(number: int, order: Order = order, wish: Cancellation = wish) -> bool:
            try:
                cancel_order(order.pk, wish, TESTER) if number else make_payment(order, gateway)
            except (OrderProblem, PaymentRefused, PlanChanged):
                return False
            return True

        assert sorted(at_once(2, act)) == [False, True]
        order.refresh_from_db()
        assert (order.cancelled_at is None) == order.payments.exists()


# --- when it breaks in between ----------------------------------------------------------------------------------


def test_a_crash_before_stripe_was_asked_is_finished_by_the_sweeps() -> None:
    order = booking(30_000)
    payment, hold = paid(order=order, amount=20_000), held(order, 10_000)
    store_cancellation(order.pk, wish_for(order), TESTER)  # and then the process is gone
    order.refresh_from_db()
    assert (order.payment_state, order.cancellation_fee, refunds_at_stripe(payment)) == ("cancelled", 2_000, [])
    with clock.travel_to(clock.now() + timedelta(minutes=5)):
        (refund,) = stuck_refunds()
        reconcile_refund(refund)
        reconcile(hold.pk)
    hold.refresh_from_db()
    order.refresh_from_db()
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [18_000]
    assert (hold.status, order.amount_refunded, order.amount_held) == (Status.VOIDED, 18_000, 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refund_that_was_not_heard_is_found_out_and_given_once(local_stripe: LocalStripe, when: str) -> None:
    order = booking()
    payment = paid(order=order)
    local_stripe.faults.add(Fault(kind="reset", when=when, method="POST", path="/v1/refunds"))  # type: ignore[arg-type]
    (refund,) = cancel(order).refunds
    local_stripe.faults.clear()
    assert Refund.objects.get().status == "unknown"
    with clock.travel_to(clock.now() + timedelta(minutes=5)):
        reconcile_refund(refund.pk)
    assert [one["amount"] for one in refunds_at_stripe(payment)] == [8_000]
    assert Refund.objects.get().status == "succeeded"
