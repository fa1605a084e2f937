"""A typed card is read strictly, and nothing can print, pickle or copy one."""

import copy
import json
import pickle
from datetime import date

import pytest

from gateways.processors.raw_cards import CardProblem, RawCard, TypedCard, read_cvc, read_expiry, read_number
from tests.legacy import AMEX, VISA

TODAY = date(2026, 11, 30)
CARDS = pytest.mark.parametrize("card", [RawCard(VISA, 4, 2029, "737"), TypedCard(VISA, "04/29", "737")])


@pytest.mark.parametrize("text", [VISA, "4242 4242 4242 4242", "4242-4242-4242-4242", f" {VISA} "])
def test_a_number_is_read_with_or_without_spaces(text: str) -> None:
    assert read_number(text) == VISA


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Type the card number"),
        ("4242 4242 4242 4241", "a digit is wrong or missing"),
        ("4242 4242 4242", "a digit is wrong or missing"),
        ("4" * 20, "a digit is wrong or missing"),
        ("4242.4242.4242.4242", "digits only"),
        ("٤٢٤٢424242424242", "digits only"),
        ("<script>", "digits only"),
    ],
)
def test_what_is_no_card_number_is_refused_and_not_repeated(text: str, said: str) -> None:
    with pytest.raises(CardProblem, match=said) as refusal:
        read_number(text)
    assert not text or text not in str(refusal.value)


@pytest.mark.parametrize("text", ["11/26", "11 / 2026", "1126", "11-26", "11.2026"])
def test_a_card_is_good_until_the_end_of_its_month(text: str) -> None:
    assert read_expiry(text, TODAY) == (11, 2026)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10/26", "has expired"),
        ("12/2025", "has expired"),
        ("13/29", "No card expires then"),
        ("00/29", "No card expires then"),
        ("01/99", "No card expires then"),
        ("soon", "month and year"),
        ("", "month and year"),
        ("1/2/29", "month and year"),
    ],
)
def test_an_expiry_that_is_past_or_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(CardProblem, match=said):
        read_expiry(text, TODAY)


def test_the_security_code_has_the_length_of_its_card() -> None:
    assert read_cvc(" 737 ", VISA) == "737"
    assert read_cvc("7373", AMEX) == "7373"
    for text, number in [("73", VISA), ("7373", VISA), ("737", AMEX), ("abc", VISA), ("", VISA)]:
        with pytest.raises(CardProblem, match="digits on the"):
            read_cvc(text, number)


@CARDS
def test_a_card_prints_as_its_class_only(card: object) -> None:
    for shown in (repr(card), str(card), f"{card}", f"{[card]}", f"{card!r}"):
        assert "4242" not in shown
        assert "737" not in shown


@CARDS
def test_a_card_cannot_be_pickled_copied_or_made_json(card: object) -> None:
    for keep in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            keep(card)
