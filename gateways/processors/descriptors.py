"""The text on the customer's bank statement: docs.stripe.com/get-started/account/statement-descriptors.

A card charge shows the account's prefix, then `* ` and our suffix, in 22 characters together.
"""

import re
import unicodedata
from collections.abc import Sequence

from gateways.processors.base import Switches

SHORTEST, LONGEST = 5, 22
JOINT = "* "
FORBIDDEN = re.compile(r"[<>\\'\"*]")
SHORTEST_PREFIX, LONGEST_PREFIX = 2, 10


class DescriptorProblem(ValueError):
    """A text that may not stand on a statement; the message says why and what would do."""


def check_suffix(suffix: str, prefix: str = "") -> None:
    """Raises DescriptorProblem. Without a known prefix the shortest possible one is assumed."""
    room = LONGEST - len(JOINT) - max(len(prefix), SHORTEST_PREFIX)
    if FORBIDDEN.search(suffix):
        raise DescriptorProblem("A suffix has none of < > \\ ' \" and *: leave them out.")
    if not suffix.isascii() or not suffix.isprintable():
        raise DescriptorProblem("A suffix has Latin letters without accents, digits and spaces.")
    if not re.search(r"[A-Za-z]", suffix):
        raise DescriptorProblem("A suffix needs at least one letter: an order number alone will not do.")
    if len(suffix) > room:
        beside = f" beside the prefix {prefix}" if prefix else ""
        raise DescriptorProblem(f"A suffix has {room} characters at most{beside}: shorten it.")


def check_prefix(prefix: str) -> None:
    """The account's shortened descriptor. Raises DescriptorProblem."""
    if not SHORTEST_PREFIX <= len(prefix) <= LONGEST_PREFIX or not re.search(r"[A-Za-z]", prefix):
        raise DescriptorProblem(
            f"The shortened descriptor of the account, “{prefix}”, needs {SHORTEST_PREFIX} to {LONGEST_PREFIX} "
            "characters with a letter among them."
        )


def check_descriptor(text: str) -> None:
    """A whole statement text. Raises DescriptorProblem."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise DescriptorProblem(f"A statement text has {SHORTEST} to {LONGEST} characters.")
    if not text.isascii() or not text.isprintable() or not re.search(r"[A-Za-z]", text):
        raise DescriptorProblem("A statement text has Latin letters without accents, digits and spaces.")
    if re.search(r"[<>\\'\"]", text):
        raise DescriptorProblem("A statement text has none of < > \\ ' and \": leave them out.")


def suffix_for(products: Sequence[str], switches: Switches) -> str:
    """The product's name where it is wanted and may stand there, else the gateway's own suffix; may be empty."""
    if switches.send_product_as_suffix and products:
        named = product_suffix(products[0], switches.descriptor_prefix)
        if named:
            return named
    return switches.descriptor_suffix


def product_suffix(product: str, prefix: str = "") -> str:
    """As much of a product's name as surely fits, without accents and forbidden signs; empty when no letter is left."""
    plain = unicodedata.normalize("NFKD", product).encode("ascii", "ignore").decode()
    plain = " ".join(FORBIDDEN.sub(" ", plain).split())
    room = LONGEST - len(JOINT) - (len(prefix) or LONGEST_PREFIX)
    cut = plain[:room].strip()
    return cut if re.search(r"[A-Za-z]", cut) else ""


def statement_text(prefix: str, suffix: str) -> str:
    """What the customer will read."""
    return f"{prefix}{JOINT}{suffix}"[:LONGEST] if suffix else prefix
