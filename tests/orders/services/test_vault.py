"""Cards that a processor keeps: each belongs to one account in one mode, and only what may be shown is kept here."""

from typing import Any

import pytest
from django.db import transaction

from gateways.models import Gateway
from gateways.processors.base import GatewayUnavailable, InvalidRequest, Saving
from gateways.processors.stripe_client import TransactionOpenError, stripe_client
from gateways.services import processor_for
from orders.models import Card, Customer, VaultedCustomer
from orders.services.vault import can_charge, finish_keeping, keep_new_card, save_card, vault_customer
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_customer, make_gateway
from tests.faults.at_once import at_once
from tests.local_stripe import confirm_in_page, confirmation_token

pytestmark = pytest.mark.django_db

CUSTOMERS = "/v1/customers"


def at_stripe(gateway: Gateway) -> list[Any]:
    return stripe_client(gateway.secret_key).v1.customers.list({"limit": 100}).data


def test_a_customer_is_made_once_at_each_account() -> None:
    customer, gateway, other = make_customer(), make_gateway(), make_gateway()
    first, again, elsewhere = (vault_customer(customer, one) for one in (gateway, gateway, other))
    assert (first, first.reference[:4]) == (again, "cus_")
    assert elsewhere.reference != first.reference
    assert (first.account_id, elsewhere.account_id) == (gateway.account_id, other.account_id)
    assert [len(at_stripe(one)) for one in (gateway, other)] == [1, 1]


def test_two_gateways_on_one_account_share_the_customer() -> None:
    customer, one, two = make_customer(), make_gateway("shared"), make_gateway("shared")
    assert one.account_id == two.account_id
    assert vault_customer(customer, one) == vault_customer(customer, two)


def test_test_and_live_mode_of_one_account_know_different_customers() -> None:
    customer, gateway = make_customer(), make_gateway()
    live = VaultedCustomer.objects.create(
        customer=customer, account_id=gateway.account_id, mode="live", reference="cus_live"
    )
    made = vault_customer(customer, gateway)
    assert (made.mode, made.reference != live.reference, made.pk != live.pk) == ("test", True, True)


def test_stripe_is_told_who_the_customer_is() -> None:
    gateway = make_gateway()
    customer = make_customer(name="Ada Lovelace", email="ada@mail.test")
    vault_customer(customer, gateway)
    (told,) = at_stripe(gateway)
    assert (told.name, told.email, told.metadata.midway_customer) == ("Ada Lovelace", "ada@mail.test", str(customer.pk))


def test_a_lost_answer_makes_no_second_customer(local_stripe: LocalStripe) -> None:
    customer, gateway = make_customer(), make_gateway()
    local_stripe.faults.add(Fault("reset", "after", path=CUSTOMERS))
    with pytest.raises(GatewayUnavailable):
        vault_customer(customer, gateway)
    assert not VaultedCustomer.objects.exists()
    reference = vault_customer(customer, gateway).reference
    assert [one.id for one in at_stripe(gateway)] == [reference]


def test_a_corrected_address_does_not_stop_a_customer_whose_first_answer_was_lost(local_stripe: LocalStripe) -> None:
    customer, gateway = make_customer(email="wrogn@mail.test"), make_gateway()
    local_stripe.faults.add(Fault("reset", "after", path=CUSTOMERS))
    with pytest.raises(GatewayUnavailable):
        vault_customer(customer, gateway)
    customer.email = "right@mail.test"
    customer.save()
    assert vault_customer(customer, gateway).reference.startswith("cus_")


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_make_one_customer() -> None:
    customer, gateway = make_customer(), make_gateway()

    def vault(_: int) -> str:
        try:
            return vault_customer(customer, gateway).reference
        except GatewayUnavailable:  # the key is in flight: a later try finds the customer
            return ""

    references = set(at_once(8, vault)) - {""}
    assert len(references) == VaultedCustomer.objects.count() == len(at_stripe(gateway)) == 1


def test_a_saved_card_shows_its_last_four_and_belongs_to_its_account() -> None:
    customer, gateway = make_customer(), make_gateway()
    card = save_card(customer, gateway, "pm_card_visa")
    assert (card.customer, card.account_id, card.mode) == (customer, gateway.account_id, "test")
    assert (card.brand, card.last4, card.reference[:3], bool(card.fingerprint)) == ("visa", "4242", "pm_", True)
    assert card.vaulted_customer == VaultedCustomer.objects.get(customer=customer)


def test_a_card_that_was_saved_already_is_the_same_row() -> None:
    customer, gateway = make_customer(), make_gateway()
    first = save_card(customer, gateway, "pm_card_visa")
    assert save_card(customer, gateway, first.reference) == first
    assert Card.objects.count() == 1


def test_two_cards_of_one_customer_are_two_rows_at_one_customer_of_stripe() -> None:
    customer, gateway = make_customer(), make_gateway()
    visa, master = (save_card(customer, gateway, one) for one in ("pm_card_visa", "pm_card_mastercard"))
    assert {visa.last4, master.last4} == {"4242", "4444"}
    assert visa.vaulted_customer == master.vaulted_customer
    assert len(at_stripe(gateway)) == 1


