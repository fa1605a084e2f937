"""A card number and its security code are looked for everywhere that Midway writes to. There must be none."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.contrib.sessions.models import Session
from django.core.cache.backends import locmem
from django.core.management import call_command
from django.db import connection
from django.test import Client
from kombu.transport.memory import Channel

from config.celery import app
from config.logs import JsonFormatter, PlainFormatter
from gateways.models import Gateway
from orders.models import Order
from payments.models import Payment, Status
from payments.services.reconcile import reconcile
from payments.tasks import charge_payment
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.factories import make_gateway, make_order
from tests.legacy import AMEX, allow_numbers, make_v1_gateway
from tests.payments.admin.test_payment_entry import enter, page
from tests.payments.services.test_reconcile import due_now

pytestmark = pytest.mark.django_db(transaction=True)

SPACED, CVC = "3782 822463 10005", "0853"  # no primary key begins with 0
NUMBER = re.compile(r"3782[ +-]?822463[ +-]?10005")
CODE = re.compile(rf"(?<![0-9A-Za-z_-]){CVC}(?![0-9A-Za-z_-])")  # not a part of a UUID or a token
TYPED = {"method": "number", "card_number": SPACED, "card_expiry": "04/39", "card_cvc": CVC}
METHODS, INTENTS = "/v1/payment_methods", "/v1/payment_intents"


def clean(place: str, text: str) -> None:
    assert not NUMBER.search(text), f"the card number is in {place}"
    assert not CODE.search(text), f"the security code is in {place}"


def database() -> str:
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"select * from {connection.ops.quote_name(table)}")  # noqa: S608
            rows += [f"{table}: {row}" for row in cursor.fetchall()]
    return "\n".join(rows)


def database_files() -> str:
    """The file itself and its journal, deleted rows and all, where the database is a file of ours."""
    if connection.vendor != "sqlite":
        return ""
    name = str(connection.settings_dict["NAME"])
    return "".join(Path(name + end).read_bytes().decode("latin-1") for end in ("", "-wal") if Path(name + end).exists())


def caches() -> str:
    return repr(locmem._caches)  # type: ignore[attr-defined]


def broker() -> str:
    with app.connection_for_read() as broker_connection:
        channel = broker_connection.default_channel
        assert isinstance(channel, Channel)
        return repr([list(queue.queue) for queue in channel.queues.values()])


def sessions() -> str:
    return repr([session.get_decoded() for session in Session.objects.all()])


@pytest.fixture
def pages() -> list[str]:
    return []


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that anybody logs at any level, as it is before our formatters redact it."""
    names = ["", "stripe", "django", "django.request", "django.db.backends", "urllib3", "celery", "kombu", "config"]
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield caplog
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
def order() -> Order:
    return make_order(total=50_000)


@pytest.fixture
def office(office: Client, order: Order, pages: list[str]) -> Client:
    """Keeps each page that it was shown, error pages too."""
    office.raise_request_exception = False
    ask = office.request

    def request(**given: Any) -> Any:
        answer = ask(**given)
        pages.append(f"{answer.status_code} {answer.headers} {answer.content.decode()}")
        return answer

    office.request = request  # type: ignore[method-assign]
    return office


@pytest.fixture
def search(logs: pytest.LogCaptureFixture, pages: list[str], capsys: Any) -> Callable[[], None]:
    """To call at the end of a test: nothing that was written holds the number or the code."""
    return lambda: everything_is_clean(logs, pages, capsys)


def everything_is_clean(logs: pytest.LogCaptureFixture, pages: list[str], capsys: Any) -> None:
    output = capsys.readouterr()
    exported = io.StringIO()
    call_command("dumpdata", stdout=exported)
    written = {
        "the database": database(),
        "the database's files": database_files(),
        "an export": exported.getvalue(),
        "the logs": "\n".join(f"{record.getMessage()} {record.__dict__}" for record in logs.records),
        "the logs in JSON": "\n".join(map(JsonFormatter().format, logs.records)),
        "the logs in plain text": "\n".join(map(PlainFormatter().format, logs.records)),
        "the caches": caches(),
        "the broker": broker(),
        "the sessions": sessions(),
        "the pages": "\n".join(pages),
        "the output": output.out + output.err,
    }
    for place, text in written.items():
        clean(place, text)
    assert len(written["the database"]) > 10_000
    assert pages


