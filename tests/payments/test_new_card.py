"""The pieces that every page with a new card shares."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from gateways import stripe_js
from gateways.models import Gateway
from gateways.processors.test_cards import TEST_CARDS
from payments.new_card import BankQuestion, CardForm, NewCardFields, go_on, problem_answer, secret_answer
from tests.factories import make_gateway
from tests.legacy import make_offline_gateway, make_v1_gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def real_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.stripe_js.uses_local_stripe", lambda: False)


class CardOnly(NewCardFields):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.need_new_card()
        return cleaned


def shown(card_form: CardForm, form: NewCardFields | None = None) -> str:
    return render_to_string("cards/new_card.html", {"card_form": card_form, "form": form or CardOnly()})


def test_the_card_form_tells_the_script_what_it_pays(real_stripe: None) -> None:
    gateway = make_gateway(public_key="pk_test_shop_1", currency="JPY")
    told = CardForm(gateway, amount=700, holds=True).attributes
    assert (told["mode"], told["amount"], told["currency"], told["decimals"]) == ("payment", "700", "jpy", "0")
    assert (told["public-key"], told["account"], told["remedy"]) == ("pk_test_shop_1", "", "")
    assert (told["holds"], told["keeps"]) == ("yes", "")
    assert 'data-public-key="pk_test_shop_1"' in shown(CardForm(gateway, amount=700))


def test_without_an_amount_it_keeps_a_card() -> None:
    assert CardForm(make_gateway(public_key="pk_test_shop_1")).attributes["mode"] == "setup"


@pytest.mark.parametrize(("switch", "asked"), [(True, False), (False, True)])
def test_a_card_is_kept_where_it_is_asked_or_the_gateway_keeps_every_card(switch: bool, asked: bool) -> None:
    gateway = make_gateway(send_upsell_token=switch)
    assert CardForm(gateway, amount=700, keeps=asked).attributes["keeps"] == "yes"


def test_with_the_local_stripe_the_same_include_offers_its_test_cards_and_no_field_for_a_number() -> None:
    html = shown(CardForm(make_gateway(), amount=700))
    assert html.count('name="test_card"') == len(TEST_CARDS)
    assert html.count(" checked") == 1
    assert "data-card-entry" not in html
    assert 'type="text"' not in html


def test_a_test_card_is_the_new_card_where_stripe_is_local() -> None:
    form = CardOnly({"test_card": "pm_card_visa", "confirmation_token": "ctoken_1abcdefgh"})
    assert form.is_valid()
    assert form.new_card == "pm_card_visa"


def test_a_token_is_the_new_card_where_it_is_not(real_stripe: None) -> None:
    form = CardOnly({"test_card": "pm_card_visa", "confirmation_token": "ctoken_1abcdefgh"})
    assert form.is_valid()
    assert form.new_card == "ctoken_1abcdefgh"


@pytest.mark.parametrize("typed", [{}, {"test_card": "pm_card_nobody"}, {"confirmation_token": "ctoken_1abcdefgh"}])
def test_no_test_card_is_told_at_its_field_with_the_choice_kept(typed: dict[str, str]) -> None:
    form = CardOnly(typed)
    assert not form.is_valid()
    assert list(form.errors) == ["test_card"]
    assert "errorlist" in shown(CardForm(make_gateway(), amount=700), form)


@pytest.mark.parametrize("typed", [{}, {"test_card": "pm_card_visa"}, {"confirmation_token": "4242"}])
def test_no_token_is_told_at_its_field_and_never_repeated(real_stripe: None, typed: dict[str, str]) -> None:
    form = CardOnly(typed)
    assert not form.is_valid()
    assert list(form.errors) == ["confirmation_token"]
    html = shown(CardForm(make_gateway(), amount=700), form)
    assert "errorlist" in html
    assert 'name="confirmation_token" value=""' in html


def test_the_script_is_told_where_to_go_and_everybody_else_is_sent() -> None:
    plain = RequestFactory().post("/")
    by_script = RequestFactory().post("/", headers={"Accept": "application/json, text/html"})
    assert (go_on(plain, "/paid/").status_code, go_on(plain, "/paid/")["Location"]) == (302, "/paid/")
    assert go_on(by_script, "/paid/").content == b'{"location": "/paid/"}'


def test_answers_about_the_bank_are_kept_by_no_cache() -> None:
    for answer in (secret_answer("pi_1_secret_2"), problem_answer("Nothing is left to confirm.", 409)):
        assert answer["Cache-Control"] == "no-store"


def test_the_banks_question_names_its_gateways_key_and_holds_no_secret() -> None:
    question = BankQuestion(make_gateway(public_key="pk_test_shop_1"), "/secret/", "/after/")
    html = render_to_string("cards/bank_question.html", {"bank_question": question, "ask_now": False})
    for told in ('data-public-key="pk_test_shop_1"', 'data-secret-url="/secret/"', 'data-after-url="/after/"'):
        assert told in html
    assert "data-ask-now" not in html


@pytest.mark.parametrize(
    ("setting", "value", "local"),
    [
        ("STRIPE_SESSION_FACTORY", "", False),
        ("STRIPE_API_BASE", "http://127.0.0.1:12111", True),
        ("STRIPE_SESSION_FACTORY", "tests.local_stripe.session", True),
    ],
)
def test_stripe_is_local_where_our_requests_do_not_go_to_stripe(
    settings: Any, setting: str, value: str, local: bool
) -> None:
    settings.STRIPE_SESSION_FACTORY = ""
    setattr(settings, setting, value)
    assert stripe_js.uses_local_stripe() is local


@pytest.mark.parametrize(
    ("gateway", "works", "words"),
    [
        (lambda: make_gateway(public_key="pk_test_shop_1"), True, ""),
        (make_gateway, False, "has no publishable key"),
        (make_v1_gateway, False, "choose a Stripe V2 gateway"),
        (make_offline_gateway, False, "choose a Stripe V2 gateway"),
    ],
)
def test_the_form_works_for_a_stripe_v2_gateway_with_its_key(
    real_stripe: None, gateway: Any, works: bool, words: str
) -> None:
    through: Gateway = gateway()
    assert stripe_js.works_for(through) is works
    assert words in stripe_js.why_not(through)


def test_with_the_local_stripe_it_works_for_none() -> None:
    assert not stripe_js.works_for(make_gateway(public_key="pk_test_shop_1"))
