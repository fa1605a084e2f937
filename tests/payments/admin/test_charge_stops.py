"""The kill switch in the admin: what is held, a form to stop, a dry run, a release that charges once."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from payments.models import ChargeStop, Payment, Status
from payments.services.stops import active_stops, stop_charging
from tests.factories import TESTER, make_campaign, make_gateway, make_order, make_payment

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/payments/chargestop/"
STOP = f"{LIST}stop/"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def press_stop(office: Client, **fields: Any) -> Any:
    return office.post(STOP, {"scope": "everything", "reason": "Wrong prices", "confirmed": "on", **fields})


def clerk(client: Client, *permissions: str) -> Client:
    user = User.objects.create(username="clerk", password="!", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_everything_is_stopped_with_a_reason_and_a_tick(office: Client) -> None:
    answer = press_stop(office)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    (stop,) = active_stops()
    assert (stop.scope, stop.reason) == ("everything", "Wrong prices")
    assert stop.started_by.startswith("operator")


@pytest.mark.parametrize("scope", ["campaign", "gateway"])
def test_one_campaign_or_gateway_is_stopped_and_the_other_choice_is_left_aside(office: Client, scope: str) -> None:
    targets = {"campaign": make_campaign(), "gateway": make_gateway()}
    press_stop(office, scope=scope, **{name: row.pk for name, row in targets.items()})
    (stop,) = active_stops()
    assert (stop.campaign or stop.gateway) == targets[scope]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": ""}, "Say why"),
        ({"confirmed": ""}, "Tick this"),
        ({"scope": "campaign"}, "Choose the campaign to stop"),
        ({"scope": "gateway", "gateway": "999"}, "Select a valid choice"),
        ({"scope": "all"}, "Select a valid choice"),
    ],
)
def test_a_form_that_lacks_something_stops_nothing(office: Client, fields: dict[str, str], said: str) -> None:
    answer = press_stop(office, **fields)
    assert (answer.status_code, ChargeStop.objects.count()) == (400, 0)
    assert said in text(answer)


def test_a_second_press_makes_no_second_stop(office: Client) -> None:
    press_stop(office)
    answer = press_stop(office)
    assert (answer.status_code, ChargeStop.objects.count()) == (400, 1)
    assert "is stopped already" in text(answer)


def test_every_page_says_so_while_something_is_stopped(office: Client) -> None:
    stop_charging("Wrong prices", TESTER)
    for page in ("/admin/", LIST, "/admin/orders/order/", "/admin/gateways/gateway/add/"):
        assert "Charging of everything is stopped. Wrong prices (tester)." in text(office.get(page))


def test_the_list_shows_count_and_value_of_what_is_held(office: Client) -> None:
    gateway = make_gateway()
    for total in (4_200, 800):
        make_payment(make_order(total=total), gateway)
    make_payment(make_order(total=900, currency="EUR"), make_gateway(currency="EUR"))
    stop_charging("Wrong prices", TESTER)
    told = text(office.get(LIST))
    assert re.search(r"\$50\.00 Test mode 2 payments waiting", told)
    assert re.search(r"€9\.00 Test mode 1 payment waiting", told)


def test_the_dry_run_lists_what_a_release_would_charge(office: Client) -> None:
    payment = make_payment(make_order(total=4_200), make_gateway(name="Northwind"))
    stop = stop_charging("Wrong prices", TESTER)
    told = text(office.get(f"{LIST}{stop.pk}/release/"))
    assert payment.number in told
    assert "Release and charge 1 payment" in told
    assert re.search(r"Northwind Test mode 1 \$42\.00", told)
    payment.refresh_from_db()
    assert (payment.status, len(active_stops())) == (Status.PENDING, 1)


def test_a_release_that_is_pressed_twice_happens_once(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr("payments.tasks.charge_payment.delay", sent.append)
    payment = make_payment()
    stop = stop_charging("Wrong prices", TESTER)
    for _ in range(2):
        assert office.post(f"{LIST}{stop.pk}/release/")["Location"] == LIST
    assert (sent, active_stops()) == ([payment.pk], [])
    assert "was released already" in text(office.get(LIST))
    assert "was released on" in text(office.get(f"{LIST}{stop.pk}/release/"))


def test_payment_entry_says_that_charging_is_stopped(office: Client) -> None:
    order, gateway = make_order(), make_gateway(is_default=True)
    stop_charging("Wrong prices", TESTER)
    fields = {"gateway": gateway.pk, "amount": "50.00", "method": "test:pm_card_visa", "capture": "now"}
    token = "f0e0a1a2-0000-4000-8000-000000000001"
    answer = office.post(f"/admin/orders/order/{order.pk}/payment/", {"form_token": token, **fields})
    assert (answer.status_code, Payment.objects.count()) == (400, 0)
    assert "stopped by tester (Wrong prices): nothing new is charged" in text(answer)


def test_a_held_payment_says_why_it_waits(office: Client) -> None:
    payment = make_payment()
    stop_charging("Wrong prices", TESTER)
    for page in (
        f"/admin/payments/payment/{payment.pk}/change/",
        f"/admin/orders/order/{payment.order_id}/payment/{payment.pk}/",
    ):
        assert "Held. Charging of everything was stopped by tester (Wrong prices)" in text(office.get(page))


def test_stopping_and_releasing_need_their_permissions(client: Client) -> None:
    stop = stop_charging("Wrong prices", TESTER)
    reader = clerk(client, "view_chargestop")
    assert reader.get(LIST).status_code == 200
    assert "Stop charging …" not in text(reader.get(LIST))
    assert reader.post(STOP, {}).status_code == 403
    assert reader.post(f"{LIST}{stop.pk}/release/").status_code == 403
    assert len(active_stops()) == 1


def test_who_may_not_open_the_page_still_reads_that_charging_is_stopped(client: Client) -> None:
    stop_charging("Wrong prices", TESTER)
    stranger = clerk(client, "view_order")
    told = stranger.get("/admin/orders/order/").content.decode()
    assert "Charging of everything is stopped." in told
    assert LIST not in told
    assert stranger.get(LIST).status_code == 403


def test_no_such_stop_is_404(office: Client) -> None:
    assert office.get(f"{LIST}999/release/").status_code == 404


def test_what_is_held_can_be_withdrawn_instead_of_charged(office: Client) -> None:
    payments = [make_payment(), make_payment()]
    stop = stop_charging("Wrong prices", TESTER)
    page = f"{LIST}{stop.pk}/release/"
    assert "Withdraw 2 payments" in text(office.get(page))
    for _ in range(2):
        assert office.post(f"{LIST}{stop.pk}/withdraw/")["Location"] == page
    assert "2 payments withdrawn: nothing was charged." in text(office.get(page))
    assert {Payment.objects.get(pk=payment.pk).status for payment in payments} == {Status.FAILED}
    assert active_stops() == [stop]


def test_withdrawing_all_needs_the_permission_to_change_payments(client: Client) -> None:
    payment = make_payment()
    stop = stop_charging("Wrong prices", TESTER)
    assert clerk(client, "change_chargestop").post(f"{LIST}{stop.pk}/withdraw/").status_code == 403
    payment.refresh_from_db()
    assert payment.status == Status.PENDING


def test_one_held_payment_is_withdrawn_on_its_page(office: Client) -> None:
    payment = make_payment()
    stop_charging("Wrong prices", TESTER)
    page = f"/admin/payments/payment/{payment.pk}/"
    assert "Withdraw it instead" in text(office.get(f"{page}change/"))
    assert "Not charge this payment?" in text(office.get(f"{page}withdraw/"))
    payment.refresh_from_db()
    assert payment.status == Status.PENDING
    assert "is withdrawn: it is not charged" in text(office.post(f"{page}withdraw/", follow=True))
    payment.refresh_from_db()
    assert payment.status == Status.FAILED
    assert "Nothing to withdraw" in text(office.get(f"{page}withdraw/"))


def test_withdrawing_needs_its_permission(client: Client) -> None:
    payment = make_payment()
    assert clerk(client, "view_payment").post(f"/admin/payments/payment/{payment.pk}/withdraw/").status_code == 403
