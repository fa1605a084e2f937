"""Before a gateway is switched off, it is told what that stops."""

import pytest

from gateways.models import Gateway
from payments.services.deactivation import what_stops
from payments.services.submit import submit
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_campaign, make_gateway, make_payment, make_subscription

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_gateway_that_nobody_needs_stops_nothing() -> None:
    assert what_stops(make_gateway(currency="CHF")) == []


def test_payments_on_their_way_are_counted(local_stripe: LocalStripe) -> None:
    gateway = make_gateway()
    make_gateway()
    make_payment(gateway=gateway)
    local_stripe.faults.add(Fault(path="/v1/payment_intents", kind="timeout"))
    submit(make_payment(gateway=gateway).pk)
    told = what_stops(gateway)
    assert told == [
        "1 payment is not sent yet: it would fail, and nothing is charged.",
        "1 payment is in flight: the answer still arrives and is written down.",
    ]


def test_holds_are_summed() -> None:
    gateway = make_gateway()
    make_gateway()
    for _ in range(2):
        submit(make_payment(gateway=gateway, capture=False).pk)
    (told,) = what_stops(gateway)
    assert told.startswith("2 holds of 100.00 USD not captured yet")


def test_a_campaign_without_another_gateway_is_named() -> None:
    gateway = make_gateway(currency="EUR", is_default=True)
    campaign = make_campaign(name="Autumn", currency="EUR")
    make_campaign(currency="EUR", mode="live")
    make_campaign(currency="EUR", active=False)
    assert what_stops(gateway) == [
        "It is the default for EUR in test mode: make another gateway the default.",
        f"It is the only gateway that {campaign} is routed to: its customers cannot pay by card without it.",
    ]
    other = make_gateway(currency="EUR")
    for one in (gateway, other):
        campaign.assignments.create(gateway=one)
    assert len(what_stops(gateway)) == 1
    Gateway.objects.filter(pk=other.pk).update(active=False)
    assert len(what_stops(gateway)) == 2


@pytest.mark.parametrize(
    ("when_capped", "words"), [("wait", "wait until it is on again"), ("other", "another gateway")]
)
def test_subscriptions_that_are_billed_through_it_are_counted(when_capped: str, words: str) -> None:
    gateway = make_gateway(when_capped=when_capped)
    make_gateway()
    make_subscription(gateway=gateway)
    (told,) = what_stops(gateway)
    assert told.startswith("1 subscription is billed through it")
    assert words in told
