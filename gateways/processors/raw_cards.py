"""A card number that an operator typed, on its way from the form to the processor. It is kept and shown nowhere.

Its objects cannot be printed, pickled or copied, so that no log, trace, cache, session or message can hold one.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import NoReturn, Protocol, runtime_checkable

from gateways.redaction import is_card_number

NUMBER = re.compile(r"[0-9](?:[ -]?[0-9])*")
EXPIRY = re.compile(r"(?P<month>[0-9]{1,2}) *[/.-] *(?P<year>[0-9]{2}|[0-9]{4})|(?P<mm>[0-9]{2})(?P<yy>[0-9]{2})")
CVC = re.compile(r"[0-9]{3,4}")
AMEX = ("34", "37")
LONGEST_VALIDITY = 20  # years: an expiry beyond it is a slip of the hand


class CardProblem(ValueError):
    """What is wrong with a field of a card and what would do; it repeats nothing that was typed."""


class CardRefused(ValueError):
    """A card with something wrong: `problems` by the field of TypedCard."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class Unprintable:
    """For what must never leave the memory of one request."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is kept nowhere: it cannot be pickled or copied")


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class TypedCard(Unprintable):
    """The three fields as they were typed."""

    number: str
    expiry: str
    cvc: str


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class RawCard(Unprintable):
    """A card whose fields can be true. Only the processor that takes card numbers reads it."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str


@runtime_checkable
class TakesCardNumbers(Protocol):
    """A processor that a card number may be handed to."""

    def tokenize(self, card: RawCard) -> str:
        """The reference of a payment method made of the card, good for one payment. Charges nothing."""
        ...


def read_card(typed: TypedCard, today: date) -> RawCard:
    """Raises CardRefused with all that is wrong. Even an error of our own leads no trace to what was typed."""
    try:
        return _read(typed, today)
    except CardRefused as refusal:
        raise refusal.with_traceback(None) from None
    except Exception as error:
        raise RuntimeError(f"a typed card could not be read ({type(error).__name__})") from None


def _read(typed: TypedCard, today: date) -> RawCard:
    problems: dict[str, str] = {}
    number, month, year, cvc = "", 0, 0, ""
    try:
        number = read_number(typed.number)
    except CardProblem as problem:
        problems["number"] = str(problem)
    try:
        month, year = read_expiry(typed.expiry, today)
    except CardProblem as problem:
        problems["expiry"] = str(problem)
    try:
        cvc = read_cvc(typed.cvc, number)
    except CardProblem as problem:
        problems["cvc"] = str(problem)
    if problems:
        raise CardRefused(problems)
    return RawCard(number, month, year, cvc)


def read_number(text: str) -> str:
    if not text.strip():
        raise CardProblem("Type the card number.")
    if not NUMBER.fullmatch(text.strip()):
        raise CardProblem("A card number has digits only, with or without spaces.")
    digits = re.sub(r"[ -]", "", text.strip())
    if not is_card_number(digits):
        raise CardProblem("This is no card number: a digit is wrong or missing. Ask the customer to read it again.")
    return digits


def read_expiry(text: str, today: date) -> tuple[int, int]:
    """Month and year. A card is good until the end of the month that is printed on it."""
    found = EXPIRY.fullmatch(text.strip())
    if found is None:
        raise CardProblem("Write the expiry as month and year, such as 04/29.")
    month, year = int(found["month"] or found["mm"]), int(found["year"] or found["yy"])
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12 or year > today.year + LONGEST_VALIDITY:
        raise CardProblem("No card expires then: write month and year as on the card, such as 04/29.")
    if (year, month) < (today.year, today.month):
        raise CardProblem("The card has expired: ask the customer for another card.")
    return month, year


def read_cvc(text: str, number: str = "") -> str:
    """`number` decides the length: American Express prints four digits on the front."""
    length = 4 if number.startswith(AMEX) else 3
    typed = text.strip()
    if not CVC.fullmatch(typed) or (number and len(typed) != length):
        place = "four digits on the front" if length == 4 else "three digits on the back"
        raise CardProblem(f"The security code is the {place} of the card.")
    return typed
