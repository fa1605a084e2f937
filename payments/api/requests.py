"""What a request to the order API must be before anybody works on it: signed in, JSON, of the described shape."""

import json
import re
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, RawPostDataException
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from gateways.redaction import holds_card_number
from payments.api.schemas import SCHEMAS, ref
from payments.models import ApiKey
from payments.services.api.errors import ApiRefusal, Problem, refusal
from payments.services.api.keys import find_key

MOST_BYTES = 64 * 1024
MOST_PROBLEMS = 5
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{8,255}")


def signed_in(request: HttpRequest) -> ApiKey:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    found = find_key(key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise refusal(
            401, "unauthorized", "Send a valid API key as “Authorization: Bearer mk_…”; make one in the admin."
        )
    return found


def idempotency_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise refusal(
            400,
            "idempotency_key_missing",
            "Send an Idempotency-Key of 8 to 255 letters, digits, _ or -.",
            "Idempotency-Key",
        )
    return key


def read_body(request: HttpRequest, schema: str) -> dict[str, Any]:
    """The JSON that was sent, of the named shape. Raises ApiRefusal, which repeats nothing of a card number."""
    if request.content_type != "application/json":
        raise refusal(415, "not_json", "Send JSON, with “Content-Type: application/json”.")
    try:
        length = int(request.headers.get("Content-Length") or 0)
        raw = b"" if length > MOST_BYTES else request.body
    except (ValueError, RawPostDataException) as error:
        raise refusal(400, "unreadable", "The request could not be read: send it again.") from error
    if length > MOST_BYTES or len(raw) > MOST_BYTES:
        raise refusal(413, "too_long", f"The request is longer than {MOST_BYTES // 1024} KB.")
    body = _parsed(raw)
    if holds_card_number(json.dumps(body, ensure_ascii=False)):
        words = "A card number was sent. Midway takes none: collect the card with Stripe.js and send its reference."
        raise refusal(422, "card_number", words)
    problems = [_problem(error) for error in _validator(schema).iter_errors(body)]
    if problems:
        raise ApiRefusal(422, *sorted(problems, key=lambda one: one.field)[:MOST_PROBLEMS])
    return body


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refusal(400, "not_json", "The body is no JSON: check its quotes, commas and encoding (UTF-8).") from error
    if not isinstance(body, dict):
        raise refusal(422, "not_an_object", "Send a JSON object.")
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


@lru_cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**ref(schema), "components": {"schemas": SCHEMAS}})


def _problem(error: ValidationError) -> Problem:
    path = ".".join(str(part) for part in error.absolute_path)
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if error.validator == "required":
        sent: Any = error.instance
        missing = next(name for name in wanted if name not in sent)
        return Problem("missing", f"{missing} is missing.", f"{path}.{missing}".lstrip("."))
    if error.validator == "additionalProperties":
        known = ", ".join(schema.get("properties", {}))
        return Problem("unknown_field", f"There is a field that is not known here. Known are: {known}.", path)
    if error.validator == "oneOf":
        return Problem("payment_method", "Send either payment_method or confirmation_token, and not both.", path)
    return Problem("invalid", f"{_wanted(str(error.validator), wanted, schema)}.", path)


def _wanted(rule: str, wanted: Any, schema: Any) -> str:
    """What would do, without repeating what was sent."""
    words = {
        "type": "This has to be of type {}",
        "enum": "This has to be one of {}",
        "minimum": "This has to be {} or more",
        "maximum": "This has to be {} or less",
        "minLength": "This must not be empty",
        "maxLength": "This has to have {} characters or fewer",
        "minItems": "There have to be {} or more",
        "maxItems": "There have to be {} or fewer",
    }
    if rule == "pattern":
        return f"This does not have the form that is wanted. {schema.get('description', '')}".rstrip(". ")
    shown = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return words.get(rule, "This is not what is wanted here").format(shown)
