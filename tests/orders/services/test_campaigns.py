"""Campaigns: card payments need a gateway, switches need card payments, deleting loses nothing."""

from typing import Any

import pytest

from gateways import clock
from gateways.models import Gateway
from orders.models import Campaign, Subscription
from orders.services.campaign_end import (
    ask_for_cancelling,
    campaigns_to_end,
    cancel_subscriptions_of,
    still_billed,
)
from orders.services.campaigns import (
    CampaignProblem,
    assign,
    card_gateways,
    check_campaign,
    delete_campaign,
    restore_campaign,
    store_campaign,
    switch,
    why_unfit,
)
from orders.services.subscriptions import cancel
from orders.tasks import cancel_subscriptions
from tests.admin import rows
from tests.factories import make_campaign, make_gateway, make_offer, make_recurring_offer, make_subscription
from tests.faults.at_once import at_once
from tests.legacy import make_offline_gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def refusal(campaign: Campaign) -> CampaignProblem:
    with pytest.raises(CampaignProblem) as caught:
        check_campaign(campaign)
    return caught.value


def test_card_payments_need_an_active_gateway_and_the_refusal_names_the_remedy(campaign: Campaign) -> None:
    problem = refusal(campaign)
    assert problem.field == "card_payments"
    assert "takes USD in test mode: assign one below, make one the default" in problem.message


def test_a_default_gateway_will_do_and_one_that_is_assigned(campaign: Campaign) -> None:
    default = rows.gateway(is_default=True)
    check_campaign(campaign)
    assert card_gateways(campaign) == [default]
    own = rows.gateway()
    campaign.assignments.create(gateway=own)
    assert card_gateways(campaign) == [own]  # where some are assigned, the default is not asked


def test_the_gateway_of_an_offer_will_do(campaign: Campaign) -> None:
    own = rows.gateway()
    make_offer(campaign).assignments.create(gateway=own)
    assert card_gateways(campaign) == [own]


@pytest.mark.parametrize(
    "fields",
    [
        {"active": False},
        {"paused_at": "2026-01-01T00:00Z", "pause_reason": "The key was revoked."},
        {"mode": "live"},
        {"currency": "EUR"},
    ],
)
def test_a_gateway_that_cannot_take_its_cards_will_not_do(campaign: Campaign, fields: dict[str, Any]) -> None:
    rows.gateway(is_default="active" not in fields, **fields)
    assert refusal(campaign).field == "card_payments"


def test_a_campaign_without_card_payments_needs_no_gateway() -> None:
    check_campaign(make_campaign(card_payments=False))


def test_live_and_test_are_never_mixed(campaign: Campaign) -> None:
    live = rows.gateway(mode="live")
    assert "is a live gateway and this a test campaign: choose a test gateway" in why_unfit(live, campaign)
    assert "takes EUR and this campaign sells in USD" in why_unfit(rows.gateway(currency="EUR"), campaign)
    assert "takes no cards" in why_unfit(make_offline_gateway(), campaign)
    assert why_unfit(rows.gateway(), campaign) == ""


def test_a_campaign_that_goes_live_leaves_no_test_gateway_behind(campaign: Campaign) -> None:
    offer = make_offer(campaign)
    offer.assignments.create(gateway=rows.gateway())
    campaign.mode = "live"
    problem = refusal(campaign)
    assert problem.field == "mode"
    assert problem.message.startswith(f"{offer} names a gateway that does not fit.")


def test_a_campaign_whose_subscriptions_are_billed_stays_in_its_mode(campaign: Campaign) -> None:
    make_subscription(make_recurring_offer(campaign))
    campaign.mode = "live"
    assert "1 subscription of it is billed in the other mode" in refusal(campaign).message


def test_a_gateway_is_assigned_behind_those_that_are_there_and_once(campaign: Campaign) -> None:
    first, second = rows.gateway(), rows.gateway()
    for gateway in (first, second, second):
        assert assign(gateway, campaign) == ""
    assert list(campaign.assignments.values_list("gateway", "priority")) == [(first.pk, 1), (second.pk, 2)]
    assert "a live gateway" in assign(rows.gateway(mode="live"), campaign)
    assert campaign.assignments.count() == 2


@pytest.mark.parametrize("name", ["checkout_on", "pay_links_on"])
def test_a_switch_saves_itself_and_nothing_else(campaign: Campaign, name: str) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(name="Renamed meanwhile")
    assert getattr(switch(campaign.pk, name, on=True), name) is True
    campaign.refresh_from_db()
    assert (getattr(campaign, name), campaign.name) == (True, "Renamed meanwhile")
    switch(campaign.pk, name, on=True)
    assert getattr(switch(campaign.pk, name, on=False), name) is False
    assert campaign.history.count() == 3  # made, on, off: what changes nothing leaves no trace


