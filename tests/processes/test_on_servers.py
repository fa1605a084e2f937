"""The same command on PostgreSQL and Redis, as `DATABASE_URL` and `REDIS_URL` name them."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from psycopg import sql

from config.processes.programs import broker_answers
from config.smoke.operator import Operator
from tests.processes.conftest import StartDemo
from tests.processes.runs import environment, processes_of

DATABASE = os.environ.get("TEST_DATABASE_URL", "")
REDIS = os.environ.get("TEST_REDIS_URL", "")

pytestmark = [
    pytest.mark.processes,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not (DATABASE and REDIS), reason="needs TEST_DATABASE_URL and TEST_REDIS_URL"),
]


@pytest.fixture
def empty_database() -> Iterator[str]:
    """A database of this test's own, beside the suite's."""
    parts = urlsplit(DATABASE)
    name = f"{parts.path.strip('/')}_demo_{os.getpid()}"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield urlunsplit(parts._replace(path=f"/{name}"))
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def shared_broker() -> Iterator[str]:
    """The broker that was given, left as it was found."""
    with redis.Redis.from_url(REDIS, decode_responses=True) as server:
        before = set(server.scan_iter())
        yield REDIS
        if ours := set(server.scan_iter()) - before:
            server.delete(*ours)


def test_it_runs_on_the_servers_that_are_given(
    start_demo: StartDemo, empty_database: str, shared_broker: str, tmp_path: Path
) -> None:
    variables = environment(tmp_path, DATABASE_URL=empty_database, REDIS_URL=shared_broker)
    demo = start_demo(variables)
    demo.wait_until_ready()
    user, password = demo.sign_in_shown()
    assert password != "midway-demo", "a server may be reached by others, who know that word"
    Operator(demo.url).sign_in(user, password)
    assert not (tmp_path / "broker").exists()
    assert not (tmp_path / "midway.sqlite3").exists()
    assert demo.stop() == 0

    again = start_demo(variables)
    again.wait_until_ready()
    assert "with the password that was printed when the user was made" in again.words
    Operator(again.url).sign_in(user, password)
    assert again.stop() == 0
    assert processes_of(tmp_path) == []
    assert broker_answers(shared_broker), "a broker that is not ours goes on"
