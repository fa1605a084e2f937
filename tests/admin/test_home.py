"""The home page: what the numbers mean."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from gateways.models import Mode
from payments.models import RefundStatus, Status
from tests.admin import rows
from tests.factories import make_operator

pytestmark = pytest.mark.django_db


def test_a_new_installation_walks_the_newcomer_through_three_steps(office: Client) -> None:
    steps = office.get("/admin/").context["steps"]
    assert [step.done for step in steps] == [False, False, False]
    rows.gateway()
    rows.offer()
    assert [step.done for step in office.get("/admin/").context["steps"]] == [True, True, False]


def test_currencies_are_never_added_up(office: Client) -> None:
    rows.payment(of=rows.order("USD", 1000))
    rows.payment(of=rows.order("USD", 550))
    rows.payment(of=rows.order("EUR", 2000))
    context = office.get("/admin/").context
    assert context["captured_today"] == ["€20.00", "$15.50"]
    assert [chart.currency for chart in context["charts"]] == ["EUR", "USD"]


def test_test_money_stays_out_once_there_is_live_money(office: Client) -> None:
    rows.payment(of=rows.order("USD", 1000))
    live = rows.gateway(mode=Mode.LIVE)
    rows.payment(of=rows.order("USD", 700), gateway=live)
    assert office.get("/admin/").context["captured_today"] == ["$7.00"]


def test_what_was_captured_earlier_is_in_the_chart_but_not_in_today(office: Client) -> None:
    rows.payment(of=rows.order("USD", 1000), at=timezone.now() - timedelta(days=3))
    context = office.get("/admin/").context
    assert context["captured_today"] == []
    (chart,) = context["charts"]
    assert [bar.label for bar in chart.bars if bar.height] == [chart.bars[-4].label]


def test_holds_and_open_payments_are_counted(office: Client) -> None:
    rows.payment(Status.AUTHORIZED, of=rows.order("USD", 4000))
    rows.payment(Status.UNKNOWN)
    rows.payment(review_reason="The amounts differ.", at=timezone.now() - timedelta(days=400))
    rows.refund(status=RefundStatus.UNKNOWN, reference="")
    rows.dispute(rows.payment())
    rows.dispute(rows.payment(), status="won")
    context = office.get("/admin/").context
    assert context["held"] == {"amounts": ["$40.00"], "count": 1}
    assert context["attention"] == {"open": 1, "refunds": 1, "review": 1, "disputes": 1}


def test_the_decline_rate_counts_answers_of_the_last_seven_days(office: Client) -> None:
    rows.payment(Status.DECLINED)
    rows.payment(Status.DECLINED, at=timezone.now() - timedelta(days=8))
    for status in (Status.CAPTURED, Status.AUTHORIZED, Status.CAPTURED, Status.UNKNOWN):
        rows.payment(status)
    assert office.get("/admin/").context["declines"].rate == "25.0%"


@pytest.mark.parametrize(
    ("used", "tone"), [(79_999, ""), (80_000, "is-amber"), (94_999, "is-amber"), (95_000, "is-red")]
)
def test_a_cap_turns_amber_at_eighty_and_red_at_ninety_five_per_cent(office: Client, used: int, tone: str) -> None:
    gateway = rows.gateway(monthly_cap=100_000)
    rows.use_cap(gateway, used)
    assert f'class="meter {tone}"' in office.get("/admin/gateways/gateway/").content.decode()


def test_the_sidebar_offers_only_what_one_may_see(client: Client) -> None:
    clerk = User.objects.create_user("clerk", password="a long password for tests", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    groups = client.get("/admin/").context["navigation"]
    assert [item.label for group in groups for item in group.items] == ["Home", "Sales orders"]


def test_who_may_not_see_payments_sees_no_figures(client: Client) -> None:
    rows.payment()
    clerk = make_operator()
    clerk.is_superuser = False
    clerk.is_staff = True
    clerk.save()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    assert "Captured today" not in client.get("/admin/").content.decode()


def test_a_list_counts_to_a_bound_only(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.paging.COUNT_LIMIT", 2)
    for _ in range(3):
        rows.order()
    assert "2+ sales orders" in office.get("/admin/orders/order/").content.decode()
