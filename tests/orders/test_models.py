"""What the database itself refuses of orders, customers and cards; and what people quote."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError

from orders.models import (
    Campaign,
    Card,
    Coupon,
    Customer,
    Mail,
    Offer,
    OfferCycle,
    Order,
    OrderLine,
    ShipDoc,
    Subscription,
    VaultedCustomer,
    order_number,
    order_pk,
)
from orders.models.campaigns import validate_retry_days
from tests.factories import (
    make_campaign,
    make_card,
    make_customer,
    make_gateway,
    make_offer,
    make_order,
    make_rebill,
    make_recurring_offer,
    make_subscription,
)
from tests.gateways.refusals import database_refuses, names_of, update_is_refused

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ORDER: list[tuple[str, dict[str, Any]]] = [
    ("order_amounts_are_not_negative", {"discount": -1}),
    ("order_amounts_are_not_negative", {"shipping": -1}),
    ("order_amounts_are_not_negative", {"tax": -1}),
    ("order_total_is_not_negative", {"total": -1}),
    ("order_paid_held_refunded_are_not_negative", {"amount_held": -1}),
    ("order_paid_held_refunded_are_not_negative", {"amount_refunded": -1}),
    ("order_refunded_is_not_more_than_paid", {"amount_refunded": 1}),
    ("order_refunded_is_not_more_than_paid", {"amount_paid": 5000, "amount_refunded": 5001}),
    ("order_payment_state_is_known", {"payment_state": "settled"}),
    ("order_source_is_known", {"source": "fax"}),
    ("order_of_a_subscription_names_its_cycle", {"cycle": 2}),
    ("order_cancellation_fee_is_of_a_cancelled_order", {"cancellation_fee": 100}),
    ("order_cancellation_fee_is_of_a_cancelled_order", {"cancelled_at": NOW, "cancellation_fee": 5001}),
]
LINE: list[tuple[str, dict[str, Any]]] = [
    ("order_line_quantity_is_at_least_one", {"quantity": 0}),
    ("order_line_price_is_positive", {"unit_price": 0}),
    ("order_line_price_is_positive", {"unit_price": -1}),
    ("order_line_ships_no_more_than_was_ordered", {"quantity_on_ship_docs": 2}),
]
CARD: list[tuple[str, dict[str, Any]]] = [
    ("card_month_is_a_month", {"exp_month": 0}),
    ("card_month_is_a_month", {"exp_month": 13}),
    ("card_keeps_four_digits_only", {"last4": "424"}),
    ("card_keeps_four_digits_only", {"last4": "42a2"}),
    ("card_keeps_four_digits_only", {"last4": ""}),
    ("card_block_has_a_reason", {"block_reason": "lost"}),
    ("card_block_has_a_reason", {"blocked_at": NOW}),
]
CAMPAIGN: list[tuple[str, dict[str, Any]]] = [
    ("campaign_kind_is_known", {"kind": "radio"}),
    ("campaign_mode_is_test_or_live", {"mode": "demo"}),
    ("campaign_after_retries_is_known", {"after_retries": "sue"}),
    ("campaign_attempts_per_card_are_what_networks_allow", {"attempts_per_card": 0}),
    ("campaign_attempts_per_card_are_what_networks_allow", {"attempts_per_card": 16}),
]
OFFER: list[tuple[str, dict[str, Any]]] = [
    ("offer_price_is_positive", {"price": 0}),
    ("offer_kind_is_known", {"kind": "rent"}),
    ("offer_terms_are_known", {"terms": "never"}),
    ("offer_deposit_has_an_amount_or_a_share", {"terms": "deposit"}),
    ("offer_deposit_amount_is_part_of_the_price", {"deposit_amount": 5000}),
    ("offer_deposit_amount_is_part_of_the_price", {"deposit_amount": 0}),
    ("offer_deposit_amount_is_part_of_the_price", {"deposit_amount": 100, "deposit_rate": 100}),
    ("offer_deposit_rate_is_part_of_the_price", {"deposit_rate": 10_000}),
    ("offer_cancellation_fee_is_at_most_the_price", {"cancellation_fee": 5001}),
    ("offer_cancellation_fee_is_at_most_the_price", {"cancellation_fee": -1}),
]
CYCLE: list[tuple[str, dict[str, Any]]] = [
    ("offer_cycle_is_a_rebill", {"number": 1}),
    ("offer_cycle_price_is_positive", {"price": 0}),
    ("offer_cycle_interval_is_positive", {"every_count": 0}),
    ("offer_cycle_interval_is_positive", {"every_count": 1000}),
    ("offer_cycle_unit_is_known", {"every_unit": "year"}),
]
COUPON: list[tuple[str, dict[str, Any]]] = [
    ("coupon_takes_an_amount_or_a_share", {"amount": None}),
    ("coupon_takes_an_amount_or_a_share", {"rate": 100}),
    ("coupon_takes_an_amount_or_a_share", {"amount": None, "rate": 10_001}),
    ("coupon_is_not_used_too_often", {"most_uses": 1, "uses": 2}),
    ("coupon_ends_after_it_starts", {"starts_on": date(2026, 11, 2), "ends_on": date(2026, 11, 1)}),
]
SHIP_DOC: list[tuple[str, dict[str, Any]]] = [
    ("ship_doc_status_is_known", {"status": "lost"}),
    ("ship_doc_that_left_has_its_time", {"status": "shipped"}),
    ("ship_doc_that_left_has_its_time", {"shipped_at": NOW}),
]
SUBSCRIPTION: list[tuple[str, dict[str, Any]]] = [
    ("subscription_status_is_known", {"status": "frozen", "try_at": None}),
    ("subscription_held_is_known", {"held": "moon"}),
    ("subscription_cycle_is_at_least_one", {"cycle": 0}),
    ("subscription_quantity_is_at_least_one", {"quantity": 0}),
    ("subscription_anchor_is_a_day", {"anchor_day": 32}),
    ("subscription_price_is_positive", {"price_override": 0}),
    ("subscription_tries_no_card_unless_it_bills", {"status": "paused"}),
    ("subscription_that_ended_has_its_end", {"ended_at": NOW}),
    ("subscription_that_ended_has_its_end", {"status": "cancelled", "try_at": None, "due_at": None}),
]
MAIL: list[tuple[str, dict[str, Any]]] = [
    ("mail_that_was_sent_is_not_tried_again", {"sent_at": NOW, "next_try_at": NOW}),
]
NUMBERED_ONCE = {
    "campaign_names_a_gateway_once",
    "offer_names_a_gateway_once",
    "offer_cycle_number_is_unique_in_offer",
    "coupon_code_is_unique_in_campaign",
    "ship_doc_ordinal_is_unique_in_its_order",
    "ship_doc_names_a_line_once",
}


@pytest.mark.parametrize(("name", "fields"), ORDER)
def test_an_order_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_order(), name, **fields)


@pytest.mark.parametrize(("name", "fields"), LINE)
def test_a_line_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_order().lines.get(), name, **fields)


@pytest.mark.parametrize(("name", "fields"), CARD)
def test_a_card_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_card(make_customer(), make_gateway()), name, **fields)


def test_a_card_number_cannot_be_stored_where_four_digits_belong() -> None:
    card = make_card(make_customer(), make_gateway())
    with pytest.raises(Exception, match=r"four_digits|too long"), transaction.atomic():
        Card.objects.filter(pk=card.pk).update(last4="4242424242424242")


@pytest.mark.parametrize(("name", "fields"), CAMPAIGN)
def test_a_campaign_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_campaign(), name, **fields)


@pytest.mark.parametrize(("name", "fields"), OFFER)
def test_an_offer_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_offer(), name, **fields)


@pytest.mark.parametrize(("name", "fields"), CYCLE)
def test_a_billing_cycle_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_recurring_offer().cycles.get(), name, **fields)


@pytest.mark.parametrize(("name", "fields"), COUPON)
def test_a_coupon_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_campaign().coupons.create(code="AUTUMN", amount=500), name, **fields)


@pytest.mark.parametrize(("name", "fields"), SHIP_DOC)
def test_a_ship_doc_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_order().ship_docs.create(created_at=NOW), name, **fields)


@pytest.mark.parametrize(("name", "fields"), SUBSCRIPTION)
def test_a_subscription_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_subscription(), name, **fields)


@pytest.mark.parametrize(("name", "fields"), MAIL)
def test_a_mail_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    mail = Mail.objects.create(key="receipt-1", kind="receipt", to="ada@mail.test", subject="Hello", created_at=NOW)
    update_is_refused(mail, name, **fields)


def test_nothing_is_assigned_or_numbered_twice() -> None:
    gateway, order = make_gateway(), make_order()
    campaign, offer, line = order.campaign, make_recurring_offer(), order.lines.get()
    ship_doc = order.ship_docs.create(created_at=NOW)
    rows: dict[str, Model] = {
        "campaign_names_a_gateway_once": campaign.assignments.create(gateway=gateway),
        "offer_names_a_gateway_once": offer.assignments.create(gateway=gateway),
        "offer_cycle_number_is_unique_in_offer": offer.cycles.get(),
        "coupon_code_is_unique_in_campaign": campaign.coupons.create(code="AUTUMN", rate=1000),
        "ship_doc_ordinal_is_unique_in_its_order": ship_doc,
        "ship_doc_names_a_line_once": ship_doc.lines.create(order_line=line, quantity=1),
    }
    assert rows.keys() == NUMBERED_ONCE
    for name, row in rows.items():
        model = type(row)
        values = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
        twin = model(**{**values, model._meta.pk.attname: None})
        database_refuses(model, name, lambda twin=twin, model=model: model._default_manager.bulk_create([twin]))  # type: ignore[misc]


@pytest.mark.parametrize("fields", [{"priority": 0}, {"weight": 0}], ids=str)
def test_priority_and_weight_are_at_least_one(fields: dict[str, int]) -> None:
    gateway = make_gateway()
    of_campaign = make_campaign().assignments.create(gateway=gateway)
    of_offer = make_offer().assignments.create(gateway=gateway)
    update_is_refused(of_campaign, "campaign_gateway_priority_and_weight_are_positive", **fields)
    update_is_refused(of_offer, "offer_gateway_priority_and_weight_are_positive", **fields)


def test_a_cycle_of_a_subscription_is_one_order() -> None:
    subscription = make_subscription()
    make_rebill(subscription, 2)
    third = make_rebill(subscription, 3)
    update_is_refused(third, "order_is_one_for_each_cycle_of_a_subscription", cycle=2)


@pytest.mark.parametrize("text", ["", "0", "1,1", "3,1", "1, 3", "a", "1,2,3,4,5,6,7,8,9,10,11"])
def test_retry_days_go_from_the_earliest_to_the_latest(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_retry_days(text)


def test_retry_days_are_read_as_days() -> None:
    assert make_campaign().retry_schedule == [1, 3, 5, 7]


def test_two_offers_of_a_campaign_do_not_share_a_name() -> None:
    first = make_offer()
    second = make_offer(first.campaign)
    update_is_refused(second, "offer_name_is_unique_in_campaign", name=first.name)
    assert Offer.objects.filter(pk=make_offer().pk).update(name=first.name) == 1


def test_one_reference_of_an_account_is_one_card() -> None:
    gateway, customer = make_gateway(), make_customer()
    first, second = make_card(customer, gateway), make_card(customer, gateway, "pm_card_mastercard")
    update_is_refused(second, "card_reference_is_unique", reference=first.reference)
    assert Card.objects.filter(pk=second.pk).update(reference=first.reference, mode="live") == 1


def test_a_customer_is_one_customer_of_an_account() -> None:
    customer, other = make_customer(), make_customer()
    known = VaultedCustomer.objects.create(customer=customer, account_id="acct_1", mode="test", reference="cus_1")
    for name, fields in {
        "vaulted_customer_is_one_per_account_and_mode": {"customer": customer, "reference": "cus_2"},
        "vaulted_customer_reference_is_unique": {"customer": other, "reference": known.reference},
    }.items():
        row = VaultedCustomer(account_id="acct_1", mode="test", **fields)
        database_refuses(VaultedCustomer, name, lambda row=row: VaultedCustomer.objects.bulk_create([row]))  # type: ignore[misc]


def test_two_customers_do_not_share_an_address_of_mail() -> None:
    first, second = make_customer(), make_customer()
    with pytest.raises(IntegrityError, match="email"), transaction.atomic():
        Customer.objects.filter(pk=second.pk).update(email=first.email)


def test_every_constraint_has_a_test() -> None:
    tables: dict[type[Model], list[tuple[str, dict[str, Any]]]] = {
        Order: ORDER,
        OrderLine: LINE,
        Card: CARD,
        Campaign: CAMPAIGN,
        Offer: OFFER,
        OfferCycle: CYCLE,
        Coupon: COUPON,
        ShipDoc: SHIP_DOC,
        Subscription: SUBSCRIPTION,
        Mail: MAIL,
    }
    apart = NUMBERED_ONCE | {
        "card_reference_is_unique",
        "offer_name_is_unique_in_campaign",
        "order_is_one_for_each_cycle_of_a_subscription",
    }
    for model, table in tables.items():
        assert names_of(model) - apart == {name for name, _ in table}


def test_what_an_order_rests_on_is_not_deleted() -> None:
    order = make_order()
    line = order.lines.get()
    for row in (order.customer, order.campaign, line.offer):
        with pytest.raises(ProtectedError):
            row.delete()
    assert Order.objects.filter(pk=order.pk).exists()


def test_a_customer_with_a_card_is_not_deleted() -> None:
    card = make_card(make_customer(), make_gateway())
    for row in (card.customer, card.vaulted_customer):
        with pytest.raises(ProtectedError):
            row.delete()


def test_a_card_shows_no_more_than_its_last_four() -> None:
    card = make_card(make_customer(), make_gateway())
    assert str(card) == f"Visa •••• 4242, expires {card.exp_month:02}/{card.exp_year % 100:02}"


# --- numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pk", "number"), [(1, "SO-1001"), (999, "SO-1999"), (123_456, "SO-124456")])
def test_an_order_has_a_number_that_people_quote(pk: int, number: str) -> None:
    assert (order_number(pk), order_pk(number), str(Order(pk=pk))) == (number, pk, number)


def test_an_order_that_is_not_saved_has_no_number() -> None:
    assert (order_number(None), str(Order())) == ("new sales order", "new sales order")


@pytest.mark.parametrize("text", ["SO-1001", "so-1001", "SO1001", "so 1001", "1001", "  SO-1001 ", "SO- 1001"])
def test_an_order_number_is_read_as_people_type_it(text: str) -> None:
    assert order_pk(text) == 1


@pytest.mark.parametrize(
    "text", ["", "SO-", "SO", "XX-1001", "SO-10O1", "SO--1001", "10.01", "١٠٠١", "1e3", "9" * 12, "Ada"]
)
def test_what_is_no_order_number_finds_nothing(text: str) -> None:
    assert order_pk(text) is None


@pytest.mark.parametrize(
    ("paid", "held", "due"), [(0, 0, 5000), (2000, 0, 3000), (2000, 3000, 0), (5000, 0, 0), (6000, 0, 0)]
)
def test_what_is_due_is_neither_paid_nor_held(paid: int, held: int, due: int) -> None:
    assert Order(total=5000, amount_paid=paid, amount_held=held).amount_due == due


def test_a_refund_does_not_make_an_amount_due_again() -> None:
    assert Order(total=5000, amount_paid=5000, amount_refunded=5000).amount_due == 0


def test_an_address_reads_as_one_line_without_what_is_empty() -> None:
    customer = make_customer()
    address = customer.addresses.create(line1="12 Maple Street", city="Portland", postal_code="97205", country="US")
    assert str(address) == "12 Maple Street, Portland, 97205, US"
