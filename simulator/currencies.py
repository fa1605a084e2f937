"""Currencies, their smallest amounts and how Stripe prints them (docs.stripe.com/currencies)."""

from __future__ import annotations

from typing import Any

from simulator.errors import StripeError, invalid


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SUPPORTED = _codes(
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf "
    "clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr "
    "ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mro mur "
    "mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek "
    "sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer "
    "zar zmw"
)
ZERO_DECIMAL = frozenset(_codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"))
THREE_DECIMAL = frozenset(_codes("bhd jod kwd omr tnd"))
WHOLE_UNITS_TIMES_100 = frozenset({"isk", "ugx"})
MAXIMUM = 99_999_999
MINIMUM = {
    "usd": 50, "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50,
    "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300,
    "sgd": 50, "thb": 1000, "zar": 50,
}  # fmt: skip
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "$", "aud": "$", "nzd": "$", "inr": "₹"}


def currency(name: str, raw: Any) -> str:
    """A parameter check: three letters that Stripe supports, lower-cased."""
    code = str(raw).lower()
    if code not in SUPPORTED:
        words = f"Invalid currency: {code}. Stripe currently supports these currencies: {', '.join(SUPPORTED)}"
        raise invalid(words, name)
    return code


def check_amount(amount: int, code: str) -> None:
    """Not below the minimum, at most eight digits, whole units where Stripe insists on them."""
    if amount < MINIMUM.get(code, 1):
        words = f"Amount must be at least {show(MINIMUM[code], code)} {code}"
        raise invalid(words, "amount", "amount_too_small")
    if amount > MAXIMUM:
        raise invalid(f"Amount must be no more than {show(MAXIMUM, code)}", "amount", "amount_too_large")
    if code in WHOLE_UNITS_TIMES_100 and amount % 100:
        words = f"Invalid amount: {code} is charged in whole units, sent times 100; {amount} does not divide by 100."
        raise invalid(words, "amount", "parameter_invalid_integer")


def show(amount: int, code: str) -> str:
    """`$1,234.50`, by integers alone."""
    places = 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2
    whole, part = divmod(amount, 10**places)
    digits = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    return f"{SYMBOLS.get(code, '')}{digits}"


def too_much(message: str) -> StripeError:
    return StripeError(400, "invalid_request_error", message, param="amount", executed=True)
