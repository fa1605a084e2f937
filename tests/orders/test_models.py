"""What the database itself refuses of orders, customers and cards; and what people quote."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from orders.models import Campaign, Card, Customer, Offer, Order, OrderLine, VaultedCustomer, order_number, order_pk
from tests.factories import make_campaign, make_card, make_customer, make_gateway, make_offer, make_order
from tests.gateways.refusals import database_refuses, names_of, update_is_refused

pytestmark = pytest.mark.django_db

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
]
LINE: list[tuple[str, dict[str, Any]]] = [
    ("order_line_quantity_is_at_least_one", {"quantity": 0}),
    ("order_line_price_is_positive", {"unit_price": 0}),
    ("order_line_price_is_positive", {"unit_price": -1}),
]
CARD: list[tuple[str, dict[str, Any]]] = [
    ("card_month_is_a_month", {"exp_month": 0}),
    ("card_month_is_a_month", {"exp_month": 13}),
    ("card_keeps_four_digits_only", {"last4": "424"}),
    ("card_keeps_four_digits_only", {"last4": "42a2"}),
    ("card_keeps_four_digits_only", {"last4": ""}),
]


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


def test_a_campaign_of_an_unknown_kind_is_refused() -> None:
    update_is_refused(make_campaign(), "campaign_kind_is_known", kind="radio")


@pytest.mark.parametrize("price", [0, -1])
def test_an_offer_for_nothing_is_refused(price: int) -> None:
    update_is_refused(make_offer(), "offer_price_is_positive", price=price)


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
    for model, table in ((Order, ORDER), (OrderLine, LINE)):
        assert names_of(model) == {name for name, _ in table}
    assert names_of(Card) == {name for name, _ in CARD} | {"card_reference_is_unique"}
    assert names_of(Campaign) == {"campaign_kind_is_known", "campaign_mode_is_test_or_live"}
    assert names_of(Offer) == {"offer_price_is_positive", "offer_name_is_unique_in_campaign"}


def test_a_campaign_of_an_unknown_mode_is_refused() -> None:
    update_is_refused(make_campaign(), "campaign_mode_is_test_or_live", mode="demo")


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
