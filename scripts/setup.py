"""Builds .venv from the hash-pinned requirements, once, and writes .env if there is none. Standard library only."""

import base64
import fcntl
import hashlib
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "setup.log"
INSTALLS = {"demo": "what the demo needs", "dev": "what the demo, the tests and the checks need"}
INCLUDED_IN = {"demo": ("demo", "dev"), "dev": ("dev",)}

NO_NETWORK = re.compile(r"NewConnectionError|NameResolutionError|ConnectTimeout|Read timed out|ProxyError|SSLError")
REMEDIES = [
    (NO_NETWORK, "pip reached no package index. Only the first start needs the network: connect, and try again."),
    (re.compile(r"DO NOT MATCH THE HASHES"), "A package differs from the one that requirements/ pins: do not use it."),
    (re.compile(r"No space left|Errno 28"), "The disk is full: the environment takes about 400 MB."),
    (re.compile(r"No matching distribution"), "The package index has no package for this Python and this machine."),
]


class CannotSetUp(Exception):
    pass


def say(text: str, *, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of one folder take turns."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this folder is at work; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def requirements(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def fingerprint(name: str) -> str:
    """Changes with the requirements and with the folder, because a virtual environment cannot be moved."""
    return hashlib.sha256(requirements(name).read_bytes() + str(ROOT).encode()).hexdigest()


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def is_installed(name: str) -> bool:
    if not (VENV / "bin" / "python").exists():
        return False
    return any(stamp(each).is_file() and stamp(each).read_text() == fingerprint(each) for each in INCLUDED_IN[name])


def is_usable() -> bool:
    probe = [str(VENV / "bin" / "python"), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_environment() -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"Making the virtual environment .venv with Python {version} …", end="")
    started = time.monotonic()
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        say("")
        raise CannotSetUp(f"Python could not make .venv: {(made.stdout + made.stderr).strip()}")
    say(f" {time.monotonic() - started:.0f} s")


def install(name: str) -> None:
    wanted = len(re.findall(r"^[A-Za-z0-9]", requirements(name).read_text(), re.MULTILINE))
    say(f"Installing {wanted} packages: {INSTALLS[name]}. Only this once.")
    started = time.monotonic()
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--retries", "2", "-r", str(requirements(name))]
    with LOG.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
        show_progress(pip, log, wanted)
    if pip.wait():
        raise CannotSetUp(explain(LOG.read_text(encoding="utf-8")))
    stamp(name).write_text(fingerprint(name))
    say(f"Installed in {time.monotonic() - started:.0f} s.")


def show_progress(pip: "subprocess.Popen[str]", log: TextIO, wanted: int) -> None:
    seen = 0
    for line in pip.stdout or ():
        log.write(line)
        if line.startswith(("Collecting ", "Requirement already satisfied")):
            seen += 1
            if sys.stdout.isatty():
                say(f"\r  {seen} of {wanted} found", end="")
            elif seen % 20 == 0:
                say(f"  {seen} of {wanted} found")
        elif line.startswith("Installing collected packages"):
            say(f"{chr(13) if sys.stdout.isatty() else ''}  all found, unpacking …      ")


def explain(output: str) -> str:
    for pattern, remedy in REMEDIES:
        if pattern.search(output):
            return f"{remedy} pip's own words are in {LOG.relative_to(ROOT)}."
    tail = "\n".join(f"  {line}" for line in output.strip().splitlines()[-8:])
    return f"pip failed:\n{tail}\nAll of its words are in {LOG.relative_to(ROOT)}."


def write_settings() -> None:
    """Keys of this machine's own, readable by its owner alone."""
    lines = [
        "# Written by `make setup`; .env.example explains each variable.",
        f"SECRET_KEY={secrets.token_urlsafe(48)}",
        f"FERNET_KEYS={base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
        "HTTPS=false",
        "LOG_FORMAT=plain",
    ]
    try:
        file = os.open(ROOT / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(file, "w") as target:
        target.write("\n".join(lines) + "\n")
    say("Wrote .env with fresh keys.")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in INSTALLS:
        say(f"Say which set to install: {' or '.join(INSTALLS)}.")
        return 2
    try:
        with alone():
            if not is_installed(arguments[0]):
                if not is_usable():
                    make_environment()
                install(arguments[0])
            write_settings()
    except CannotSetUp as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. Run the same command again to go on.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