def type_card(office: Client, order: Order, through: Gateway, **fields: Any) -> Any:
    return enter(office, order, through, **{"amount": "10.00", **TYPED, **fields})


def test_the_search_would_find_them() -> None:
    for text in (AMEX, SPACED, f"cvc={CVC}&", f"'{CVC}'"):
        with pytest.raises(AssertionError):
            clean("a test", text)


def test_a_payment_from_form_to_captured_leaves_no_number(
    office: Client, order: Order, logs: pytest.LogCaptureFixture, search: Callable[[], None]
) -> None:
    legacy = make_v1_gateway(create_customer=True, is_default=True)
    answer = type_card(office, order, legacy)
    payment = Payment.objects.get()
    assert "payments.tasks.charge_payment" in broker()  # the message is there to be searched
    charge_payment(payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.card_last4) == (Status.CAPTURED, AMEX[-4:])
    for path in (answer["Location"], f"/admin/payments/payment/{payment.pk}/change/", page(order) + "?x=1"):
        office.get(path)
    assert any("Request to Stripe api" in record.getMessage() for record in logs.records)
    search()


def test_what_goes_wrong_leaves_no_number(
    office: Client,
    order: Order,
    local_stripe: LocalStripe,
    search: Callable[[], None],
) -> None:
    legacy = make_v1_gateway(is_default=True)
    wrong: list[dict[str, Any]] = [
        {"amount": "ten"},
        {"card_expiry": "04/20"},
        {"card_number": SPACED[:-1] + "6"},
        {"card_cvc": CVC + "0"},
        {"card_cvc": SPACED},
        {"card_expiry": SPACED},
        {"amount": SPACED},
        {"method": "test:pm_card_visa"},
        {"gateway": make_gateway().pk},
        {"form_token": "nonsense"},
    ]
    for fields in wrong:
        assert type_card(office, order, legacy, **fields).status_code == 400
    for kind in ("error", "reset", "timeout", "rate_limit", "malformed"):
        local_stripe.faults.add(Fault(kind=kind, path=METHODS))
        assert type_card(office, order, legacy).status_code == 400
    allow_numbers(legacy, allowed=False)
    assert type_card(office, order, legacy).status_code == 400
    office.post("/admin/orders/customer/add/", {"name": "Ada", "notes": f"card {SPACED}, code {CVC}"})
    assert not Payment.objects.exists()
    search()


def test_an_answer_that_was_lost_leaves_no_number(
    office: Client,
    order: Order,
    local_stripe: LocalStripe,
    search: Callable[[], None],
) -> None:
    type_card(office, order, make_v1_gateway())
    payment = Payment.objects.get()
    local_stripe.faults.add(Fault(kind="timeout", when="after", method="POST", path=INTENTS))
    charge_payment(payment.pk)
    reconcile(due_now(payment).pk)
    payment.refresh_from_db()
    assert payment.status == Status.CAPTURED
    search()


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "broken",
    [
        "payments.services.entry.tokenize",
        "payments.services.entry.check_terms",
        "payments.services.entry.reserve",
        "gateways.processors.raw_cards.read_cvc",
        "payments.forms.read_card",
        "gateways.processors.stripe_v1.StripeV1._hand_over",
        "payments.admin.entry.enter_payment",
    ],
)
def test_an_error_page_shows_no_number(
    office: Client,
    order: Order,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    pages: list[str],
    search: Callable[[], None],
    broken: str,
    debug: bool,
) -> None:
    """With DEBUG on, Django's own page tells the form that was sent and every local variable on the way."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("for the test")

    settings.DEBUG = debug
    legacy = make_v1_gateway()
    monkeypatch.setattr(broken, fail)
    answer = type_card(office, order, legacy)
    assert answer.status_code == (400 if "_hand_over" in broken else 500)
    assert ("Traceback" in pages[-1]) is (debug and answer.status_code == 500)
    search()


def test_a_talkative_sdk_prints_no_number(
    office: Client,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    search: Callable[[], None],
) -> None:
    monkeypatch.setattr(stripe, "log", "debug")
    assert type_card(office, order, make_v1_gateway()).status_code == 400
    search()
