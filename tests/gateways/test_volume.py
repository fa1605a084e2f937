"""The monthly cap is a ledger: no two workers pass it together, and the month turns where the merchant lives."""

from datetime import UTC, date, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from gateways.models import Gateway, MonthlyVolume
from gateways.volume import CapReached, give_back, month_of, move_to_captured, room_left, take_room
from tests.factories import make_gateway
from tests.faults.at_once import at_once

MONTH, NEXT_MONTH = date(2026, 11, 1), date(2026, 12, 1)


def books(gateway: Gateway, month: date = MONTH) -> tuple[int, int]:
    row = MonthlyVolume.objects.get(gateway=gateway, month=month)
    return row.reserved, row.captured


def has_room(gateway: Gateway, amount: int) -> bool:
    try:
        take_room(gateway, MONTH, amount)
    except CapReached:
        return False
    return True


@pytest.mark.django_db
def test_room_is_held_then_moved_and_the_rest_is_free_again() -> None:
    gateway = make_gateway(monthly_cap=10_000)
    take_room(gateway, MONTH, 6_000)
    assert (books(gateway), room_left(gateway, MONTH)) == ((6_000, 0), 4_000)
    move_to_captured(gateway, MONTH, held=6_000, captured=2_500)
    assert (books(gateway), room_left(gateway, MONTH)) == ((0, 2_500), 7_500)


@pytest.mark.django_db
def test_room_that_is_given_back_can_be_taken_again() -> None:
    gateway = make_gateway(monthly_cap=10_000)
    take_room(gateway, MONTH, 10_000)
    assert not has_room(gateway, 1)
    give_back(gateway, MONTH, 10_000)
    assert has_room(gateway, 10_000)
    assert books(gateway) == (10_000, 0)


@pytest.mark.django_db
def test_the_cap_itself_fits_and_one_unit_more_does_not() -> None:
    gateway = make_gateway(monthly_cap=10_000)
    take_room(gateway, MONTH, 3_000)
    move_to_captured(gateway, MONTH, held=3_000, captured=3_000)
    with pytest.raises(CapReached) as full:
        take_room(gateway, MONTH, 7_001)
    assert (full.value.left, str(full.value)) == (7_000, "no room under the monthly cap: 7000 left")
    assert books(gateway) == (0, 3_000)
    take_room(gateway, MONTH, 7_000)
    assert (books(gateway), room_left(gateway, MONTH)) == ((7_000, 3_000), 0)


@pytest.mark.django_db
def test_a_cap_lowered_below_what_is_used_leaves_no_room_and_no_debt() -> None:
    gateway = make_gateway(monthly_cap=10_000)
    take_room(gateway, MONTH, 8_000)
    gateway.monthly_cap = 5_000
    with pytest.raises(CapReached) as full:
        take_room(gateway, MONTH, 1)
    assert (full.value.left, room_left(gateway, MONTH)) == (0, 0)


@pytest.mark.django_db
def test_each_month_and_each_gateway_has_books_of_its_own() -> None:
    gateway, other = make_gateway(monthly_cap=10_000), make_gateway(monthly_cap=10_000)
    take_room(gateway, MONTH, 10_000)
    take_room(gateway, NEXT_MONTH, 4_000)
    take_room(other, MONTH, 3_000)
    assert (books(gateway), books(gateway, NEXT_MONTH), books(other)) == ((10_000, 0), (4_000, 0), (3_000, 0))


@pytest.mark.django_db
def test_without_a_cap_everything_fits_and_is_counted() -> None:
    gateway = make_gateway(monthly_cap=None)
    for _ in range(3):
        take_room(gateway, MONTH, 99_999_999)
    assert (books(gateway), room_left(gateway, MONTH)) == ((299_999_997, 0), None)


@pytest.mark.django_db
def test_a_gateway_that_took_nothing_yet_has_its_whole_cap_left() -> None:
    assert room_left(make_gateway(monthly_cap=10_000), MONTH) == 10_000
    assert not MonthlyVolume.objects.exists()


