"""What is ordered leaves the house once, whole or in parts, whoever packs it and however many pack at once."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from orders.models import Address, Order, OrderLine, ShipDoc
from orders.services.cancelling import close_order
from orders.services.orders import OrderProblem, create_order
from orders.services.shipping import (
    Parcel,
    cancel_ship_doc,
    change_ship_doc,
    create_ship_doc,
    lines_to_ship,
    send_ship_doc,
)
from tests.factories import make_campaign, make_customer, make_offer
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db


def order_of(*lines: tuple[int, bool]) -> Order:
    """Each line is how many of an offer, and whether it ships."""
    campaign = make_campaign()
    wanted = [(make_offer(campaign, shippable=ships), quantity) for quantity, ships in lines]
    return create_order(make_customer(), campaign, wanted)


def parcel_of(order: Order, *quantities: int, **fields: Any) -> Parcel:
    keys = order.lines.order_by("pk").values_list("pk", flat=True)
    return Parcel(dict(zip(keys, quantities, strict=False)), **fields)


def pack(order: Order, *quantities: int, **fields: Any) -> ShipDoc:
    return create_ship_doc(order.pk, parcel_of(order, *quantities, **fields))


def on_docs(order: Order) -> list[int]:
    return list(order.lines.order_by("pk").values_list("quantity_on_ship_docs", flat=True))


def refused(field: str) -> Any:
    return pytest.raises(OrderProblem, check=lambda problem: problem.field == field)


# --- making one -------------------------------------------------------------------------------------------------


def test_a_ship_doc_takes_a_part_and_the_next_one_the_rest() -> None:
    order = order_of((3, True), (1, True))
    first = pack(order, 2, 0, carrier="DHL", tracking="JD0001", notes="Fragile")
    assert (first.number, first.status, first.carrier, first.tracking) == (f"{order}-S1", "draft", "DHL", "JD0001")
    assert ([line.quantity for line in first.lines.all()], on_docs(order)) == ([2], [2, 0])
    assert [line.quantity - line.quantity_on_ship_docs for line in lines_to_ship(order)] == [1, 1]
    second = pack(order, 1, 1)
    assert (second.ordinal, on_docs(order), lines_to_ship(order)) == (2, [3, 1], [])


def test_what_does_not_ship_is_left_out() -> None:
    order = order_of((2, False), (1, True))
    assert [line.quantity for line in lines_to_ship(order)] == [1]
    with refused(f"quantity_{order.lines.order_by('pk')[0].pk}"):
        pack(order, 1)
    assert (order.ship_docs.count(), on_docs(order)) == (0, [0, 0])


@pytest.mark.parametrize("quantities", [(), (0, 0)])
def test_an_empty_ship_doc_is_refused(quantities: tuple[int, ...]) -> None:
    order = order_of((2, True), (1, True))
    with refused("lines"):
        pack(order, *quantities)
    assert not ShipDoc.objects.exists()


@pytest.mark.parametrize("quantity", [4, -1])
def test_more_than_is_left_or_less_than_nothing_is_refused_and_nothing_is_written(quantity: int) -> None:
    order = order_of((5, True), (1, True))
    pack(order, 2, 0)
    with pytest.raises(OrderProblem, match=r"3 of Offer \d+ are left to ship: enter that or less"):
        pack(order, quantity, 1)
    assert (order.ship_docs.count(), on_docs(order)) == (1, [2, 0])


def test_a_line_of_another_order_is_refused() -> None:
    order, other = order_of((2, True)), order_of((2, True))
    with refused(f"quantity_{other.lines.get().pk}"):
        create_ship_doc(order.pk, parcel_of(other, 1))
    assert not ShipDoc.objects.exists()


def test_an_address_of_somebody_else_is_refused() -> None:
    order = order_of((2, True))
    foreign = Address.objects.create(customer=make_customer(), line1="1 Elm", city="Bonn", country="DE")
    with refused("address"):
        pack(order, 1, address=foreign)
    assert not ShipDoc.objects.exists()


def test_nothing_is_packed_of_a_cancelled_order() -> None:
    order = order_of((2, True))
    with transaction.atomic():
        close_order(order)
    with refused("order"):
        pack(order, 1)


# --- changing, sending, cancelling ------------------------------------------------------------------------------


def test_a_draft_changes_whole() -> None:
    order = order_of((3, True), (2, True))
    doc = pack(order, 3, 0, carrier="DHL")
    change_ship_doc(doc.pk, parcel_of(order, 1, 2, carrier="UPS", tracking="1Z9"))
    doc.refresh_from_db()
    assert ([line.quantity for line in doc.lines.all()], on_docs(order)) == ([1, 2], [1, 2])
    assert (doc.carrier, doc.tracking) == ("UPS", "1Z9")


def test_a_change_that_is_refused_changes_nothing() -> None:
    order = order_of((3, True))
    doc = pack(order, 2)
    with pytest.raises(OrderProblem):
        change_ship_doc(doc.pk, parcel_of(order, 4, carrier="UPS"))
    doc.refresh_from_db()
    assert (doc.carrier, doc.lines.get().quantity, on_docs(order)) == ("", 2, [2])


def test_what_has_left_keeps_its_lines_but_may_get_its_tracking_number() -> None:
    order = order_of((3, True))
    doc = pack(order, 2)
    assert send_ship_doc(doc.pk)
    assert not send_ship_doc(doc.pk)
    change_ship_doc(doc.pk, parcel_of(order, 3, carrier="UPS", tracking="1Z9"))
    doc.refresh_from_db()
    assert (doc.status, doc.tracking, doc.lines.get().quantity, on_docs(order)) == ("shipped", "1Z9", 2, [2])
    assert doc.shipped_at is not None


def test_a_cancelled_ship_doc_gives_its_quantities_back_once_and_is_done_with() -> None:
    order = order_of((3, True))
    doc = pack(order, 2)
    assert cancel_ship_doc(doc.pk)
    assert not cancel_ship_doc(doc.pk)
    doc.refresh_from_db()
    assert (doc.status, on_docs(order), doc.cancelled_at is None) == ("cancelled", [0], False)
    for late in (lambda: send_ship_doc(doc.pk), lambda: change_ship_doc(doc.pk, parcel_of(order, 1))):
        with refused("ship_doc"):
            late()
    assert pack(order, 3).ordinal == 2


def test_what_has_left_is_not_cancelled() -> None:
    doc = pack(order_of((3, True)), 2)
    send_ship_doc(doc.pk)
    with pytest.raises(OrderProblem, match="has left the house: it cannot be cancelled any longer"):
        cancel_ship_doc(doc.pk)
    assert on_docs(doc.order) == [2]


def test_cancelling_an_order_puts_back_what_is_packed_and_keeps_what_has_left() -> None:
    order = order_of((3, True))
    sent, packed = pack(order, 1), pack(order, 1)
    send_ship_doc(sent.pk)
    with transaction.atomic():
        close_order(order)
    assert list(order.ship_docs.order_by("pk").values_list("status", flat=True)) == ["shipped", "cancelled"]
    assert on_docs(order) == [1]
    assert packed.pk > sent.pk


# --- at once ----------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_operators_at_once_pack_no_more_than_was_ordered() -> None:
    order = order_of((7, True))

    def one(_: int) -> bool:
        try:
            pack(order, 2)
        except OrderProblem:
            return False
        return True

    assert sorted(at_once(10, one)) == [False] * 7 + [True] * 3
    assert on_docs(order) == [6]
    assert list(order.ship_docs.order_by("pk").values_list("ordinal", flat=True)) == [1, 2, 3]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_ship_doc_that_is_sent_and_cancelled_at_once_does_one_of_the_two() -> None:
    for _ in range(5):
        order = order_of((2, True))
        doc = pack(order, 2)

        def act(number: int, doc: ShipDoc = doc) -> bool:
            try:
                return cancel_ship_doc(doc.pk) if number else send_ship_doc(doc.pk)
            except OrderProblem:
                return False

        sent, cancelled = at_once(2, act)
        doc.refresh_from_db()
        assert (sent, cancelled) in {(True, False), (False, True)}
        assert (doc.status, on_docs(order)) == (("shipped", [2]) if sent else ("cancelled", [0]))


def test_the_database_itself_ships_no_more_than_was_ordered() -> None:
    line = order_of((2, True)).lines.get()
    with pytest.raises(IntegrityError, match="order_line_ships_no_more_than_was_ordered"), transaction.atomic():
        OrderLine.objects.filter(pk=line.pk).update(quantity_on_ship_docs=3)
