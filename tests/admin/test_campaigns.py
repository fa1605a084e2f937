"""Campaigns in the admin: card payments, gateways, switches that save themselves, deleting and restoring."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from gateways.models import Gateway
from orders.models import Campaign, Coupon, Offer, Subscription
from payments.models import Payment
from tests.admin import rows
from tests.admin.typed import campaign_form, inline
from tests.factories import make_campaign, make_offer, make_recurring_offer, make_subscription

pytestmark = pytest.mark.django_db

ADD = "/admin/orders/campaign/add/"
LIST = "/admin/orders/campaign/"


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(card_payments=False)


def page(campaign: Campaign, name: str = "change", *args: Any) -> str:
    return reverse(f"admin:orders_campaign_{name}", args=[campaign.pk, *args])


def errors(response: Any) -> dict[str, Any]:
    return dict(response.context["adminform"].form.errors)


def row_errors(response: Any, prefix: str) -> list[Any]:
    (formset,) = [one.formset for one in response.context["inline_admin_formsets"] if one.formset.prefix == prefix]
    return list(formset.errors)


def listed(office: Client, **filters: str) -> list[Campaign]:
    return list(office.get(LIST, filters).context["cl"].result_list)


def clerk(*permissions: str) -> Client:
    user = User.objects.create(username="clerk", is_staff=True, password="!")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_new_campaign_takes_no_cards_and_starts_in_the_merchants_money(office: Client) -> None:
    rows.gateway(currency="EUR", is_default=True)
    html = office.get(ADD).content.decode()
    assert 'value="EUR"' in html
    (tick_box,) = re.findall('<input[^>]*name="card_payments"[^>]*>', html)
    assert "checked" not in tick_box
    assert "credits what they pay to your own bank account" in html
    assert office.post(ADD, campaign_form()).status_code == 302
    assert not Campaign.objects.get().card_payments


def test_card_payments_without_an_active_gateway_are_refused_and_nothing_is_saved(
    office: Client, campaign: Campaign
) -> None:
    answer = office.post(page(campaign), campaign_form(campaign, name="Renamed", card_payments="on"))
    assert "Card payments need an active gateway that takes USD in test mode" in errors(answer)["card_payments"][0]
    campaign.refresh_from_db()
    assert (campaign.card_payments, campaign.name == "Renamed") == (False, False)


def test_a_gateway_that_is_assigned_in_the_same_form_will_do(office: Client, campaign: Campaign) -> None:
    row = {"gateway": rows.gateway().pk, "priority": 1, "weight": 1}
    assert office.post(page(campaign), campaign_form(campaign, card_payments="on", gateways=[row])).status_code == 302
    campaign.refresh_from_db()
    assert campaign.card_payments
    assert campaign.assignments.count() == 1


def test_a_new_campaign_with_card_payments_and_its_gateway_is_saved_at_once(office: Client) -> None:
    row = {"gateway": rows.gateway().pk, "priority": 1, "weight": 2}
    assert office.post(ADD, campaign_form(card_payments="on", gateways=[row])).status_code == 302
    assert Campaign.objects.get().assignments.get().weight == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"mode": "live"}, "is a live gateway and this a test campaign"), ({"currency": "EUR"}, "takes EUR")],
)
def test_a_gateway_of_other_money_is_refused_on_its_row(
    office: Client, campaign: Campaign, fields: dict[str, Any], words: str
) -> None:
    row = {"gateway": rows.gateway(**fields).pk, "priority": 1, "weight": 1}
    answer = office.post(page(campaign), campaign_form(campaign, gateways=[row]))
    assert words in row_errors(answer, "assignments")[0]["gateway"][0]
    assert not campaign.assignments.exists()


def test_only_gateways_that_fit_are_offered(office: Client, campaign: Campaign) -> None:
    fitting, live, euro = rows.gateway(), rows.gateway(mode="live"), rows.gateway(currency="EUR")
    html = office.get(page(campaign)).content.decode()
    assert f'<option value="{fitting.pk}">{fitting.name} · USD · test</option>' in html
    assert live.name not in html
    assert euro.name not in html


@pytest.mark.parametrize("field", ["priority", "weight"])
def test_priority_and_weight_start_at_one(office: Client, campaign: Campaign, field: str) -> None:
    row = {"gateway": rows.gateway().pk, "priority": 1, "weight": 1, field: 0}
    answer = office.post(page(campaign), campaign_form(campaign, gateways=[row]))
    assert answer.status_code == 200
    assert not campaign.assignments.exists()


def test_the_page_offers_to_make_a_gateway_in_place(office: Client, campaign: Campaign) -> None:
    assert f"/admin/gateways/gateway/add/?campaign={campaign.pk}" in office.get(page(campaign)).content.decode()
    rows.gateway(is_default=True)
    assert f"add/?campaign={campaign.pk}" not in office.get(page(campaign)).content.decode()


def test_a_gateway_that_was_made_in_place_is_assigned_and_leads_back(office: Client, campaign: Campaign) -> None:
    address = f"/admin/gateways/gateway/add/?campaign={campaign.pk}&currency=USD"
    typed = {"name": "Brand new", "processor": "stripe_v2", "secret_key": "sk_test_brandnew_1", "currency": "USD"}
    answer = office.post(address, {**typed, "active": "on", "time_zone": "UTC", "current_password": ""})
    assert answer.status_code == 302, errors(answer)
    assert answer["Location"] == page(campaign)
    assert campaign.assignments.get().gateway == Gateway.objects.get(name="Brand new")


def test_a_gateway_in_place_that_does_not_fit_says_so(office: Client) -> None:
    campaign = make_campaign(card_payments=False, mode="live")
    address = f"/admin/gateways/gateway/add/?campaign={campaign.pk}"
    typed = {"name": "For tests", "processor": "stripe_v2", "secret_key": "sk_test_fortests_1", "currency": "USD"}
    answer = office.post(address, {**typed, "active": "on", "time_zone": "UTC"}, follow=True)
    assert "is a test gateway and this a live campaign" in answer.content.decode()
    assert not campaign.assignments.exists()


@pytest.mark.parametrize("name", ["checkout_on", "pay_links_on"])
def test_a_switch_saves_itself_without_a_script(office: Client, name: str) -> None:
    campaign = make_campaign()
    answer = office.post(page(campaign, "switch", name), {"on": "yes"}, follow=True)
    assert "is on. Saved." in answer.content.decode()
    assert getattr(Campaign.objects.get(), name)
    office.post(page(campaign, "switch", name), {"on": "no"})
    assert not getattr(Campaign.objects.get(), name)
    assert "switched on." in office.get(page(campaign, "history")).content.decode()


def test_a_switch_is_refused_with_its_reason_while_card_payments_are_off(office: Client, campaign: Campaign) -> None:
    answer = office.post(page(campaign, "switch", "checkout_on"), {"on": "yes"}, follow=True)
    assert "takes no cards: switch card payments on and save" in answer.content.decode()
    asked = office.post(page(campaign, "switch", "checkout_on"), {"on": "yes"}, headers={"HX-Request": "true"})
    assert asked.content.decode().count("and save, then switch this on") == 2  # on its row, and read aloud
    campaign.refresh_from_db()
    assert not campaign.checkout_on


def test_a_switch_that_does_not_exist_is_not_found_and_a_look_changes_nothing(
    office: Client, campaign: Campaign
) -> None:
    assert office.post(page(campaign, "switch", "deleted_at"), {"on": "yes"}).status_code == 404
    assert office.get(page(campaign, "switch", "checkout_on")).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.checkout_on, campaign.deleted_at) == (False, None)


def test_saving_the_form_leaves_the_switches_alone(office: Client) -> None:
    campaign = make_campaign(checkout_on=True)
    rows.gateway(is_default=True)
    assert office.post(page(campaign), campaign_form(campaign)).status_code == 302
    assert Campaign.objects.get().checkout_on


def test_switching_card_payments_off_switches_the_online_pages_off(office: Client) -> None:
    campaign = make_campaign(checkout_on=True)
    answer = office.post(page(campaign), campaign_form(campaign, card_payments=None), follow=True)
    assert "Payment in the online form is off now" in answer.content.decode()
    assert not Campaign.objects.get().checkout_on


def test_before_it_is_deleted_the_page_tells_what_still_bills(office: Client) -> None:
    offer = make_recurring_offer()
    make_subscription(offer)
    html = office.get(page(offer.campaign, "delete")).content.decode()
    assert "1 subscription goes on being billed: 15.00 USD" in html
    assert "1 order is open with 10.00 USD to be paid" in html
    assert Campaign.objects.kept().count() == 1


def test_a_deleted_campaign_is_in_no_list_and_no_choice_until_it_is_restored(office: Client) -> None:
    campaign, other = make_campaign(), make_campaign()
    offer = make_offer(campaign)
    assert office.post(page(campaign, "delete"))["Location"] == LIST
    assert listed(office) == [other]
    assert listed(office, state="deleted") == [campaign]
    assert offer not in office.get("/admin/orders/offer/").context["cl"].result_list
    asked = {"app_label": "orders", "model_name": "orderline", "field_name": "offer", "term": ""}
    assert office.get("/admin/autocomplete/", asked).json()["results"] == []
    for address in ("/admin/orders/order/add/", "/admin/orders/offer/add/", "/admin/orders/coupon/add/"):
        assert campaign.name not in office.get(address).content.decode(), address
    assert office.post(page(campaign, "restore"), follow=True).status_code == 200
    assert set(listed(office)) == {campaign, other}
    assert offer in office.get("/admin/orders/offer/").context["cl"].result_list


def test_a_deleted_campaign_keeps_its_settings_and_its_orders(office: Client) -> None:
    order = rows.order()
    office.post(page(order.campaign, "delete"))
    html = office.get(page(order.campaign)).content.decode()
    assert "Deleted on" in html
    assert f"Restore {order.campaign}" in html
    assert office.post(page(order.campaign), campaign_form(order.campaign, name="Other")).status_code == 403
    assert office.get(reverse("admin:orders_order_change", args=[order.pk])).status_code == 200
    assert order in office.get("/admin/orders/order/").context["cl"].result_list


def test_deleting_twice_and_restoring_twice_does_it_once(office: Client) -> None:
    campaign = make_campaign()
    office.post(page(campaign, "delete"))
    assert "was deleted before" in office.post(page(campaign, "delete"), follow=True).content.decode()
    office.post(page(campaign, "restore"))
    office.post(page(campaign, "restore"))
    assert campaign.history.count() == 3
    told = office.get(page(campaign, "history")).content.decode()
    assert (told.count("Deleted."), told.count("Restored.")) == (1, 1)


def test_restoring_warns_when_no_gateway_can_take_its_cards(office: Client) -> None:
    campaign = make_campaign()
    office.post(page(campaign, "delete"))
    assert "No active gateway can take cards" in office.post(page(campaign, "restore"), follow=True).content.decode()


def test_the_subscriptions_are_cancelled_with_it_by_a_tick_box(office: Client) -> None:
    row = make_subscription()
    campaign = row.offer.campaign
    assert 'name="cancel"' in office.get(page(campaign, "delete")).content.decode()
    told = office.post(page(campaign, "delete"), {"cancel": "yes"}, follow=True).content.decode()
    assert "1 subscription of it cancelled" in told
    row.refresh_from_db()
    assert row.status == Subscription.Status.CANCELLED


def test_the_subscriptions_of_a_deleted_campaign_go_on_until_a_button_cancels_them(office: Client) -> None:
    row = make_subscription()
    campaign = row.offer.campaign
    office.post(page(campaign, "delete"))
    assert "1 subscription of it goes on being billed" in office.get(page(campaign)).content.decode()
    assert office.get(page(campaign, "cancel")).status_code == 302
    row.refresh_from_db()
    assert row.bills
    for words in ("1 subscription of it cancelled", "Restore"):
        assert words in office.post(page(campaign, "cancel"), follow=True).content.decode()
    row.refresh_from_db()
    assert not row.bills


def test_many_subscriptions_are_left_to_a_worker(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.admin.campaign_pages.AT_ONCE", 1)
    offer = make_recurring_offer()
    for _ in range(2):
        make_subscription(offer)
    office.post(page(offer.campaign, "delete"), {"cancel": "yes"})
    html = office.get(page(offer.campaign)).content.decode()
    assert "2 subscriptions of it are being cancelled" in html
    assert f"/{offer.campaign_id}/cancel/" not in html


def test_who_may_not_change_subscriptions_cancels_none(db: None) -> None:
    row = make_subscription()
    campaign = row.offer.campaign
    client = clerk("view_campaign", "change_campaign", "delete_campaign")
    assert 'name="cancel"' not in client.get(page(campaign, "delete")).content.decode()
    client.post(page(campaign, "delete"), {"cancel": "yes"})
    assert client.post(page(campaign, "cancel")).status_code == 403
    row.refresh_from_db()
    assert row.bills


def test_the_address_of_the_checkout_page_is_shown_with_what_closes_it(office: Client, campaign: Campaign) -> None:
    html = office.get(page(campaign)).content.decode()
    assert f"http://testserver{reverse('checkout:page', args=[campaign.slug])}" in html
    assert "Closed now:" in html
    rows.gateway(is_default=True)
    Campaign.objects.filter(pk=campaign.pk).update(card_payments=True, checkout_on=True)
    html = office.get(page(campaign)).content.decode()
    assert "Open it" in html
    assert "Closed now:" not in html


def test_a_look_at_the_restore_page_restores_nothing(office: Client) -> None:
    campaign = make_campaign()
    office.post(page(campaign, "delete"))
    office.get(page(campaign, "restore"))
    assert not Campaign.objects.kept().exists()


def test_who_may_change_a_campaign_may_not_delete_it_by_that(campaign: Campaign) -> None:
    client = clerk("view_campaign", "change_campaign")
    assert client.post(page(campaign, "delete")).status_code == 403
    assert client.post(page(campaign, "restore")).status_code == 403
    assert Campaign.objects.kept().count() == 1


def test_who_may_look_may_not_switch() -> None:
    campaign = make_campaign()
    client = clerk("view_campaign")
    assert client.post(page(campaign, "switch", "checkout_on"), {"on": "yes"}).status_code == 403
    assert "disabled" in client.get(page(campaign)).content.decode()
    campaign.refresh_from_db()
    assert not campaign.checkout_on


def test_money_of_a_deleted_campaign_is_in_no_figure_of_the_home_page(office: Client) -> None:
    kept, gone = rows.order(price=1000), rows.order(price=5000)
    for order in (kept, gone):
        rows.payment(of=order)
    office.post(page(gone.campaign, "delete"))
    home = office.get("/admin/").context
    assert home["captured_today"] == ["$10.00"]
    assert [payment.order for payment in home["latest"]] == [kept]
    office.post(page(gone.campaign, "restore"))
    assert office.get("/admin/").context["captured_today"] == ["$60.00"]
    assert Payment.objects.count() == 2


def test_test_campaigns_stay_out_of_the_figures(office: Client) -> None:
    order = rows.order(price=1000)
    rows.payment(of=order)
    Campaign.objects.filter(pk=order.campaign_id).update(kind="test")
    home = office.get("/admin/").context
    assert (home["captured_today"], home["charts"], home["declines"].answered) == ([], [], 0)


def test_an_offer_of_the_form_is_charged_at_least_the_currencys_minimum(office: Client, campaign: Campaign) -> None:
    offer = {"name": "Sticker", "sku": "", "price": "0.49", "shippable": "on", "active": "on"}
    answer = office.post(page(campaign), campaign_form(campaign, offers=[offer]))
    assert "The least that can be charged is 0.50 USD" in row_errors(answer, "offers")[0]["price"][0]
    assert not Offer.objects.exists()


def test_a_price_below_the_offers_own_fee_is_told_before_the_database_refuses(
    office: Client, campaign: Campaign
) -> None:
    offer = make_offer(campaign, 5000, cancellation_fee=2000)
    row = {"id": offer.pk, "name": offer.name, "sku": "", "price": "10", "active": "on"}
    typed = {**campaign_form(campaign), **inline("offers", [row], stored=1)}
    answer = office.post(page(campaign), typed)
    assert "less than the offer's deposit or fee" in row_errors(answer, "offers")[0]["price"][0]


def test_a_coupon_of_the_form_is_kept_in_capitals(office: Client, campaign: Campaign) -> None:
    row = {"code": "welcome10", "amount": "", "rate": "10", "active": "on"}
    assert office.post(page(campaign), campaign_form(campaign, coupons=[row])).status_code == 302
    coupon = Coupon.objects.get()
    assert (coupon.code, coupon.rate, coupon.amount) == ("WELCOME10", 1000, None)


def test_the_name_of_a_deleted_campaign_is_told_as_taken(office: Client, campaign: Campaign) -> None:
    office.post(page(campaign, "delete"))
    answer = office.post(ADD, campaign_form(name=campaign.name))
    assert "perhaps among those that were deleted" in errors(answer)["name"][0]


@pytest.mark.parametrize("days", ["1,3,3", "3,1", "0,1", "a", "1,100", ""])
def test_retry_days_that_mean_nothing_are_refused(office: Client, campaign: Campaign, days: str) -> None:
    assert "retry_days" in errors(office.post(page(campaign), campaign_form(campaign, retry_days=days)))


@pytest.mark.parametrize("attempts", ["0", "16"])
def test_more_attempts_than_card_networks_allow_are_refused(office: Client, campaign: Campaign, attempts: str) -> None:
    answer = office.post(page(campaign), campaign_form(campaign, attempts_per_card=attempts))
    assert "1 to 15 times in 30 days" in str(errors(answer))


def test_a_thank_you_address_is_an_address(office: Client, campaign: Campaign) -> None:
    assert "thank_you_url" in errors(office.post(page(campaign), campaign_form(campaign, thank_you_url="javascript:x")))
    office.post(page(campaign), campaign_form(campaign, thank_you_url="shop.example.com/thanks"))
    assert Campaign.objects.get().thank_you_url == "https://shop.example.com/thanks"
