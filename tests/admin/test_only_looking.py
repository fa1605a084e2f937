"""Who may look and not change: amounts read as money, and nothing can be typed."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from orders.models import Campaign
from orders.services.campaigns import delete_campaign
from tests.admin import rows
from tests.factories import make_campaign, make_offer, make_recurring_offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def reader() -> Client:
    user = User.objects.create(username="reader", is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def body(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(f"admin:orders_{name}_change", args=[pk])).content.decode()


def test_an_offer_and_its_cycles_are_read_as_money(reader: Client, campaign: Campaign) -> None:
    offer = make_recurring_offer(
        campaign, 1999, cycles=(2499,), terms="deposit", deposit_rate=1250, cancellation_fee=550
    )
    html = body(reader, "offer", offer.pk)
    for words in ("$19.99", "$24.99", "12.5 %", "$5.50"):
        assert words in html
    for stored in (">1999<", ">2499<", ">1250<", ">550<", 'name="price"'):
        assert stored not in html


def test_a_campaign_is_read_with_its_prices_and_coupons(reader: Client, campaign: Campaign) -> None:
    make_offer(campaign, 1999)
    campaign.coupons.create(code="FIVE", amount=555)
    html = body(reader, "campaign", campaign.pk)
    assert "$19.99" in html
    assert "$5.55" in html
    assert ">555<" not in html


def test_a_deleted_campaign_is_read_as_money_by_everybody(office: Client, campaign: Campaign) -> None:
    make_offer(campaign, 1999)
    coupon = campaign.coupons.create(code="TENTH", rate=1000)
    delete_campaign(campaign.pk)
    assert "$19.99" in body(office, "campaign", campaign.pk)
    assert "10 %" in body(office, "coupon", coupon.pk)
    assert 'name="rate"' not in body(office, "coupon", coupon.pk)


def test_a_gateway_is_read_with_its_limits_and_costs_as_money(reader: Client) -> None:
    fields = {"monthly_cap": 123_456, "transaction_fee": 35, "discount_rate": 295, "minimum_amount": 777}
    gateway = rows.gateway(**fields)
    html = reader.get(reverse("admin:gateways_gateway_change", args=[gateway.pk])).content.decode()
    for words in ("$1,234.56", "$0.35", "2.95 %", "$7.77"):
        assert words in html
    for stored in (">123456<", ">295<", ">777<"):
        assert stored not in html
