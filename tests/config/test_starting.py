"""A malformed environment ends each command with one sentence, and never with a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check"]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("FERNET_KEYS", ""),
        ("FERNET_KEYS", "nonsense"),
        ("HTTPS", "perhaps"),
        ("DATABASE_URL", "mysql://host/name"),
        ("REDIS_URL", "amqp://host"),
        ("PUBLIC_URL", "office.example.com"),
        ("STRIPE_READ_TIMEOUT", "soon"),
        ("TIME_ZONE", "Mars/Olympus"),
    ],
)
def test_a_malformed_variable_is_named(name: str, value: str) -> None:
    run = start(**{name: value})
    assert run.returncode == 2
    assert run.stderr.startswith(f"Midway cannot start: {name}")
    assert len(run.stderr.splitlines()) == 1
