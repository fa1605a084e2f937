"""The list of holds: what ends first stands first, in the colour of its urgency, with capture and void beside it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from gateways import clock
from payments.holds_left import time_left
from payments.models import Hold, Status
from tests.admin import rows
from tests.factories import make_order

pytestmark = pytest.mark.django_db

LIST = "/admin/payments/hold/"


def hold(hours: float | None, **fields: object) -> Hold:
    ends_at = None if hours is None else clock.now() + timedelta(hours=hours)
    payment = rows.payment(Status.AUTHORIZED, capture_before=ends_at, **fields)  # type: ignore[arg-type]
    return Hold.objects.get(pk=payment.pk)


@pytest.mark.parametrize(
    ("hours", "words", "tone"),
    [
        (150.5, "6 d 6 h left", "ok"),
        (71.5, "2 d 23 h left", "warning"),
        (23.5, "23 h left", "error"),
        (0.51, "30 min left", "error"),
        (-2.5, "ended 2 h ago", "error"),
    ],
)
def test_time_that_is_left_in_words_and_colour(hours: float, words: str, tone: str) -> None:
    assert time_left(clock.now() + timedelta(hours=hours)) == (words, tone)


def test_a_hold_whose_end_is_not_known_says_so() -> None:
    assert time_left(None) == ("end not known", "warning")


def test_the_one_that_ends_first_stands_first_and_the_unknown_end_last(office: Client) -> None:
    late, unknown, soon, over = hold(100), hold(None), hold(3), hold(-1)
    rows.payment(Status.CAPTURED)
    shown = list(office.get(LIST).context["cl"].result_list)
    assert shown == [over, soon, late, unknown]
    body = office.get(LIST).content.decode()
    assert ("badge-error" in body, "badge-ok" in body) == (True, True)
    for deed in ("capture", "void"):
        assert f"/admin/payments/payment/{soon.pk}/{deed}/" in body


def test_a_hold_that_is_being_captured_offers_no_second_capture(office: Client) -> None:
    busy = hold(3, capture_asked=100)
    body = office.get(LIST).content.decode()
    assert ("Being captured" in body, f"/{busy.pk}/capture/" in body) == (True, False)


def test_holds_are_found_by_order_and_shown_with_it(office: Client) -> None:
    first = hold(3, of=make_order())
    hold(3)
    assert first.order is not None
    found = list(office.get(LIST, {"q": first.order.number}).context["cl"].result_list)
    assert found == [first]


def test_who_may_only_look_at_payments_sees_holds_without_buttons() -> None:
    one = hold(3)
    user = User.objects.create(username="auditor", is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename="view_payment"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    body = client.get(LIST).content.decode()
    assert (one.number in body, f"/{one.pk}/capture/" in body, "Holds" in body) == (True, False, True)


def test_the_list_is_ordered_by_its_index() -> None:
    query = str(Hold.objects.all().query)
    assert query.endswith('ORDER BY "payments_payment"."capture_before" ASC NULLS LAST, "payments_payment"."id" ASC')
