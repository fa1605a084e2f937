"""Money is an integer in the currency's minor unit as *Stripe* counts it; decimals live at the edge only.

Stripe's decimals differ from ISO 4217 and CLDR for 19 currencies by factors of 10 and 100, hence our own table:
docs.stripe.com/currencies#zero-decimal, #three-decimal and #minimum-and-maximum-charge-amounts.
"""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation

from babel.core import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_symbol

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
WHOLE_UNITS_ONLY = frozenset(("ISK", "UGX"))  # no decimals in use, yet sent times 100
TWO_DECIMAL = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC
    CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR
    KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
    PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD
    UYU UZS WST XCD XCG YER ZAR ZMW
    """.split()
)
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL

MINIMUMS = {
    "AED": 200,
    "ARS": 50,
    "AUD": 50,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "COP": 50,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "IDR": 50,
    "ILS": 50,
    "INR": 50,
    "JPY": 50,
    "KRW": 50,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "PHP": 50,
    "PLN": 200,
    "RON": 200,
    "RUB": 50,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
    "USD": 50,
    "ZAR": 50,
}
MAXIMUM = 99_999_999  # eight digits, for most currencies

TYPED = re.compile(
    r"-?(?:\d{1,3}(?:,\d{3})+\.\d*|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)", re.ASCII
)
EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])  # raises where it would have to round


class MoneyError(ValueError):
    """An amount or a currency that cannot be charged; the text says which, and what would do."""


def check_currency(currency: str) -> str:
    if currency not in CURRENCIES:
        raise MoneyError(f"“{currency}” is not a currency that Stripe charges. Use a code such as USD, EUR or JPY.")
    return currency


def exponent(currency: str) -> int:
    """How many decimals Stripe's minor unit has: 0, 2 or 3."""
    check_currency(currency)
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def step(currency: str) -> int:
    """The smallest difference between two amounts that Stripe takes, in minor units."""
    return 100 if currency in WHOLE_UNITS_ONLY else 10 if currency in THREE_DECIMAL else 1


def minimum(currency: str) -> int:
    """The least that can be charged, in minor units: a pre-check, since Stripe looks at the settlement currency."""
    return MINIMUMS.get(currency, max(1, step(currency)))


def maximum(currency: str) -> int:
    """The most that can be charged at once, in minor units."""
    return MAXIMUM - MAXIMUM % step(currency)


def unit(currency: str) -> int:
    """1.00 in minor units."""
    return int(10 ** exponent(currency))


def half_unit(currency: str) -> int:
    """0.50 in minor units; the smallest step where there are no decimals. Banks take two payments that are closer than
    that for one, sent twice (S2-37).
    """
    return max(unit(currency) // 2, step(currency))


def to_decimal(amount: int, currency: str) -> Decimal:
    return Decimal(amount).scaleb(-exponent(currency))


def to_minor(value: Decimal, currency: str) -> int:
    """`Decimal("19.99"), "USD"` as 1999. Raises MoneyError rather than round."""
    if not value.is_finite() or abs(value) > MAXIMUM:
        raise MoneyError(f"{value} is not an amount of {currency} that can be charged.")
    try:
        minor = int(value.scaleb(exponent(currency), EXACT).to_integral_exact(context=EXACT))
    except Inexact:
        minor = None
    if minor is None or minor % step(currency):
        smallest = to_decimal(step(currency), currency)
        raise MoneyError(f"{value} is finer than {currency} allows: the smallest step is {smallest} {currency}.")
    return minor


def parse_amount(text: str, currency: str) -> int:
    """What a person typed (`1,234.50` or `1234.5`) in minor units. Raises MoneyError with the remedy."""
    example = to_decimal(123 * 10 ** exponent(currency), currency)
    typed = text.strip()
    if not TYPED.fullmatch(typed):
        raise MoneyError(f"Write the amount in digits with a point before the decimals, such as {example}.")
    return to_minor(Decimal(re.sub(r"[^-.0-9]", "", typed)), currency)


def check_chargeable(amount: int, currency: str, *, least: int | None = None) -> None:
    """Refuse what Stripe would refuse: too little, too much, or not a multiple of the currency's step.

    `least`: instead of Stripe's minimum, where Stripe has no say.
    """
    exponent(currency)
    least = minimum(currency) if least is None else least
    if amount < least:
        raise MoneyError(f"The least that can be charged is {plain(least, currency)}.")
    if amount > maximum(currency):
        raise MoneyError(f"The most that can be charged at once is {plain(maximum(currency), currency)}.")
    if amount % step(currency):
        raise MoneyError(f"{currency} amounts go in steps of {plain(step(currency), currency)}.")


def plain(amount: int, currency: str) -> str:
    """`1234.50 USD`: for texts, commands and logs."""
    return f"{to_decimal(amount, currency):.{0 if currency in WHOLE_UNITS_ONLY else exponent(currency)}f} {currency}"


def pretty(amount: int, currency: str, locale: str = "en_US") -> str:
    """`$1,234.50`, `1.234,50 €`: for pages; the locale decides the signs and their places, our table the decimals."""
    decimals = 0 if currency in WHOLE_UNITS_ONLY else exponent(currency)
    try:
        usual = Locale.parse(locale).currency_formats["standard"].pattern  # all of them have two decimals
        pattern = usual.replace("0.00", f"0.{'0' * decimals}" if decimals else "0")
        if get_currency_symbol(currency, locale)[-1:].isalpha():
            pattern = pattern.replace("¤#", "¤\u00a0#")
        return format_currency(to_decimal(amount, currency), currency, pattern, locale=locale, currency_digits=False)
    except (UnknownLocaleError, ValueError):
        return plain(amount, currency)
