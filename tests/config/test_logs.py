import json
import logging

import pytest

from config.logs import JsonFormatter, PlainFormatter


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("payments", logging.INFO, __file__, 1, message, args, None)
    made.__dict__.update(extra)
    return made


def test_a_line_is_one_json_object_with_its_extras() -> None:
    line = JsonFormatter().format(record("charged %s", "SO-1001-P1", payment=7))
    assert "\n" not in line
    found = json.loads(line)
    assert found["message"] == "charged SO-1001-P1"
    assert found["payment"] == "7"
    assert found["level"] == "INFO"


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_no_secret_survives_in_message_or_extra(formatter: logging.Formatter) -> None:
    line = formatter.format(record("key %s", "sk_live_51Habc", card="4242 4242 4242 4242", mail="ada@example.com"))
    assert "51Habc" not in line
    assert "4242" not in line
    assert "ada@" not in line


def test_no_secret_survives_in_a_traceback() -> None:
    made = record("failed")
    error = ValueError("refused whsec_abc123")
    made.exc_info = (ValueError, error, None)
    for formatter in (JsonFormatter(), PlainFormatter()):
        line = formatter.format(made)
        assert "ValueError" in line
        assert "abc123" not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_a_line_break_in_a_value_forges_no_second_line(formatter: logging.Formatter) -> None:
    line = formatter.format(record("name %s", "Ada\n12:00:00 INFO payments: refunded"))
    assert len(line.splitlines()) == 1