def test_a_switch_needs_card_payments_and_can_always_go_off(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(card_payments=False, checkout_on=True)
    with pytest.raises(CampaignProblem, match="takes no cards: switch card payments on"):
        switch(campaign.pk, "pay_links_on", on=True)
    campaign.refresh_from_db()
    assert not campaign.pay_links_on
    assert not switch(campaign.pk, "checkout_on", on=False).checkout_on


def test_without_card_payments_the_switches_go_off(campaign: Campaign) -> None:
    campaign.checkout_on = True
    campaign.card_payments = False
    assert store_campaign(campaign) == ["Payment in the online form"]
    campaign.refresh_from_db()
    assert not campaign.checkout_on
    assert store_campaign(campaign) == []


def test_a_deleted_campaign_comes_back_with_its_settings(campaign: Campaign) -> None:
    campaign.assignments.create(gateway=rows.gateway(), priority=3)
    switch(campaign.pk, "checkout_on", on=True)
    before = Campaign.objects.filter(pk=campaign.pk).values().get()
    assert [delete_campaign(campaign.pk), delete_campaign(campaign.pk)] == [True, False]
    assert not Campaign.objects.kept().exists()
    assert [restore_campaign(campaign.pk), restore_campaign(campaign.pk)] == [True, False]
    assert Campaign.objects.filter(pk=campaign.pk).values().get() == before
    assert campaign.assignments.get().priority == 3


def test_who_deleted_and_restored_it_is_in_its_history(campaign: Campaign) -> None:
    delete_campaign(campaign.pk)
    restore_campaign(campaign.pk)
    told = [row.deleted_at is not None for row in campaign.history.order_by("history_id")]
    assert told == [False, True, False]


def test_a_deleted_campaign_opens_no_online_page(campaign: Campaign) -> None:
    delete_campaign(campaign.pk)
    with pytest.raises(CampaignProblem, match="is deleted: restore it first"):
        switch(campaign.pk, "checkout_on", on=True)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_who_delete_at_once_delete_once() -> None:
    campaign = make_campaign()
    assert sorted(at_once(10, lambda _: delete_campaign(campaign.pk))) == [False] * 9 + [True]
    assert campaign.history.count() == 2


def test_a_gateway_of_the_local_stripe_will_do() -> None:
    campaign = make_campaign()
    gateway = make_gateway(is_default=True)
    assert card_gateways(campaign) == [gateway]
    Gateway.objects.filter(pk=gateway.pk).update(is_default=False)
    assert card_gateways(campaign) == []


def test_subscriptions_go_on_unless_somebody_wants_them_cancelled() -> None:
    offer = make_recurring_offer()
    row = make_subscription(offer)
    delete_campaign(offer.campaign_id)
    assert (campaigns_to_end(), cancel_subscriptions_of(offer.campaign_id)) == ([], 0)
    row.refresh_from_db()
    assert row.bills


def test_subscriptions_are_cancelled_with_their_campaign_and_by_whom_is_told() -> None:
    offer = make_recurring_offer()
    rows_of_it = [make_subscription(offer) for _ in range(3)]
    paused = make_subscription(offer, status=Subscription.Status.PAUSED, try_at=None, paused_at=clock.now())
    other = make_subscription()
    delete_campaign(offer.campaign_id, cancel_by="ada")
    assert campaigns_to_end() == [offer.campaign_id]
    assert cancel_subscriptions_of(offer.campaign_id) == 4
    assert cancel_subscriptions_of(offer.campaign_id) == 0
    assert campaigns_to_end() == []
    for row in (*rows_of_it, paused):
        row.refresh_from_db()
        assert row.status == Subscription.Status.CANCELLED
        assert row.events.get().actor == "ada"
    other.refresh_from_db()
    assert other.bills


def test_what_a_worker_that_died_left_over_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    offer = make_recurring_offer()
    for _ in range(2):
        make_subscription(offer)
    delete_campaign(offer.campaign_id, cancel_by="ada")
    with monkeypatch.context() as broken:
        broken.setattr("orders.services.campaign_end.cancel_all_of", _killed_after_the_first)
        with pytest.raises(SystemExit):
            cancel_subscriptions()
    assert still_billed(offer.campaign) == 1
    cancel_subscriptions()
    assert (still_billed(offer.campaign), campaigns_to_end()) == (0, [])


def _killed_after_the_first(campaign: Campaign, actor: str, reason: str) -> int:
    cancel(Subscription.objects.filter(offer__campaign=campaign).earliest("pk"), reason, actor)
    raise SystemExit


def test_a_campaign_that_is_restored_cancels_no_more() -> None:
    offer = make_recurring_offer()
    make_subscription(offer)
    delete_campaign(offer.campaign_id, cancel_by="ada")
    restore_campaign(offer.campaign_id)
    assert (campaigns_to_end(), cancel_subscriptions_of(offer.campaign_id)) == ([], 0)
    assert still_billed(offer.campaign) == 1


def test_cancelling_is_asked_for_once_and_of_a_deleted_campaign_only(campaign: Campaign) -> None:
    assert not ask_for_cancelling(campaign.pk, "ada")
    delete_campaign(campaign.pk)
    assert [ask_for_cancelling(campaign.pk, who) for who in ("ada", "bob")] == [True, False]
    assert Campaign.objects.get().cancelling_by == "ada"
