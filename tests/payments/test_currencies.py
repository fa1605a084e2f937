"""An amount is the same on the page, in the API, the request, the webhook and the refund, whatever its decimals."""

import pytest
from django.test import Client

from payments.models import Payment, Refund, WebhookEvent
from payments.services.api.keys import make_key
from payments.services.inbox import process_event, waiting_events
from payments.services.refunds.submit import refund_payment
from tests import local_stripe as local
from tests.factories import TESTER, make_campaign, make_gateway
from tests.payments.api.conftest import CARD, Checkout

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("currency", "minor", "shown", "part"),
    [
        ("JPY", 1_234, "¥1,234", 34),
        ("KRW", 50_000, "₩50,000", 1_000),
        ("USD", 1_999, "$19.99", 1),
        ("EUR", 123_456, "€1,234.56", 56),
        ("ISK", 120_000, "ISK1,200", 100),
        ("KWD", 12_340, "KWD12.340", 10),
        ("BHD", 1_000_000, "BHD1,000.000", 990),
    ],
)
def test_one_amount_everywhere(office: Client, currency: str, minor: int, shown: str, part: int) -> None:
    campaign = make_campaign(currency=currency)
    gateway = make_gateway(currency=currency, is_default=True, webhook=True)
    offer = campaign.offers.create(name="One", price=minor, sku="SKU-1")
    shop = Checkout(campaign, offer, gateway, make_key(campaign, "Shop", None)[1], Client())
    told = shop.post("orders", shop.basket(payment=CARD)).json()
    assert (told["currency"], told["total"], told["paid"]) == (currency, minor, minor)

    payment = Payment.objects.select_related("order").get()
    (intent,) = [one for one in local.all_intents() if one["id"] == payment.reference]
    assert (intent["amount"], intent["currency"]) == (minor, currency.lower())

    local.deliver(Client())
    for pk in waiting_events():
        process_event(pk)
    assert set(WebhookEvent.objects.values_list("status", flat=True)) <= {"applied", "ignored"}

    refund_payment(payment.pk, part, TESTER)
    payment.refresh_from_db()
    assert (payment.amount_captured, payment.amount_refunded, Refund.objects.get().amount) == (minor, part, part)
    assert shown in office.get(f"/admin/orders/order/{payment.order_id}/change/").content.decode().replace("\xa0", "")
    read = shop.get(f"orders/{told['order']}").json()
    assert (read["paid"], read["refunded"]) == (minor, part)