@pytest.mark.parametrize(
    "method",
    ["pm_card_visa_chargeDeclined", "pm_card_chargeDeclinedExpiredCard", "pm_card_threeDSecure2Required", "pm_none"],
)
def test_a_card_that_is_refused_is_not_kept(method: str) -> None:
    customer, gateway = make_customer(), make_gateway()
    with pytest.raises(InvalidRequest) as refusal:
        save_card(customer, gateway, method)
    assert refusal.value.message
    assert gateway.secret_key not in refusal.value.message
    assert not Card.objects.exists()
    assert save_card(customer, gateway, "pm_card_visa").last4 == "4242"


def test_another_customers_card_is_not_taken_over() -> None:
    gateway = make_gateway()
    card = save_card(make_customer(), gateway, "pm_card_visa")
    with pytest.raises(InvalidRequest):
        save_card(make_customer(), gateway, card.reference)
    assert Card.objects.get().customer == card.customer


@pytest.mark.parametrize(
    "save", [vault_customer, lambda customer, gateway: save_card(customer, gateway, "pm_card_visa")]
)
def test_stripe_is_not_asked_inside_a_transaction(save: Any) -> None:
    customer, gateway = make_customer(), make_gateway()
    with pytest.raises(TransactionOpenError), transaction.atomic():
        save(customer, gateway)
    assert not VaultedCustomer.objects.exists()


def test_a_card_is_charged_by_gateways_of_its_account_and_mode_alone() -> None:
    gateway, sibling, stranger = make_gateway("shared"), make_gateway("shared"), make_gateway()
    card = save_card(make_customer(), gateway, "pm_card_visa")
    live = Gateway(account_id=gateway.account_id, mode="live")
    assert [can_charge(one, card) for one in (gateway, sibling, stranger, live)] == [True, True, False, False]


def test_no_column_of_customers_and_cards_can_hold_a_card_number() -> None:
    names = {field.name for model in (Card, Customer) for field in model._meta.get_fields()}
    assert not names & {"number", "card_number", "pan", "cvc", "cvv"}
    assert Card._meta.get_field("last4").max_length == 4


# --- a card from the processor's own form -----------------------------------------------------------------------


@pytest.fixture
def customer() -> Customer:
    return make_customer()


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway()


def test_a_new_card_is_kept_without_a_charge_and_once_for_one_form(customer: Customer, gateway: Gateway) -> None:
    token = confirmation_token(gateway.secret_key)
    first, second = (keep_new_card(customer, gateway, token, key="form-1") for _ in range(2))
    assert first.result.outcome is Saving.SAVED
    assert first.card == second.card == Card.objects.get()
    assert first.card.customer == customer


def test_a_refused_card_is_a_value_and_writes_nothing(customer: Customer, gateway: Gateway) -> None:
    token = confirmation_token(gateway.secret_key, "pm_card_visa_chargeDeclinedLostCard")
    kept = keep_new_card(customer, gateway, token, key="form-2")
    assert kept.result.decline is not None
    assert (kept.result.outcome, kept.result.decline.hard, kept.card) == (Saving.DECLINED, True, None)
    assert not Card.objects.exists()


@pytest.mark.parametrize("passed", [True, False])
def test_a_card_whose_holder_must_confirm_is_kept_afterwards(
    customer: Customer, gateway: Gateway, passed: bool
) -> None:
    token = confirmation_token(gateway.secret_key, "pm_card_threeDSecure2Required")
    waiting = keep_new_card(customer, gateway, token, key="form-3")
    assert (waiting.result.outcome, waiting.card) == (Saving.REQUIRES_ACTION, None)
    assert finish_keeping(customer, gateway, waiting.result.reference).result.outcome is Saving.REQUIRES_ACTION
    secret = processor_for(gateway).client_secret(waiting.result.reference)
    confirm_in_page(gateway.secret_key, secret, passed=passed)
    kept = finish_keeping(customer, gateway, waiting.result.reference)
    assert kept.result.outcome is (Saving.SAVED if passed else Saving.DECLINED)
    assert Card.objects.count() == int(passed)


def test_where_the_page_cannot_ask_the_holder_is_sent_to_the_bank_and_back(
    customer: Customer, gateway: Gateway
) -> None:
    back = "https://shop.test/card/"
    kept = keep_new_card(customer, gateway, "pm_card_threeDSecure2Required", key="form-6", return_url=back)
    assert kept.result.outcome is Saving.REQUIRES_ACTION
    assert kept.result.action_url.startswith("http")


def test_nobody_finishes_the_card_of_another_customer(customer: Customer, gateway: Gateway) -> None:
    kept = keep_new_card(customer, gateway, confirmation_token(gateway.secret_key), key="form-4")
    stranger = make_customer()
    with pytest.raises(InvalidRequest, match="another customer"):
        finish_keeping(stranger, gateway, kept.result.reference)
    assert not stranger.cards.exists()


def test_silence_keeps_nothing_and_the_same_form_keeps_it_later(
    customer: Customer, gateway: Gateway, local_stripe: LocalStripe
) -> None:
    token = confirmation_token(gateway.secret_key)
    local_stripe.faults.add(Fault("reset", when="after", path="/v1/setup_intents"))
    with pytest.raises(GatewayUnavailable):
        keep_new_card(customer, gateway, token, key="form-5")
    assert not Card.objects.exists()
    assert keep_new_card(customer, gateway, token, key="form-5").card == Card.objects.get()
