"""Impossible money is refused by the database itself, whatever code is in front of it."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError

from orders.models import Order
from payments.models import ApiCall, Payment, WebhookEvent
from payments.services.api.keys import make_key
from payments.services.submit import submit
from tests.factories import (
    TESTER,
    make_campaign,
    make_card,
    make_customer,
    make_gateway,
    make_operator,
    make_order,
    make_payment,
    make_rebill,
    make_subscription,
)
from tests.gateways.refusals import database_refuses, names_of, update_is_refused

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, tzinfo=UTC)

PAYMENT: list[tuple[str, dict[str, Any]]] = [
    ("payment_amount_is_positive", {"amount": 0}),
    ("payment_captured_is_not_more_than_asked", {"status": "captured", "reference": "pi_1", "amount_captured": 5001}),
    ("payment_refunded_is_not_more_than_captured", {"amount_refunded": 1}),
    ("payment_captured_has_amount_and_reference", {"status": "captured", "reference": "", "amount_captured": 5000}),
    ("payment_captured_has_amount_and_reference", {"status": "captured", "reference": "pi_1", "amount_captured": 0}),
    ("payment_money_is_taken_when_captured", {"status": "declined", "amount_captured": 1}),
    ("payment_money_is_taken_when_captured", {"status": "voided", "amount_captured": 5000, "reference": "pi_1"}),
    ("payment_authorized_has_reference", {"status": "authorized", "reference": ""}),
    ("payment_capture_asked_is_not_more_than_held", {"capture_asked": 5001}),
    ("payment_capture_asked_is_not_more_than_held", {"capture_asked": 0}),
    ("payment_is_captured_or_voided_not_both", {"capture_asked": 1, "void_asked_at": NOW}),
    ("payment_status_is_known", {"status": "paid"}),
    ("payment_mode_is_test_or_live", {"mode": "demo"}),
    ("payment_cap_month_is_a_first_day", {"cap_month": date(2026, 11, 2)}),
    ("payment_without_order_is_a_test", {"order": None}),
    ("payment_that_is_a_rebill_names_its_cycle", {"purpose": "rebill"}),
    ("payment_that_is_a_rebill_names_its_cycle", {"cycle": 2}),
]
UNIQUE = {
    "payment_reference_is_unique_in_its_account",
    "payment_ordinal_is_unique_in_its_order",
    "payment_is_one_live_for_each_cycle_of_a_subscription",
}
AT_THE_EDGE: list[dict[str, Any]] = [
    {"amount": 1},
    {"status": "captured", "reference": "pi_1", "amount_captured": 5000, "amount_refunded": 5000},
    {"status": "captured", "reference": "pi_1", "amount_captured": 1},
    {"status": "authorized", "reference": "pi_1", "capture_asked": 5000},
    {"order": None, "purpose": "test"},
]


@pytest.mark.parametrize(("name", "fields"), PAYMENT)
def test_a_payment_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_payment(), name, **fields)


@pytest.mark.parametrize("fields", AT_THE_EDGE, ids=str)
def test_a_payment_at_the_edge_of_what_can_be_is_taken(fields: dict[str, Any]) -> None:
    assert Payment.objects.filter(pk=make_payment().pk).update(**fields) == 1


@pytest.mark.parametrize("fields", [{"amount": -1}, {"amount_captured": -1}, {"amount_refunded": -1}], ids=str)
def test_no_amount_is_negative(fields: dict[str, int]) -> None:
    payment = make_payment()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**fields)


def test_two_payments_do_not_share_a_reference_of_an_account() -> None:
    gateway = make_gateway()
    first, second = make_payment(gateway=gateway), make_payment(gateway=gateway)
    Payment.objects.filter(pk=first.pk).update(reference="pi_1")
    update_is_refused(second, "payment_reference_is_unique_in_its_account", reference="pi_1")


@pytest.mark.parametrize("fields", [{"account_id": "acct_other"}, {"mode": "live"}], ids=str)
def test_another_account_or_mode_may_use_the_same_reference(fields: dict[str, str]) -> None:
    first, second = make_payment(), make_payment()
    Payment.objects.filter(pk=first.pk).update(reference="pi_1", account_id="acct_1")
    assert Payment.objects.filter(pk=second.pk).update(**{"reference": "pi_1", "account_id": "acct_1", **fields}) == 1


def test_payments_that_have_no_reference_yet_do_not_meet() -> None:
    gateway = make_gateway()
    payments = [make_payment(gateway=gateway) for _ in range(3)]
    assert [payment.reference for payment in payments] == ["", "", ""]


def test_an_order_has_one_first_payment() -> None:
    order, gateway = make_order(), make_gateway()
    make_payment(order, gateway, amount=1000)
    second = make_payment(order, gateway, amount=1000)
    update_is_refused(second, "payment_ordinal_is_unique_in_its_order", ordinal=1)


def test_a_cycle_of_a_subscription_is_billed_once() -> None:
    gateway, subscription = make_gateway(), make_subscription()
    first, second = (make_payment(make_rebill(subscription, cycle), gateway) for cycle in (2, 3))
    update_is_refused(second, "payment_is_one_live_for_each_cycle_of_a_subscription", cycle=2)
    Payment.objects.filter(pk=first.pk).update(status="declined")
    assert Payment.objects.filter(pk=second.pk).update(cycle=2) == 1


@pytest.mark.parametrize("field", ["key", "form_token"])
def test_two_payments_share_neither_key_nor_form(field: str) -> None:
    first, second = make_payment(form_token=uuid.uuid4()), make_payment(form_token=uuid.uuid4())
    with pytest.raises(IntegrityError, match=field), transaction.atomic():
        Payment.objects.filter(pk=second.pk).update(**{field: getattr(first, field)})


def make_event(**fields: Any) -> WebhookEvent:
    gateway = fields.pop("gateway", None) or make_gateway()
    plain = {"event_id": "evt_1", "type": "charge.succeeded", "livemode": False, "body": "{}", "received_at": NOW}
    (event,) = WebhookEvent.objects.bulk_create([WebhookEvent(gateway=gateway, **{**plain, **fields})])
    return event


def test_an_event_is_stored_once_for_each_gateway() -> None:
    event = make_event()
    make_event(event_id=event.event_id)
    database_refuses(
        WebhookEvent,
        "webhook_event_is_stored_once",
        lambda: make_event(event_id=event.event_id, gateway=event.gateway),
    )


def test_an_event_has_a_known_status() -> None:
    update_is_refused(make_event(), "webhook_event_status_is_known", status="lost")


def test_an_api_key_is_never_kept_as_it_is() -> None:
    row, key = make_key(make_campaign(), "Shop", None)
    update_is_refused(row, "api_key_is_kept_as_a_digest", digest=key)


def test_an_api_call_is_made_once_and_answered_whole() -> None:
    call = ApiCall.objects.create(campaign=make_campaign(), key="token-0001", digest="0", started_at=NOW)
    update_is_refused(call, "api_call_answer_has_a_status", status=201)
    twin = ApiCall(campaign=call.campaign, key=call.key, digest="1", started_at=NOW)
    database_refuses(ApiCall, "api_call_key_is_used_once_in_its_campaign", lambda: ApiCall.objects.bulk_create([twin]))


def test_every_constraint_has_a_test() -> None:
    assert names_of(Payment) == {name for name, _ in PAYMENT} | UNIQUE
    assert names_of(WebhookEvent) == {"webhook_event_is_stored_once", "webhook_event_status_is_known"}


def paid_by_card() -> Payment:
    gateway, customer, user = make_gateway(), make_customer(), make_operator()
    card = make_card(customer, gateway)
    actor = type(TESTER)("operator", user.username, user)
    payment = make_payment(make_order(customer=customer), gateway, card=card, test_card="", actor=actor)
    submit(payment.pk)
    return Payment.objects.get(pk=payment.pk)


@pytest.mark.parametrize("what", ["gateway", "card", "order", "customer", "campaign", "user", "payment", "address"])
def test_what_money_touches_is_not_deleted(what: str) -> None:
    payment = paid_by_card()
    assert payment.order is not None
    address = payment.order.customer.addresses.create(line1="12 Maple Street", city="Portland", country="US")
    Order.objects.filter(pk=payment.order.pk).update(address=address)
    rows: dict[str, models.Model | None] = {
        "gateway": payment.gateway,
        "card": payment.card,
        "order": payment.order,
        "payment": payment,
        "customer": payment.order.customer,
        "campaign": payment.order.campaign,
        "user": payment.user,
        "address": address,
    }
    row = rows[what]
    assert row is not None
    with pytest.raises(ProtectedError):
        row.delete()
    assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_a_batch_with_one_row_that_money_touches_is_not_deleted_either() -> None:
    payment, free = paid_by_card(), make_order()
    with pytest.raises(ProtectedError):
        Order.objects.filter(pk__in=[payment.order_id, free.pk]).delete()
    assert Order.objects.filter(pk__in=[payment.order_id, free.pk]).count() == 2


def test_an_order_that_no_money_touches_goes_with_its_lines() -> None:
    order = make_order()
    assert order.delete()[1] == {"orders.OrderLine": 1, "orders.Order": 1}
