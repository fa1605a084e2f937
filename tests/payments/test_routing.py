"""Which gateway takes a payment, and what is said of those that do not."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateways import clock, volume
from gateways.models import Gateway
from orders.models import Order
from orders.services.orders import create_order
from payments.routing import Route, chosen_by_operator, first_choice, route_offers, route_order
from payments.services.entry import enter_payment
from payments.services.reserve import Wish
from tests.admin import rows
from tests.factories import TESTER, make_campaign, make_customer, make_offer, make_order
from tests.legacy import make_offline_gateway

pytestmark = pytest.mark.django_db


def verdicts(route: Route) -> dict[str, str]:
    return {row["gateway"]: row["verdict"] for row in route.trace}


def reason(route: Route, gateway: Gateway) -> str:
    return next(row["reason"] for row in route.trace if row["gateway"] == gateway.name)


def gateway(**fields: Any) -> Gateway:
    return rows.gateway(**{"monthly_cap": None, **fields})


@pytest.fixture
def order() -> Order:
    return make_order(total=5000)


def test_a_gateway_of_the_offer_goes_before_those_of_the_campaign_and_the_default(order: Order) -> None:
    of_offer, of_campaign = gateway(), gateway()
    gateway(is_default=True)
    order.lines.get().offer.assignments.create(gateway=of_offer)
    order.campaign.assignments.create(gateway=of_campaign)
    route = route_order(order, 5000)
    assert route.gateway == of_offer
    assert verdicts(route) == {of_offer.name: "chosen"}


def test_a_gateway_of_the_campaign_goes_before_the_default(order: Order) -> None:
    of_campaign = gateway()
    gateway(is_default=True)
    order.campaign.assignments.create(gateway=of_campaign)
    assert route_order(order, 5000).gateway == of_campaign


def test_where_nothing_is_assigned_the_default_of_mode_and_currency_is_taken(order: Order) -> None:
    gateway(is_default=True, currency="EUR")
    gateway(is_default=True, mode="live")
    default = gateway(is_default=True)
    gateway()
    route = route_order(order, 5000)
    assert route.gateway == default
    assert "the default gateway for USD in test mode" in reason(route, default)


def test_nothing_assigned_and_no_default_is_told_with_the_remedy(order: Order) -> None:
    gateway()
    route = route_order(order, 5000)
    assert (route.gateway, route.trace) == (None, ())
    assert "no default gateway for USD in test mode: assign a gateway" in route.problem


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"active": False}, "switched off"),
        ({"paused_at": clock.now(), "pause_reason": "The key was revoked."}, "paused: The key was revoked."),
        ({"mode": "live"}, "a live gateway, Campaign"),
        ({"currency": "EUR"}, "takes EUR, not USD"),
        ({"minimum_amount": 5001}, "takes 50.01 USD to"),
        ({"maximum_amount": 4999}, "to 49.99 USD in one payment"),
        ({"monthly_cap": 4999}, "49.99 USD left under its monthly cap"),
    ],
)
def test_a_gateway_that_cannot_take_it_is_dropped_with_its_reason(
    order: Order, fields: dict[str, Any], words: str
) -> None:
    unfit, fit = gateway(**fields), gateway()
    for priority, one in enumerate((unfit, fit), start=1):
        order.campaign.assignments.create(gateway=one, priority=priority)
    route = route_order(order, 5000)
    assert route.gateway == fit
    assert verdicts(route) == {fit.name: "chosen", unfit.name: "dropped"}
    assert words in reason(route, unfit)


def test_a_gateway_without_a_processor_takes_no_cards(order: Order) -> None:
    till = make_offline_gateway()
    order.campaign.assignments.create(gateway=till)
    route = route_order(order, 5000)
    assert route.gateway is None
    assert f"{till}: It takes no cards." in route.problem


def test_a_campaign_that_takes_no_cards_is_routed_nowhere() -> None:
    order = make_order(campaign=make_campaign(card_payments=False))
    order.campaign.assignments.create(gateway=gateway())
    assert "are switched off" in route_order(order, 5000).problem


def test_a_saved_card_goes_to_a_gateway_of_its_account(order: Order) -> None:
    other, own = gateway(), gateway()
    for one in (other, own):
        order.campaign.assignments.create(gateway=one)
    route = route_order(order, 5000, card=rows.card(order.customer, own))
    assert route.gateway == own
    assert reason(route, other) == "The card is kept on another account than its."


def test_room_counts_what_is_reserved_and_captured_this_month(order: Order) -> None:
    one = gateway(monthly_cap=10_000)
    order.campaign.assignments.create(gateway=one)
    volume.take_room(one, volume.month_of(one, clock.now()), 5000)
    assert route_order(order, 5000).gateway == one
    volume.take_room(one, volume.month_of(one, clock.now()), 1)
    assert "None of the gateways of the campaign" in route_order(order, 5000).problem


def test_the_lowest_priority_goes_first_and_the_next_takes_over(order: Order) -> None:
    second, first, third = gateway(), gateway(), gateway()
    for priority, one in {2: second, 1: first, 3: third}.items():
        order.campaign.assignments.create(gateway=one, priority=priority)
    route = route_order(order, 5000)
    assert [row["gateway"] for row in route.trace] == [first.name, second.name, third.name]
    Gateway.objects.filter(pk=first.pk).update(active=False)
    assert route_order(order, 5000).gateway == second


def test_equals_share_the_payments_by_weight_and_one_order_stays_where_it_was() -> None:
    campaign = make_campaign()
    offer = make_offer(campaign)
    heavy, light = gateway(), gateway()
    campaign.assignments.create(gateway=heavy, weight=3)
    campaign.assignments.create(gateway=light, weight=1)
    drawn = Counter(route_offers(campaign, [offer], 5000, seed=f"buyer {number}").gateway for number in range(400))
    assert 260 < drawn[heavy] < 340
    assert drawn[heavy] + drawn[light] == 400
    order = create_order(make_customer(), campaign, [(offer, 1)])
    assert len({route_order(order, 5000).gateway for _ in range(5)}) == 1


def test_a_preview_shows_the_heaviest_and_the_shares() -> None:
    campaign = make_campaign()
    light, heavy = gateway(), gateway()
    campaign.assignments.create(gateway=light, weight=1)
    campaign.assignments.create(gateway=heavy, weight=3)
    route = route_offers(campaign, [make_offer(campaign)], 5000)
    assert route.gateway == heavy
    assert "3 of 4 payments" in reason(route, heavy)
    assert "1 of 4 payments" in reason(route, light)


def test_several_offers_are_charged_through_what_all_of_them_allow() -> None:
    campaign = make_campaign()
    cream, serum, free = make_offer(campaign), make_offer(campaign), make_offer(campaign)
    both, only_cream = gateway(), gateway()
    cream.assignments.create(gateway=only_cream, priority=1)
    cream.assignments.create(gateway=both, priority=2)
    serum.assignments.create(gateway=both, priority=1)
    route = route_order(create_order(make_customer(), campaign, [(cream, 1), (serum, 1), (free, 1)]), 5000)
    assert route.gateway == both
    assert reason(route, only_cream) == f"{serum}, which is in the same order, does not allow it."
    assert f"gateways of {cream} and {serum}" in reason(route, both)


def test_offers_that_agree_on_no_gateway_are_routed_nowhere() -> None:
    campaign = make_campaign()
    cream, serum = make_offer(campaign), make_offer(campaign)
    for offer in (cream, serum):
        offer.assignments.create(gateway=gateway())
    route = route_order(create_order(make_customer(), campaign, [(cream, 1), (serum, 1)]), 5000)
    assert route.gateway is None
    assert "does not allow it" in route.problem


@pytest.mark.parametrize("level", ["offers", "campaign", "default"])
def test_many_gateways_cost_no_more_questions_than_one(level: str) -> None:
    def asked(count: int) -> int:
        order = make_order()
        for _ in range(count):
            one = gateway(monthly_cap=100_000)
            if level != "default":
                owner = order.campaign if level == "campaign" else order.lines.get().offer
                owner.assignments.create(gateway=one)
        with CaptureQueriesContext(connection) as queries:
            route_order(order, 5000)
        return len(queries)

    gateway(is_default=True)
    assert asked(1) == asked(12) <= 6


def test_a_trace_can_be_kept_as_json(order: Order) -> None:
    order.campaign.assignments.create(gateway=gateway())
    order.campaign.assignments.create(gateway=gateway(active=False))
    trace = route_order(order, 5000).trace
    assert json.loads(json.dumps(trace)) == list(trace)
    assert all(set(row) == {"gateway", "verdict", "reason"} for row in trace)


def test_payment_entry_keeps_who_chose_and_where_routing_would_have_gone(order: Order) -> None:
    routed, outside = gateway(), gateway(secret_key="sk_test_shop_1")
    order.lines.get().offer.assignments.create(gateway=routed)
    wish = Wish(order=order, gateway=outside, amount=5000, actor=TESTER)
    payment = enter_payment(wish, "test:pm_card_visa").payment
    chosen, other = payment.route
    assert chosen["gateway"] == outside.name
    assert chosen["reason"].startswith(
        f"Chosen by tester, though it is not one of the gateways of {order.lines.get().offer}"
    )
    assert (other["gateway"], other["verdict"]) == (routed.name, "kept")
    assert "Routing would have taken it." in other["reason"]


def test_the_operators_choice_may_be_that_of_routing(order: Order) -> None:
    one = gateway()
    order.campaign.assignments.create(gateway=one)
    wish = Wish(order=order, gateway=one, amount=5000, actor=TESTER)
    assert chosen_by_operator(wish).route[0]["reason"] == "Chosen by tester, as routing would have."
    assert chosen_by_operator(replace(wish, order=None)).route == ()


def test_payment_entry_starts_with_routings_choice_else_with_what_fits(order: Order) -> None:
    default, assigned = gateway(is_default=True), gateway()
    order.campaign.assignments.create(gateway=assigned)
    assert first_choice(order, 5000, [default, assigned]) == assigned
    Gateway.objects.filter(pk=assigned.pk).update(active=False)
    assert first_choice(order, 5000, [default]) == default
    assert first_choice(order, 5000, []) is None
