"""Operators are mailed at 80, 95 and 100 % of a cap: once for each gateway, month and threshold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.mail import EmailMessage

from gateways import clock
from gateways.caps import near_cap, near_their_caps
from gateways.models import CapWarning, Gateway, MonthlyVolume
from gateways.volume import month_of, take_room
from payments.services.cap_warnings import warn_of_cap
from payments.services.caps import check_cap
from payments.tasks import check_caps, check_gateway_cap, compare_caps, compare_gateway_cap
from tests.factories import make_gateway, make_order, make_payment
from tests.faults.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def operators(settings: Any) -> None:
    settings.OPERATORS_EMAIL = ["anna@shop.test", "ben@shop.test"]


@pytest.fixture
def gateway() -> Gateway:
    return make_gateway(name="Northwind", monthly_cap=10_000)


def use(gateway: Gateway, amount: int) -> None:
    make_payment(make_order(total=amount), gateway)


def warn(gateway: Gateway) -> list[int]:
    return warn_of_cap(check_cap(gateway, ask_processor=False))


def test_each_threshold_is_mailed_once(gateway: Gateway, mailoutbox: list[EmailMessage]) -> None:
    told = []
    for amount in (7_900, 100, 1_400, 100, 500):
        use(gateway, amount)
        told += [warn(gateway), warn(gateway)]
    assert told == [[], [], [80], [], [], [], [95], [], [100], []]
    assert [mail.subject for mail in mailoutbox] == [
        "[Test] Northwind: 80 % of the monthly cap is used",
        "[Test] Northwind: 95 % of the monthly cap is used",
        "[Test] Northwind: 100 % of the monthly cap is used",
    ]
    assert mailoutbox[0].to == ["anna@shop.test", "ben@shop.test"]
    assert "Left       20.00 USD" in mailoutbox[0].body
    assert f"http://testserver/admin/gateways/gateway/{gateway.pk}/change/" in mailoutbox[0].body
    assert "refused until the month turns" in mailoutbox[2].body


def test_thresholds_passed_at_once_are_one_mail(gateway: Gateway, mailoutbox: list[EmailMessage]) -> None:
    use(gateway, 9_600)
    assert (warn(gateway), len(mailoutbox)) == ([80, 95], 1)


def test_a_new_month_and_another_gateway_are_warned_anew(gateway: Gateway, mailoutbox: list[EmailMessage]) -> None:
    other = make_gateway(monthly_cap=10_000)
    for moment in (datetime(2026, 11, 15, tzinfo=UTC), datetime(2026, 12, 15, tzinfo=UTC)):
        with clock.travel_to(moment):
            for one in (gateway, other):
                use(one, 8_000)
                assert warn(one) == [80]
    assert len(mailoutbox) == 4


@pytest.mark.parametrize("off", ["mail", "addresses"])
def test_no_mail_is_sent_or_remembered_while_it_is_off(
    gateway: Gateway, mailoutbox: list[EmailMessage], settings: Any, off: str
) -> None:
    settings.SENDS_MAIL = off != "mail"
    settings.OPERATORS_EMAIL = [] if off == "addresses" else ["anna@shop.test"]
    use(gateway, 9_000)
    assert (warn(gateway), mailoutbox, CapWarning.objects.count()) == ([], [], 0)


def test_a_mail_that_nobody_would_take_is_tried_at_the_next_check(
    gateway: Gateway, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EmailMessage) -> int:
        raise ConnectionRefusedError

    use(gateway, 9_000)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refuse)
        assert warn(gateway) == []
    assert (warn(gateway), len(mailoutbox)) == ([80], 1)


def test_five_workers_at_once_send_one_mail(gateway: Gateway, mailoutbox: list[EmailMessage]) -> None:
    use(gateway, 9_000)
    check = check_cap(gateway, ask_processor=False)
    assert sorted(at_once(5, lambda _: warn_of_cap(check))) == [[], [], [], [], [80]]
    assert len(mailoutbox) == 1


def test_beat_asks_once_for_each_active_gateway(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    make_gateway(active=False)
    asked: list[tuple[str, int]] = []
    for task in (check_gateway_cap, compare_gateway_cap):
        monkeypatch.setattr(task, "delay", lambda pk, name=task.name: asked.append((name, pk)))
    check_caps()
    compare_caps()
    assert asked == [
        ("payments.tasks.check_gateway_cap", gateway.pk),
        ("payments.tasks.compare_gateway_cap", gateway.pk),
    ]


def test_the_tasks_mend_and_compare(gateway: Gateway, mailoutbox: list[EmailMessage]) -> None:
    use(gateway, 9_000)
    MonthlyVolume.objects.update(reserved=0)
    check_gateway_cap(gateway.pk)
    assert (MonthlyVolume.objects.get().reserved, len(mailoutbox)) == (9_000, 1)
    compare_gateway_cap(gateway.pk)
    assert gateway.cap_checks.latest("month").compared_at is not None
    check_gateway_cap(0)
    compare_gateway_cap(0)


@pytest.mark.parametrize(
    ("used", "percent"), [(7_999, None), (8_000, 80), (9_499, 94), (9_500, 95), (10_000, 100), (12_000, 120)]
)
def test_a_gateway_is_near_its_cap_from_eighty_per_cent_on(gateway: Gateway, used: int, percent: int | None) -> None:
    near = near_cap(gateway, used)
    assert (near.percent if near else None) == percent


def test_the_nearest_comes_first_and_without_a_cap_none_is_near(gateway: Gateway) -> None:
    fuller, endless = make_gateway(monthly_cap=10_000), make_gateway(monthly_cap=None)
    for one, amount in ((gateway, 8_500), (fuller, 10_000), (endless, 10_000)):
        take_room(one, month_of(one, clock.now()), amount)
    assert [near.gateway for near in near_their_caps()] == [fuller, gateway]
    assert [near.tone for near in near_their_caps()] == ["error", "warning"]
