"""The countries of an address, named and sorted in the customer's language."""

import unicodedata
from functools import lru_cache

from babel.core import Locale

from gateways.local import active_locale

NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Two-letter codes of CLDR that are areas, or stand for nothing."""

ALPHABETS = {"uk": " '’-абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"}
"""Where the letters' order in Unicode is not that of the language."""


def countries() -> list[tuple[str, str]]:
    return _named(active_locale())


@lru_cache(maxsize=8)
def _named(locale: str) -> list[tuple[str, str]]:
    territories = Locale.parse(locale).territories.items()
    named = [(code, name) for code, name in territories if _is_country(code)]
    return sorted(named, key=lambda country: _place(country[1], ALPHABETS.get(locale, "")))


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES


def _place(name: str, alphabet: str) -> list[int]:
    """Österreich stands between Norwegen and Peru, Італія where Ukrainians look for it."""
    if not alphabet:
        name = "".join(part for part in unicodedata.normalize("NFD", name) if not unicodedata.combining(part))
    return [alphabet.find(letter) if letter in alphabet else ord(letter) for letter in name.casefold()]
