import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.processes.errors import CannotStart
from config.processes.ports import LOOPBACK, free_port, require_free
from config.processes.surroundings import Ports, look_around
from config.processes.turn import taken_turn

GIVEN = ("DATABASE_URL", "REDIS_URL", "STRIPE_API_BASE", "STRIPE_SECRET_KEY", "STRIPE_PUBLIC_KEY", "PUBLIC_URL")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


def ports(web: int = 0, stripe: int = 0, broker: int | None = None) -> Ports:
    return Ports(web or free_port(), stripe or free_port(), broker)


@pytest.mark.usefixtures("bare")
def test_alone_the_demo_brings_everything_itself(tmp_path: Path) -> None:
    around = look_around(ports())
    assert (around.starts_broker, around.starts_stripe, around.own_database) == (True, True, True)
    variables = around.variables(tmp_path)
    assert variables["STRIPE_API_BASE"] == around.stripe_url
    assert variables["REDIS_URL"] == around.broker_url
    assert variables["PUBLIC_URL"] == around.web_url
    assert variables["HTTPS"] == "false"


def test_what_is_given_is_used(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setenv("REDIS_URL", "redis://broker.test:6379/0")
    bare.setenv("STRIPE_API_BASE", "http://stripe.test:12111")
    bare.setenv("DATABASE_URL", "postgres://midway@database.test/midway")
    around = look_around(ports())
    assert (around.starts_broker, around.starts_stripe, around.own_database) == (False, False, False)
    variables = around.variables(tmp_path)
    assert variables["REDIS_URL"] == "redis://broker.test:6379/0"
    assert variables["STRIPE_API_BASE"] == "http://stripe.test:12111"
    assert variables["DATABASE_URL"] == "postgres://midway@database.test/midway"


def test_a_test_key_alone_means_stripe_itself(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("STRIPE_SECRET_KEY", "sk_test_51Habc")
    around = look_around(ports())
    assert not around.starts_stripe
    assert around.stripe_url == "https://api.stripe.com"


@pytest.mark.parametrize("key", ["sk_live_51Habc", "rk_live_51Habc", "pk_live_51Habc"])
def test_a_live_key_is_refused_with_the_reason(bare: pytest.MonkeyPatch, key: str) -> None:
    bare.setenv("STRIPE_SECRET_KEY", key)
    with pytest.raises(CannotStart, match=r"STRIPE_SECRET_KEY holds a live key.*real money") as refusal:
        look_around(ports())
    assert "51Habc" not in str(refusal.value)


@pytest.mark.usefixtures("bare")
def test_a_taken_port_is_named_with_the_variable_that_changes_it(taken_port: int) -> None:
    for chosen, variable in [
        (ports(web=taken_port), "PORT"),
        (ports(stripe=taken_port), "LOCAL_STRIPE_PORT"),
        (ports(broker=taken_port), "BROKER_PORT"),
    ]:
        with pytest.raises(CannotStart, match=rf"Port {taken_port} for .* is in use .*: {variable}=\d+ make demo"):
            look_around(chosen)


def test_a_port_that_cannot_be_is_refused() -> None:
    with pytest.raises(CannotStart, match="PORT is 70000: a port is a number from 1 to 65535"):
        require_free(70_000, purpose="the web pages", variable="PORT")


def test_one_demo_at_a_time_works_on_a_folder(tmp_path: Path) -> None:
    sentence = re.escape(f"Another demo (process {os.getpid()}) works on {tmp_path}")
    with taken_turn(tmp_path), pytest.raises(CannotStart, match=sentence), taken_turn(tmp_path):
        pass
    with taken_turn(tmp_path):
        pass