@pytest.mark.django_db
def test_taking_room_costs_two_queries_however_many_sales_the_month_had(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    gateway = make_gateway(monthly_cap=10_000)
    take_room(gateway, MONTH, 1_000)
    with django_assert_num_queries(2):
        take_room(gateway, MONTH, 1_000)


@pytest.mark.django_db(transaction=True)
def test_forty_workers_at_a_cap_with_room_for_twenty_five_take_twenty_five() -> None:
    gateway = make_gateway(monthly_cap=25 * 400 + 399)
    taken = at_once(40, lambda _: has_room(gateway, 400))
    assert (taken.count(True), taken.count(False)) == (25, 15)
    assert (books(gateway), room_left(gateway, MONTH)) == ((10_000, 0), 399)


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_move_and_give_back_at_once_leave_exact_books() -> None:
    gateway = make_gateway(monthly_cap=1_000_000)

    def work(number: int) -> None:
        take_room(gateway, MONTH, 700)
        if number % 2:
            give_back(gateway, MONTH, 700)
        else:
            move_to_captured(gateway, MONTH, held=700, captured=500)

    at_once(30, work)
    assert books(gateway) == (0, 15 * 500)


@pytest.mark.parametrize(
    ("zone", "moment", "month"),
    [
        ("UTC", datetime(2026, 11, 30, 23, 30, tzinfo=UTC), MONTH),
        ("UTC", datetime(2026, 12, 1, 0, 0, tzinfo=UTC), NEXT_MONTH),
        ("America/New_York", datetime(2026, 12, 1, 4, 30, tzinfo=UTC), MONTH),  # 23:30 on 30 November there
        ("America/New_York", datetime(2026, 12, 1, 5, 0, tzinfo=UTC), NEXT_MONTH),
        ("Europe/Berlin", datetime(2026, 11, 30, 22, 30, tzinfo=UTC), MONTH),  # 23:30
        ("Europe/Berlin", datetime(2026, 11, 30, 23, 0, tzinfo=UTC), NEXT_MONTH),
        ("Asia/Tokyo", datetime(2026, 11, 30, 15, 0, tzinfo=UTC), NEXT_MONTH),
        ("Asia/Kolkata", datetime(2026, 11, 30, 18, 29, tzinfo=UTC), MONTH),  # half an hour off the full hour
        ("Asia/Kolkata", datetime(2026, 11, 30, 18, 30, tzinfo=UTC), NEXT_MONTH),
        ("Pacific/Kiritimati", datetime(2026, 10, 31, 10, 0, tzinfo=UTC), MONTH),  # the first to turn
        # 31 March: the clocks went forward on the 29th, so that local midnight is an hour earlier in UTC.
        ("Europe/Berlin", datetime(2026, 3, 31, 21, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("Europe/Berlin", datetime(2026, 3, 31, 22, 0, tzinfo=UTC), date(2026, 4, 1)),
        # 31 October: still summer time in New York, until the night to 1 November.
        ("America/New_York", datetime(2026, 11, 1, 3, 30, tzinfo=UTC), date(2026, 10, 1)),
        ("America/New_York", datetime(2026, 11, 1, 4, 0, tzinfo=UTC), MONTH),
        # 1 November at 1:30, twice in New York: both in November.
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), MONTH),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), MONTH),
        # The clocks of Amman went forward at midnight on 1 April 2016: the last moment of March is 23:59:59 before it.
        ("Asia/Amman", datetime(2016, 3, 31, 21, 59, tzinfo=UTC), date(2016, 3, 1)),
        ("Asia/Amman", datetime(2016, 3, 31, 22, 0, tzinfo=UTC), date(2016, 4, 1)),
    ],
)
def test_a_sale_counts_to_the_month_of_the_gateways_own_clock(zone: str, moment: datetime, month: date) -> None:
    assert month_of(Gateway(time_zone=zone), moment) == month
