"""Tells .ci/run which PostgreSQL and which Redis the suite may use: prints an address, or ends with 1 for none."""

import os
import socket
import sys
from contextlib import suppress

import psycopg
import redis

LOOPBACK = "127.0.0.1"


def postgres_at(port: int) -> str:
    """A server without a password, on which a test database of this run's own may be made."""
    rights = "select rolsuper or rolcreatedb from pg_roles where rolname = current_user"
    for user in ("root", "postgres"):
        with suppress(psycopg.OperationalError):
            server = f"postgres://{user}@{LOOPBACK}:{port}"
            with psycopg.connect(f"{server}/postgres", connect_timeout=2) as connection:
                may_create = connection.execute(rights).fetchone()
            if may_create and may_create[0]:
                return f"{server}/midway_ci_{os.getppid()}"
    return ""


def redis_at(port: int) -> str:
    """A database that is empty, so that nobody's data is in the way."""
    with suppress(redis.RedisError):
        for number in range(15, 0, -1):
            url = f"redis://{LOOPBACK}:{port}/{number}"
            with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
                if client.dbsize() == 0:
                    return url
    return ""


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return str(probe.getsockname()[1])


def main(arguments: list[str]) -> int:
    match arguments:
        case ["postgres", port]:
            answer = postgres_at(int(port))
        case ["redis", port]:
            answer = redis_at(int(port))
        case ["port"]:
            answer = free_port()
        case _:
            answer = ""
    sys.stdout.write(f"{answer}\n" if answer else "")
    return 0 if answer else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
