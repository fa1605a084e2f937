"""`manage.py seed_demo` gives a newcomer a merchant's month, adds what is missing, and charges nobody."""

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config.demo_data import month, shop
from config.management.commands import seed_demo
from gateways import clock
from gateways.models import Gateway, MonthlyVolume
from gateways.volume import month_of
from orders.models import Campaign, Card, Coupon, Customer, Offer, Order, PaymentState, ShipDoc
from payments.models import Payment, PaymentEvent, Status, WebhookEvent
from payments.states import IN_FLIGHT

pytestmark = pytest.mark.django_db

COUNTED = [Gateway, Campaign, Offer, Customer, Card, Order, ShipDoc, Payment, PaymentEvent, MonthlyVolume, WebhookEvent]
SHORT = sorted(set(month.STORIES)) * 2


@pytest.fixture(autouse=True)
def _a_local_stripe_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.STRIPE_SESSION_FACTORY = settings.STRIPE_SESSION_FACTORY  # put back after the test: the command sets it


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each story twice: the order whose story was interrupted stays as it was, and the other one is told."""
    monkeypatch.setattr(month, "STORIES", SHORT)


def seed(**options: Any) -> str:
    out = io.StringIO()
    call_command("seed_demo", stdout=out, **options)
    return out.getvalue()


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in COUNTED}


def share_of_cap(gateway: Gateway) -> int:
    """In percent."""
    volume = MonthlyVolume.objects.filter(gateway=gateway, month=month_of(gateway, clock.now())).first()
    return volume.used * 100 // gateway.monthly_cap if volume and gateway.monthly_cap else 0


def test_a_newcomer_finds_a_merchants_month() -> None:
    said = seed()
    gateways = list(Gateway.objects.all())
    assert len(gateways) == 3
    assert len({gateway.account_id for gateway in gateways}) == 3
    assert max(share_of_cap(gateway) for gateway in gateways) >= 80
    assert (Campaign.objects.count(), Offer.objects.count(), Customer.objects.count()) == (2, 10, 40)
    assert sorted(offer.cycles.count() for offer in Offer.objects.all()) == [*[0] * 8, 1, 2]
    assert all(payment.route[0]["verdict"] == "chosen" for payment in Payment.objects.all())
    assert Order.objects.count() == len(month.STORIES) + len(month.RECENT)
    assert set(Order.objects.values_list("payment_state", flat=True)) == set(PaymentState.values)
    assert set(Order.objects.values_list("currency", flat=True)) == {"USD", "EUR"}
    assert set(ShipDoc.objects.values_list("status", flat=True)) == {"draft", "shipped"}
    assert sum(Coupon.objects.values_list("uses", flat=True)) == Order.objects.exclude(coupon=None).count() > 0
    assert f"Demo data: {Order.objects.count()} orders, 40 customers." in said
    check_books()


def check_books() -> None:
    """The ledger says what the payments say, and nobody is charged for more than they ordered."""
    assert not Payment.objects.filter(status__in=IN_FLIGHT).exists()
    assert not Payment.objects.exclude(review_reason="").exists()
    sums: Counter[tuple[int, Any]] = Counter()
    for payment in Payment.objects.filter(status__in=[Status.CAPTURED, Status.AUTHORIZED, Status.REQUIRES_ACTION]):
        held = payment.status != Status.CAPTURED
        sums[payment.gateway_id, payment.cap_month] += payment.amount if held else payment.amount_captured
    books = {(volume.gateway_id, volume.month): volume.used for volume in MonthlyVolume.objects.all()}
    assert {key: used for key, used in books.items() if used} == dict(sums)
    for order in Order.objects.all():
        assert order.amount_paid + order.amount_held <= order.total


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    "moment",
    ["2026-12-01T12:00Z", "2026-12-02T12:00Z", "2026-12-04T12:00Z", "2026-11-01T09:00Z", "2027-01-31T23:30Z"],
)
def test_one_gateway_is_near_its_cap_on_any_day_of_a_month(moment: str) -> None:
    with time_machine.travel(moment):
        seed()
        used = {gateway.name: share_of_cap(gateway) for gateway in Gateway.objects.all()}
    assert 80 <= used["Brightleaf US"] <= 100
    assert max(used["Northwind US"], used["Northwind EU"]) < 80


@pytest.mark.usefixtures("short")
def test_the_months_default_gateways_are_one_for_each_currency() -> None:
    seed()
    defaults = Gateway.objects.filter(is_default=True).values_list("currency", flat=True)
    assert sorted(defaults) == ["EUR", "USD"]


@pytest.mark.usefixtures("short")
def test_a_second_run_adds_nothing_and_changes_nothing() -> None:
    seed()
    before, caps = counts(), list(Gateway.objects.order_by("pk").values_list("monthly_cap", "webhook_url"))
    seed()
    assert counts() == before
    assert list(Gateway.objects.order_by("pk").values_list("monthly_cap", "webhook_url")) == caps


@pytest.mark.usefixtures("short")
def test_what_an_operator_changed_is_kept() -> None:
    seed()
    Gateway.objects.filter(name="Northwind US").update(name="My main gateway", monthly_cap=5_000_000)
    Campaign.objects.filter(name="Summer Glow").update(active=False)
    seed()
    assert Gateway.objects.get(name="My main gateway").monthly_cap == 5_000_000
    assert not Campaign.objects.get(name="Summer Glow").active
    assert Gateway.objects.count() == 3


class PulledPlugError(Exception):
    """The machine goes down."""


def pull_the_plug(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, on_call: int) -> None:
    """Let the function fail on its so-manieth call, once."""
    real: Callable[..., Any] = getattr(module, name)
    calls = []

    def fragile(*args: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) == on_call:
            raise PulledPlugError
        return real(*args, **options)

    monkeypatch.setattr(module, name, fragile)


PLACES = [
    (shop, "store_gateway", 2),
    (month, "create_order", 1),
    (month, "create_order", 9),
    (month, "reserve", 7),
    (month, "submit", 7),
    (month, "save_card", 1),
    (month, "settle", 2),
    (month, "refund_payment", 2),
    (month, "cancel_order", 1),
    (shop, "register_webhook", 2),
    (seed_demo, "bring_near_its_cap", 1),
]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("module", "name", "on_call"), PLACES, ids=[f"{name}-{on_call}" for _, name, on_call in PLACES]
)
def test_an_interrupted_run_is_completed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, on_call: int
) -> None:
    pull_the_plug(monkeypatch, module, name, on_call)
    with pytest.raises(PulledPlugError):
        seed()
    seed()
    assert Order.objects.count() == len(SHORT) + len(month.RECENT)
    assert (Gateway.objects.count(), Campaign.objects.count(), Customer.objects.count()) == (3, 2, 40)
    assert Gateway.objects.filter(monthly_cap=None).count() == 0
    assert not Gateway.objects.filter(webhook_url="").exists()
    assert set(Order.objects.values_list("payment_state", flat=True)) == set(PaymentState.values)


@pytest.mark.parametrize("key", ["sk_live_51Habc", "rk_live_51Habc"])
def test_a_live_key_is_refused_before_anything_is_made(settings: Settings, key: str) -> None:
    settings.STRIPE_SECRET_KEY = key
    with pytest.raises(CommandError) as refusal:
        seed(password="a long enough one")
    assert str(refusal.value) == (
        "STRIPE_SECRET_KEY is a live key: demo orders would charge real money. Use a test key."
    )
    assert set(counts().values()) == {0}


@pytest.mark.parametrize("times", [1, 2])
def test_with_a_test_key_of_ones_own_there_are_orders_to_pay_and_no_charge(settings: Settings, times: int) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_my_own_shop_1"
    settings.STRIPE_PUBLIC_KEY = "pk_test_my_own_shop_1"
    for _ in range(times):
        said = seed()
    gateway = Gateway.objects.get()
    assert (gateway.name, gateway.mode, gateway.secret_key) == ("My Own Shop (test)", "test", "sk_test_my_own_shop_1")
    assert Order.objects.count() == seed_demo.OWN_ORDERS
    assert set(Order.objects.values_list("payment_state", flat=True)) == {PaymentState.UNPAID}
    assert not Payment.objects.exists()
    assert said == f"Demo data: {Order.objects.count()} orders wait to be paid through {gateway}.\n"


def test_a_key_that_stripe_does_not_take_is_told_in_a_sentence(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "nonsense"
    with pytest.raises(CommandError, match="secret_key: This is no secret key"):
        seed()
    assert not Gateway.objects.exists()
