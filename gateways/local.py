"""Money and times as the reader's language writes them: the one that is active while a page or a mail is made."""

from datetime import date, datetime

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.translation import get_language, to_locale

from gateways import money

FALLBACK = "en_US"


def active_locale() -> str:
    """Babel's name of the active language; American English where Babel does not know it."""
    name = to_locale(get_language() or FALLBACK)
    try:
        return FALLBACK if name == "en" else str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        return FALLBACK


def amount(value: int, currency: str) -> str:
    """`$1,234.50`, `1.234,50 €`"""
    return money.pretty(value, currency, active_locale())


def day(value: date) -> str:
    """`Dec 2, 2026`, `02.12.2026`"""
    return format_date(timezone.localdate(value) if isinstance(value, datetime) else value, locale=active_locale())


def moment(value: datetime) -> str:
    """With the time zone, because the reader may live in another."""
    local = timezone.localtime(value)
    return f"{format_datetime(local, 'medium', tzinfo=local.tzinfo, locale=active_locale())} {local:%Z}"
