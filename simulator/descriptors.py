"""Statement descriptors (docs.stripe.com/get-started/account/statement-descriptors)."""

from __future__ import annotations

import re

from simulator.errors import StripeError, invalid
from simulator.objects import accounts
from simulator.world import World

LONGEST = 22
_FORBIDDEN = re.compile(r"[<>\\'\"*]")

NOT_FOR_CARDS = (
    "You can't use `statement_descriptor` on a PaymentIntent for a card charge. Use `statement_descriptor_suffix` "
    "instead, which is appended to the prefix of your account."
)


def check_suffix(world: World, suffix: str | None) -> None:
    """Latin, with a letter, and short enough for `prefix* suffix` to fit in 22 characters."""
    if suffix is None:
        return
    if _FORBIDDEN.search(suffix) or not suffix.isascii():
        raise _bad("The statement descriptor suffix contains characters that are not allowed: < > \\ ' \" *")
    if not re.search("[A-Za-z]", suffix):
        raise _bad("The statement descriptor suffix must contain at least one letter.")
    if len(calculated(world, suffix)) > LONGEST:
        room = LONGEST - 2 - len(accounts.prefix(world))
        raise _bad(f"The statement descriptor suffix may have at most {room} characters beside your account's prefix.")


def calculated(world: World, suffix: str | None) -> str:
    """What the cardholder reads."""
    prefix = accounts.prefix(world)
    return f"{prefix}* {suffix}" if suffix else prefix


def refuse_full_descriptor() -> StripeError:
    return invalid(NOT_FOR_CARDS, "statement_descriptor", "payment_intent_invalid_parameter")


def _bad(message: str) -> StripeError:
    return invalid(message, "statement_descriptor_suffix")
