"""What the database itself refuses of a gateway, whatever code is in front of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from gateways import money
from gateways.models import Gateway, GoLiveCheck, MonthlyVolume
from gateways.volume import take_room
from tests.factories import make_gateway
from tests.gateways.refusals import database_refuses, names_of, update_is_refused

pytestmark = pytest.mark.django_db

NOW, MONTH = datetime(2026, 11, 22, tzinfo=UTC), date(2026, 11, 1)

GATEWAY: list[tuple[str, dict[str, Any]]] = [
    ("gateway_mode_is_test_or_live", {"mode": "demo"}),
    ("gateway_default_is_active", {"is_default": True, "active": False}),
    ("gateway_when_capped_is_known", {"when_capped": "never"}),
    ("gateway_monthly_cap_is_positive", {"monthly_cap": 0}),
    ("gateway_monthly_cap_is_positive", {"monthly_cap": -1}),
    ("gateway_minimum_amount_is_positive", {"minimum_amount": 0}),
    ("gateway_maximum_amount_is_not_below_minimum", {"minimum_amount": 500, "maximum_amount": 499}),
    ("gateway_maximum_amount_is_not_below_minimum", {"maximum_amount": 0}),
    ("gateway_pause_has_a_reason", {"paused_at": NOW}),
    ("gateway_pause_has_a_reason", {"pause_reason": "why"}),
    ("gateway_rates_are_at_most_100_percent", {"discount_rate": 10_001}),
    ("gateway_rates_are_at_most_100_percent", {"reserve_rate": 10_001}),
    ("gateway_fees_are_not_negative", {"transaction_fee": -1}),
    ("gateway_fees_are_not_negative", {"chargeback_fee": -1}),
    ("gateway_connected_account_has_its_number", {"connected_account": True, "mid": "12345"}),
    ("gateway_radar_needs_the_public_key", {"send_radar_sessions": True, "public_key": ""}),
]
VOLUME: list[tuple[str, dict[str, Any]]] = [
    ("volume_reserved_is_not_negative", {"reserved": -1}),
    ("volume_captured_is_not_negative", {"captured": -1}),
    ("volume_month_is_a_first_day", {"month": date(2026, 11, 2)}),
]
AT_THE_EDGE = [
    {"monthly_cap": 1, "minimum_amount": 1, "maximum_amount": 1},
    {"monthly_cap": None, "minimum_amount": None, "maximum_amount": None},
    {"maximum_amount": 1},
    {"paused_at": NOW, "pause_reason": "why"},
    {"discount_rate": 10_000, "reserve_rate": 10_000, "transaction_fee": 0, "chargeback_fee": 0},
    {"connected_account": True, "mid": "acct_1"},
    {"send_radar_sessions": True, "public_key": "pk_test_1"},
    {"is_default": False, "active": False},
]


@pytest.mark.parametrize(("name", "fields"), GATEWAY)
def test_a_gateway_that_cannot_be_is_refused(name: str, fields: dict[str, Any]) -> None:
    update_is_refused(make_gateway(), name, **fields)


@pytest.mark.parametrize("fields", AT_THE_EDGE, ids=str)
def test_a_gateway_at_the_edge_of_what_can_be_is_taken(fields: dict[str, Any]) -> None:
    assert Gateway.objects.filter(pk=make_gateway().pk).update(**fields) == 1


def test_a_second_default_of_one_mode_and_currency_is_refused() -> None:
    make_gateway(is_default=True)
    update_is_refused(make_gateway(), "gateway_one_default_per_mode_and_currency", is_default=True)


@pytest.mark.parametrize("difference", [{"currency": "EUR"}, {"mode": "live"}])
def test_another_mode_or_currency_has_a_default_of_its_own(difference: dict[str, str]) -> None:
    make_gateway(is_default=True)
    assert Gateway.objects.filter(pk=make_gateway().pk).update(is_default=True, **difference) == 1


@pytest.mark.parametrize("field", ["name", "slug"])
def test_two_gateways_share_neither_name_nor_address(field: str) -> None:
    first, second = make_gateway(), make_gateway()
    with pytest.raises(IntegrityError, match=field), transaction.atomic():
        Gateway.objects.filter(pk=second.pk).update(**{field: getattr(first, field)})


@pytest.mark.parametrize(("name", "fields"), VOLUME)
def test_books_that_cannot_be_are_refused(name: str, fields: dict[str, Any]) -> None:
    volume = MonthlyVolume.objects.create(gateway=make_gateway(), month=MONTH)
    update_is_refused(volume, name, **fields)


def test_a_second_book_for_one_month_is_refused() -> None:
    gateway = make_gateway()
    take_room(gateway, MONTH, 1)
    database_refuses(
        MonthlyVolume,
        "volume_one_row_per_gateway_and_month",
        lambda: MonthlyVolume.objects.bulk_create([MonthlyVolume(gateway=gateway, month=MONTH)]),
    )


def make_check(gateway: Gateway, outcome: str = "ok") -> GoLiveCheck:
    (check,) = GoLiveCheck.objects.bulk_create(
        [GoLiveCheck(gateway=gateway, check_name="key", outcome=outcome, detail="", checked_at=NOW)]
    )
    return check


def test_a_go_live_check_is_kept_once_and_with_a_known_outcome() -> None:
    gateway = make_gateway()
    check = make_check(gateway)
    update_is_refused(check, "go_live_check_outcome_is_known", outcome="perhaps")
    database_refuses(GoLiveCheck, "go_live_check_is_kept_once_per_gateway", lambda: make_check(gateway))


def test_every_constraint_has_a_test() -> None:
    assert names_of(Gateway) == {name for name, _ in GATEWAY} | {"gateway_one_default_per_mode_and_currency"}
    assert names_of(MonthlyVolume) == {name for name, _ in VOLUME} | {"volume_one_row_per_gateway_and_month"}
    assert names_of(GoLiveCheck) == {"go_live_check_outcome_is_known", "go_live_check_is_kept_once_per_gateway"}


def test_a_gateway_with_books_is_not_deleted() -> None:
    gateway = make_gateway()
    take_room(gateway, MONTH, 1)
    with pytest.raises(ProtectedError):
        gateway.delete()
    assert Gateway.objects.filter(pk=gateway.pk).exists()


@pytest.mark.parametrize(
    ("fields", "bounds"),
    [
        ({}, (50, 99_999_999)),
        ({"minimum_amount": 20, "maximum_amount": 500_000}, (50, 500_000)),
        ({"minimum_amount": 1_000}, (1_000, 99_999_999)),
        ({"maximum_amount": 999_999_999}, (50, 99_999_999)),
        ({"currency": "UGX"}, (100, 99_999_900)),
    ],
)
def test_the_amounts_of_one_payment_lie_within_gateway_and_currency(
    fields: dict[str, Any], bounds: tuple[int, int]
) -> None:
    gateway = make_gateway(**fields)
    assert gateway.amount_bounds() == bounds
    money.check_chargeable(bounds[1], gateway.currency)


@pytest.mark.parametrize(
    ("zone", "fine"), [("Europe/Berlin", True), ("UTC", True), ("Mars/Olympus", False), ("", False)]
)
def test_a_time_zone_is_one_that_exists(zone: str, fine: bool) -> None:
    gateway = make_gateway(time_zone=zone)
    if fine:
        gateway.clean_fields()
        return
    with pytest.raises(ValidationError) as refusal:
        gateway.clean_fields()
    assert list(refusal.value.message_dict) == ["time_zone"]
