"""Minor units as Stripe counts them, out and back, for every currency; and nothing is ever rounded."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateways import money
from gateways.money import MoneyError
from simulator import currencies as stripes

TABLE = [
    ("USD", "19.99", 1999, "19.99 USD"),
    ("EUR", "0.50", 50, "0.50 EUR"),
    ("RSD", "150.25", 15_025, "150.25 RSD"),  # ISO has two decimals, CLDR none
    ("HUF", "175.00", 17_500, "175.00 HUF"),
    ("JPY", "500", 500, "500 JPY"),
    ("KRW", "1000", 1000, "1000 KRW"),
    ("MGA", "4500", 4500, "4500 MGA"),  # ISO counts fifths
    ("ISK", "500", 50_000, "500 ISK"),  # no decimals in use, yet sent times 100
    ("UGX", "3700", 370_000, "3700 UGX"),
    ("KWD", "1.230", 1230, "1.230 KWD"),
    ("TND", "0.010", 10, "0.010 TND"),
]
UNREADABLE = [
    "", " ", "-", ".", "--5", "5-", "+5", "1,50", "1.234,50", "1,234", "1.2.3", "1e3", "1E3", "NaN", "nan", "sNaN",
    "inf", "-Infinity", "five", "$5", "5 USD", "0x10", "1_000", "١٢", "５", "½", "²", "1\u200b5", "1\x005", "1/2",
]  # fmt: skip
READABLE = [
    ("19.99", 1999),
    ("1234.5", 123_450),
    ("1,234.50", 123_450),
    ("1,234,567.89", 123_456_789),
    ("1 234.50", 123_450),
    ("1\u00a0234.50", 123_450),
    ("  7 ", 700),
    ("7.", 700),
    (".5", 50),
    ("007.10", 710),
    ("0", 0),
    ("-5", -500),
]


@pytest.mark.parametrize(("currency", "text", "minor", "shown"), TABLE)
def test_amounts_go_out_and_come_back(currency: str, text: str, minor: int, shown: str) -> None:
    assert money.to_minor(Decimal(text), currency) == minor
    assert money.parse_amount(text, currency) == minor
    assert money.to_decimal(minor, currency) == Decimal(text)
    assert money.plain(minor, currency) == shown


@pytest.mark.parametrize("typed", ["decimal", "text"])
def test_every_price_up_to_a_hundred_is_exactly_a_hundred_times_itself(typed: str) -> None:
    for cents in range(1, 10_001):
        price = f"{cents // 100}.{cents % 100:02}"
        minor = money.parse_amount(price, "USD") if typed == "text" else money.to_minor(Decimal(price), "USD")
        assert (minor, money.plain(minor, "USD")) == (cents, f"{price} USD")


@given(some.integers(min_value=-10_000, max_value=money.MAXIMUM // 1000))
def test_every_currency_comes_back_from_decimals_as_it_went(steps: int) -> None:
    for currency in money.CURRENCIES:
        amount = steps * money.step(currency)
        value = money.to_decimal(amount, currency)
        assert money.to_minor(value, currency) == amount
        assert money.parse_amount(str(value), currency) == amount


@given(some.integers(min_value=0, max_value=money.MAXIMUM // 1000))
def test_every_currency_comes_back_from_what_a_text_shows(steps: int) -> None:
    for currency in money.CURRENCIES:
        amount = steps * money.step(currency)
        number, _, code = money.plain(amount, currency).partition(" ")
        assert (money.parse_amount(number, currency), code) == (amount, currency)


def test_the_decimals_are_those_of_the_independent_table_of_the_local_stripe() -> None:
    for currency in money.CURRENCIES:
        code = currency.lower()
        assert code in stripes.SUPPORTED
        places = 0 if code in stripes.ZERO_DECIMAL else 3 if code in stripes.THREE_DECIMAL else 2
        assert (money.exponent(currency), money.MINIMUMS.get(currency)) == (places, stripes.MINIMUM.get(code))


@pytest.mark.parametrize(("text", "minor"), READABLE)
def test_what_people_type_is_read(text: str, minor: int) -> None:
    assert money.parse_amount(text, "USD") == minor


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_not_clearly_an_amount_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MoneyError) as refusal:
        money.parse_amount(text, "USD")
    expected = "Write the amount in digits with a point before the decimals, such as 123.00."
    assert str(refusal.value) == expected


@pytest.mark.parametrize("text", ["1,50.00", ",50.00", "1,,234.50", "12,34.50", "1234,567.00", "1,234.5,0"])
def test_separators_in_odd_places_are_refused_rather_than_guessed_at(text: str) -> None:
    with pytest.raises(MoneyError, match="Write the amount in digits"):
        money.parse_amount(text, "USD")


@settings(max_examples=400)
@given(some.text(max_size=12) | some.text("0123456789.,- eE+_", max_size=12))
def test_whatever_is_typed_is_an_amount_or_a_clear_refusal(text: str) -> None:
    minor = read(text)
    if minor is not None:
        bare = text.strip().replace(",", "").replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
        assert Decimal(bare) * 100 == minor


def read(text: str) -> int | None:
    """None for a refusal; every other error is raised."""
    try:
        return money.parse_amount(text, "USD")
    except MoneyError:
        return None


@pytest.mark.parametrize("text", ["100000000", "9" * 40, "-100000000", "9" * 5000])
def test_a_huge_amount_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="is not an amount of USD that can be charged"):
        money.parse_amount(text, "USD")


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_no_money(value: str) -> None:
    with pytest.raises(MoneyError, match="is not an amount of USD"):
        money.to_minor(Decimal(value), "USD")


@pytest.mark.parametrize(
    ("currency", "text", "smallest"),
    [
        ("USD", "19.999", "0.01 USD"),
        ("USD", "0.001", "0.01 USD"),
        ("USD", "1." + "0" * 30 + "1", "0.01 USD"),
        ("JPY", "500.5", "1 JPY"),
        ("ISK", "500.50", "1.00 ISK"),
        ("UGX", "0.01", "1.00 UGX"),
        ("KWD", "1.234", "0.010 KWD"),
    ],
)
def test_an_amount_finer_than_the_currency_is_refused_and_never_rounded(
    currency: str, text: str, smallest: str
) -> None:
    with pytest.raises(MoneyError, match=rf"the smallest step is {smallest}\.$"):
        money.parse_amount(text, currency)


@pytest.mark.parametrize("currency", ["usd", "XXX", "", "US", "USDT", "BTC", "HRK"])
def test_an_unknown_currency_is_refused_everywhere(currency: str) -> None:
    for refused in (money.exponent, money.check_currency):
        with pytest.raises(MoneyError, match="is not a currency that Stripe charges"):
            refused(currency)
    with pytest.raises(MoneyError):
        money.check_chargeable(100, currency)


@pytest.mark.parametrize(
    ("currency", "least", "most"),
    [
        ("USD", 50, 99_999_999),
        ("GBP", 30, 99_999_999),
        ("HUF", 17_500, 99_999_999),
        ("JPY", 50, 99_999_999),
        ("AFN", 1, 99_999_999),
        ("UGX", 100, 99_999_900),
        ("KWD", 10, 99_999_990),
    ],
)
def test_bounds_are_chargeable_and_one_step_beyond_is_not(currency: str, least: int, most: int) -> None:
    money.check_chargeable(least, currency)
    money.check_chargeable(most, currency)
    with pytest.raises(MoneyError, match=rf"^The least that can be charged is {money.plain(least, currency)}\.$"):
        money.check_chargeable(least - money.step(currency), currency)
    with pytest.raises(MoneyError, match=rf"^The most that can be charged at once is {money.plain(most, currency)}\.$"):
        money.check_chargeable(most + money.step(currency), currency)


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        ("KWD", 1234, "KWD amounts go in steps of 0.010 KWD."),
        ("ISK", 5050, "ISK amounts go in steps of 1 ISK."),
        ("UGX", 370_001, "UGX amounts go in steps of 1 UGX."),
    ],
)
def test_an_amount_between_two_steps_is_not_chargeable(currency: str, amount: int, text: str) -> None:
    with pytest.raises(MoneyError) as refusal:
        money.check_chargeable(amount, currency)
    assert str(refusal.value) == text


@pytest.mark.parametrize("amount", [0, -1, -5000])
def test_nothing_and_less_cannot_be_charged(amount: int) -> None:
    with pytest.raises(MoneyError, match=r"^The least that can be charged is 0\.50 USD\.$"):
        money.check_chargeable(amount, "USD")


@pytest.mark.parametrize(
    ("currency", "amount", "locale", "shown"),
    [
        ("USD", 123_450, "en_US", "$1,234.50"),
        ("EUR", 123_450, "de_DE", "1.234,50 €"),
        ("JPY", 1234, "it", "1.234 JPY"),
        ("KWD", 1_234_560, "uk", "1 234,560 KWD"),
        ("JPY", 500, "en_US", "¥500"),
        ("RSD", 15_025, "en_US", "RSD 150.25"),
        ("ISK", 50_000, "en_US", "ISK 500"),
        ("KWD", 1230, "en_US", "KWD 1.230"),
        ("USD", -50, "en_US", "-$0.50"),
        ("USD", 123_450, "tlh_KX", "1234.50 USD"),
    ],
)
def test_pages_show_the_locales_signs_and_our_decimals(currency: str, amount: int, locale: str, shown: str) -> None:
    assert money.pretty(amount, currency, locale).replace("\u00a0", " ") == shown
