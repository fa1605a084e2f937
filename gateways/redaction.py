"""What may never be read in a log, a trace or a page: keys, client secrets, card numbers, e-mail addresses."""

import re

_CLIENT_SECRET = re.compile(r"\b((?:pi|seti)_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+")
_SECRETS = re.compile(r"\b((?:sk|rk|pk)_(?:test|live)|whsec|src_client_secret)_[A-Za-z0-9_]+|" + _CLIENT_SECRET.pattern)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_CARD_NUMBER = re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w-])")


def redact(text: str) -> str:
    text = _SECRETS.sub(lambda found: f"{found[1] or found[2]}_[redacted]", text)
    text = _CARD_NUMBER.sub(lambda found: "[card number]" if is_card_number(found[0]) else found[0], text)
    return _EMAIL.sub("[e-mail]", text)


def without_client_secrets(text: str) -> str:
    """What is kept of a processor's news: whoever has a client secret may act for the cardholder."""
    return _CLIENT_SECRET.sub(r"\1_[redacted]", text)


def holds_card_number(text: str) -> bool:
    return any(is_card_number(found[0]) for found in _CARD_NUMBER.finditer(text))


def is_card_number(text: str) -> bool:
    """13 to 19 digits that begin like a card and pass the Luhn check (ISO/IEC 7812-1)."""
    digits = [int(character) for character in text if character.isdecimal()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
