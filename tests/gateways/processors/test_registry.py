"""Each type says which fields its gateways have, in which words, and what it can do."""

import inspect

import pytest
from django.utils.module_loading import import_string

from gateways.models import SECRETS, Gateway
from gateways.processors import registry
from gateways.processors.base import Processor
from gateways.services import GatewayProblem, connect, store_gateway, switches_of
from tests.factories import make_gateway
from tests.legacy import make_offline_gateway, make_v1_gateway

EVERY_TYPE = pytest.mark.parametrize("key", list(registry.TYPES))
VERBS = [name for name, _ in inspect.getmembers(Processor, inspect.isfunction) if not name.startswith("_")]


@EVERY_TYPE
def test_every_field_of_a_type_is_a_field_of_a_gateway(key: str) -> None:
    known = {field.name for field in Gateway._meta.get_fields()}
    assert registry.fields_of(key) <= known
    assert set(registry.TYPES[key].helps) | set(registry.TYPES[key].labels) <= registry.fields_of(key)


@EVERY_TYPE
def test_no_field_is_in_two_groups(key: str) -> None:
    names = [name for group in registry.TYPES[key].fields.values() for name in group]
    assert len(names) == len(set(names))


@EVERY_TYPE
def test_every_processor_speaks_every_verb(key: str) -> None:
    opened = import_string(registry.TYPES[key].path)
    processor = opened() if not registry.TYPES[key].needs_keys else opened(secret_key="sk_test_verbs_1")
    for verb in VERBS:
        asked = inspect.signature(getattr(Processor, verb)).parameters
        known = inspect.signature(getattr(processor, verb)).parameters
        assert list(known) == list(asked)[1:], verb


@EVERY_TYPE
def test_each_type_tells_in_a_line_what_it_is_for(key: str) -> None:
    assert registry.TYPES[key].about.endswith(".")


def test_stripe_v2_has_everything_of_its_document() -> None:
    fields = registry.fields_of("stripe_v2")
    service = {name for name in fields if name.startswith("service_")}
    assert len(service) == 6
    assert fields - service == set(
        "name processor active is_default currency time_zone connected_account mid "  # S2-05, S2-22, S2-32
        "secret_key public_key signing_secret "  # S2-06, S2-07, S2-24
        "descriptor descriptor_suffix "  # S2-08, S2-31
        "send_product_name send_product_as_suffix send_upsell_token send_radar_sessions "  # S2-12 to S2-15
        "disable_phone disable_email disable_email_receipt do_not_send_address do_not_send_descriptor moto "
        "monthly_cap when_capped minimum_amount maximum_amount "  # S2-26, S3-10
        "discount_rate transaction_fee reserve_rate reserve_days chargeback_fee".split()  # S2-27 to S2-30
    )


def test_stripe_v1_has_what_its_document_lists_and_nothing_of_v2s() -> None:
    fields = registry.fields_of("stripe_v1")
    assert fields >= {"name", "secret_key", "descriptor", "mid"}
    assert {"disable_email_receipt", "create_customer", "send_product_name"} <= fields
    assert {"monthly_cap", "discount_rate", "reserve_rate", "transaction_fee"} <= fields
    assert not fields & {"chargeback_fee", "public_key", "moto", "descriptor_suffix", "connected_account"}


def test_stripe_v1_calls_its_key_a_user_name_and_needs_no_password() -> None:
    assert registry.label_of("stripe_v1", "secret_key", "Secret key") == "Username (live secret key)"
    assert registry.label_of("stripe_v2", "secret_key", "Secret key") == "Secret key"
    assert registry.TYPES["stripe_v1"].not_needed["Password"].startswith("Not needed any longer")


def test_offline_has_no_keys_and_nothing_that_stripe_would_be_told() -> None:
    kind = registry.TYPES["offline"]
    assert not registry.fields_of("offline") & {*SECRETS, "public_key", "descriptor", "mid", "discount_rate"}
    assert not any([kind.needs_keys, kind.has_account, kind.has_webhooks, kind.takes_cards, kind.can_hold])


def test_only_the_legacy_type_is_not_made_anew() -> None:
    assert [key for key, kind in registry.TYPES.items() if not kind.creatable] == ["stripe_v1"]
    assert "use Stripe V2" in registry.TYPES["stripe_v1"].why_not


@pytest.mark.django_db
def test_a_new_v1_gateway_is_refused_with_the_reason() -> None:
    key = "sk_test_newv1_1"
    gateway = Gateway(name="New", processor="stripe_v1", currency="USD")
    with pytest.raises(GatewayProblem, match="legacy: do not create new ones, use Stripe V2") as refusal:
        store_gateway(gateway, secret_key=key, connection=connect("stripe_v1", key))
    assert refusal.value.field == "processor"
    assert not Gateway.objects.exists()


@pytest.mark.django_db
def test_a_v2_gateway_does_not_become_a_v1_gateway_by_the_back_door() -> None:
    gateway = make_gateway()
    gateway.processor = "stripe_v1"
    with pytest.raises(GatewayProblem, match="legacy"):
        store_gateway(gateway)


@pytest.mark.django_db
def test_a_v1_gateway_that_exists_is_saved_and_may_become_a_v2_gateway() -> None:
    gateway = make_v1_gateway()
    gateway.monthly_cap = 100_000
    store_gateway(gateway)
    gateway.processor = "stripe_v2"
    store_gateway(gateway)
    gateway.refresh_from_db()
    assert (gateway.processor, gateway.monthly_cap) == ("stripe_v2", 100_000)


@pytest.mark.django_db
@pytest.mark.parametrize(("make", "other"), [(make_gateway, "offline"), (make_offline_gateway, "stripe_v2")])
def test_stripe_and_offline_gateways_do_not_turn_into_each_other(make: object, other: str) -> None:
    gateway = make()  # type: ignore[operator]
    gateway.processor = other
    with pytest.raises(GatewayProblem, match="its payments stay so") as refusal:
        store_gateway(gateway)
    assert refusal.value.field == "processor"


@pytest.mark.django_db
def test_a_switch_that_a_type_lacks_means_nothing_to_it() -> None:
    gateway = make_v1_gateway(moto=True, send_upsell_token=True, send_product_name=True)
    switches = switches_of(gateway)
    assert (switches.moto, switches.send_upsell_token, switches.send_product_name) == (False, False, True)
