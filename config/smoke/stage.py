"""An empty Midway in a folder of its own, with free ports and fresh keys: nothing of this machine's is used."""

import json
import os
import secrets
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from cryptography.fernet import Fernet

from config.processes.ports import free_port
from config.processes.surroundings import Ports, Surroundings, look_around

VARIABLE = "MIDWAY_SMOKE"  # says that we are on the stage already, and where everything is
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "MAKELEVEL")


def go_on_stage(arguments: list[str]) -> None:
    """Begins this command anew in the empty surroundings; does not return."""
    data = Path(tempfile.mkdtemp(prefix="midway-smoke-"))
    around = look_around(Ports(free_port(), free_port(), free_port()), only_own=True)
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {
        "DATA_DIR": str(data),
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FERNET_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": f"sqlite:///{data / 'midway.sqlite3'}",
        "REDIS_URL": around.broker_url,
        "STRIPE_API_BASE": around.stripe_url,
        "PUBLIC_URL": around.web_url,
        "HTTPS": "false",
        "LOG_FORMAT": "plain",
        VARIABLE: json.dumps(asdict(around)),
    }
    os.execve(sys.executable, [sys.executable, *arguments], environment)  # noqa: S606 # our own command again


def surroundings() -> Surroundings | None:
    """None while we are not on the stage."""
    text = os.environ.pop(VARIABLE, "")
    return Surroundings(**json.loads(text)) if text else None
