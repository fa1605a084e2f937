"""A run of one of our long commands, watched from outside as its user would."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from cryptography.fernet import Fernet

from config.processes.ports import free_port

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 90.0


def environment(data: Path, **more: str) -> dict[str, str]:
    """Nothing of the suite's: the environment of a newcomer, with ports and a folder of the test's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(data),
        "SECRET_KEY": "a key of a test that signs nothing else, and long enough for Django",
        "FERNET_KEYS": Fernet.generate_key().decode(),
        "PORT": str(free_port()),
        "LOCAL_STRIPE_PORT": str(free_port()),
    }
    return {**kept, **own, **more}


def processes_of(data: Path) -> list[str]:
    """Every process whose environment names the folder; each of ours inherits it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={data}\0" in (folder / "environ").read_text(errors="replace"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return [command for command in found if command]  # an ended process that nobody has asked about has no words


def wait_until_gone(data: Path, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (left := processes_of(data)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


class Demo:
    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.data = Path(variables["DATA_DIR"])
        self.data.mkdir(parents=True, exist_ok=True)
        self.log = self.data / "demo.out"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=ROOT,
                env=variables,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def words(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.variables['PORT']}"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while "Midway is ready" not in self.words:
            assert self.process.poll() is None, self.words
            assert time.monotonic() < deadline, self.words
            time.sleep(0.1)

    def sign_in_shown(self) -> tuple[str, str]:
        shown = re.search(r"user (\S+), password (\S+)", self.words)
        assert shown, self.words
        return shown[1], shown[2]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)
