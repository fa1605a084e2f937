"""The core: one request in, one answer out, whichever door it came through."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator import control, deliveries, idempotency, keys, pages, timers
from simulator.clock import Clock
from simulator.deliveries import Delivery, Post
from simulator.endpoints import route
from simulator.errors import StripeError, broken, rate_limited, unauthorized
from simulator.expand import expand
from simulator.faults import ConnectionReset, Fault, Faults, TimedOut
from simulator.ids import new_id
from simulator.journal import Journal
from simulator.limits import RateLimiter
from simulator.messages import Request, Response
from simulator.objects import accounts
from simulator.params import read
from simulator.store import Json, Store
from simulator.world import DEFAULT_VERSION, World, public

Observer = Callable[[str, str, str, int, Any], None]
"""Called as (method, path and query, request body, status, answer) for every handled request."""

_PUBLISHABLE = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your "
    "API keys at https://dashboard.stripe.com/account/apikeys."
)

PAST_RESTS = 2  # seconds: while somebody writes the past (Local-Clock), the present does not overtake it


class LocalStripe:
    """Stripe's API over a store of its own. Safe to share between threads."""

    def __init__(
        self,
        path: str | Path = ":memory:",
        clock: Clock | None = None,
        *,
        observers: Sequence[Observer] = (),
        rate_limit: int | None = None,
        base_url: str = "http://local-stripe",
    ) -> None:
        self.store = Store(path)
        self.clock = clock or Clock(int(self.store.setting("clock", 0)))
        self.clock.listeners.append(self._keep_clock)
        self.faults = Faults()
        self.journal = Journal()
        self.limiter = RateLimiter(rate_limit)
        self.observers: list[Observer] = list(observers)
        self.base_url = base_url
        self._past_written: float = -PAST_RESTS
        self._idempotency = idempotency.Idempotency(self.store)

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Answer a request; may raise ConnectionReset or TimedOut where the fault script says so."""
        request = Request.build(method, path, headers, body)
        if request.path in {"/", "/favicon.ico"} or request.path.startswith("/_local"):
            return self._serve_local(request)
        request_id = new_id("req")
        try:
            answer = self._answer(request, request_id)
        except StripeError as error:
            answer = self._finish(request, _refusal(error, request_id))
        return answer.adding(Request_Id=request_id, Stripe_Version=request.header("stripe-version") or DEFAULT_VERSION)

    def pending_deliveries(self) -> list[Delivery]:
        """Webhooks that still have to go out, due or not."""
        return deliveries.pending(self.store)

    def deliver(self, post: Post) -> list[tuple[str, int]]:
        """Send the webhooks that are due; (event id, status) of each."""
        if time.monotonic() - self._past_written > PAST_RESTS:
            self.run_timers()
        return deliveries.deliver(self.store, post, self.clock.now())

    def run_timers(self) -> int:
        """Let everything happen that the clock has reached; requests do so by themselves."""
        with self.store.transaction():
            return timers.run(self.store, self.clock.now(), self.world)

    def world(self, account: str, now: int | None = None) -> World:
        """The objects of an account, outside any request; `flush` what you change."""
        moment = self.clock.now() if now is None else now
        return World(self.store, account, moment, base_url=self.base_url)

    def close(self) -> None:
        self.store.close()

    def _keep_clock(self, offset: int) -> None:
        self.store.keep_setting("clock", offset)

    def _serve_local(self, request: Request) -> Response:
        page = pages.serve(self, request)
        return page if page is not None else control.serve(self, request)

    def _answer(self, request: Request, request_id: str) -> Response:
        world, publishable = self._enter(request, request_id)
        endpoint, path_ids = route(request.method, request.path)
        if publishable and not endpoint.publishable:
            raise unauthorized(_PUBLISHABLE, "secret_key_required")
        self.limiter.check(world.account, f"{endpoint.method} {endpoint.path}")
        fired = self.faults.pick(request.method, request.path, _key_of(request))
        if request.method == "GET" or not world.idempotency_key:
            return self._with_faults(request, world, fired, lambda: self._execute(request, world, path_ids, fired))
        idempotency.check_key(world.idempotency_key)
        with self._idempotency.claim(world.account, world.idempotency_key):
            return self._with_faults(request, world, fired, lambda: self._execute(request, world, path_ids, fired))

    def _enter(self, request: Request, request_id: str) -> tuple[World, bool]:
        """Who calls, and on whose account."""
        caller = keys.identify(request.header("authorization"))
        if caller.key in self.store.setting("revoked", []):
            raise keys.expired(caller.key)
        override = request.header("local-clock")
        now = int(override) if override.isdigit() else self.clock.now()
        if now < self.clock.now():
            self._past_written = time.monotonic()
        world = World(self.store, caller.account, now, caller.name, request_id, base_url=self.base_url)
        world.idempotency_key = request.header("idempotency-key") or None
        connected = request.header("stripe-account")
        if connected and connected != caller.account:
            world = self._connect(world, keys.connected_account(connected, caller.key), caller.key)
        return world, caller.publishable

    def _connect(self, platform: World, account: str, key: str) -> World:
        world = replace(platform, account=account, name="", connected=True, changed={}, _loaded={})
        if not accounts.switch(world, "accessible"):
            raise keys.no_access(account, key)
        sql = "insert or ignore into links (platform, account) values (?, ?)"
        self.store.write(sql, (platform.account, account))
        return world

    def _with_faults(
        self, request: Request, world: World, fired: list[Fault], execute: Callable[[], Response]
    ) -> Response:
        for fault in fired:
            if fault.kind == "latency":
                time.sleep(fault.seconds)
            elif fault.when == "before":
                return self._break(request, world, fault)
        answer = self._finish(request, execute())
        for fault in fired:
            if fault.when == "after" and fault.kind != "latency":
                return self._break(request, world, fault)
        return answer

    def _break(self, request: Request, world: World, fault: Fault) -> Response:
        """What the caller sees of a fault."""
        if fault.kind == "reset":
            raise ConnectionReset(request.path)
        if fault.kind == "timeout":
            raise TimedOut(request.path)
        if fault.kind == "malformed":
            return Response(fault.status, {"Content-Type": "text/html"}, fault.body.encode())
        error = rate_limited(fault.code, fault.should_retry) if fault.kind == "rate_limit" else broken()
        answer = Response.of_json(error.status, error.body(), error.headers)
        if fault.kind == "error" and fault.when == "before" and fault.stored and world.idempotency_key:
            with self.store.transaction():
                self._keep(request, world, answer)
        return answer

    def _execute(self, request: Request, world: World, path_ids: tuple[str, ...], fired: list[Fault]) -> Response:
        """Do the work in one transaction, or replay what is kept for the key."""
        with self.store.transaction():
            timers.run(self.store, min(world.now, self.clock.now()), self.world)
            keyed = request.method != "GET" and world.idempotency_key is not None
            if keyed:
                kept = self._idempotency.replay(world.account, world.idempotency_key or "", request, world.now)
                if kept is not None:
                    return kept
            answer = self._work(request, world, path_ids)
            world.flush()
            if keyed:
                stored = any(fault.kind == "error" and fault.when == "after" and fault.stored for fault in fired)
                self._keep(request, world, Response.of_json(500, broken().body()) if stored else answer)
            return answer

    def _work(self, request: Request, world: World, path_ids: tuple[str, ...]) -> Response:
        endpoint, _ = route(request.method, request.path)
        params = read(request.form(), endpoint.takes, endpoint.needs)
        paths = params.pop("expand", [])
        try:
            body: Json = endpoint.handler(world, params, *path_ids)
        except StripeError as error:
            if not error.executed:
                raise
            return _refusal(error, world.request_id or "")
        shown = public(body)
        return Response.of_json(200, expand(world, shown, paths) if paths else shown)

    def _keep(self, request: Request, world: World, answer: Response) -> None:
        kept = (world.request_id or "", answer.status, answer.body)
        self._idempotency.keep(world.account, world.idempotency_key or "", request, world.now, kept)

    def _finish(self, request: Request, answer: Response) -> Response:
        """Tell the journal and the observers."""
        self.journal.add(self.clock.now(), request, answer)
        if self.observers:
            body, value = request.body.decode("utf-8", "replace"), answer.json()
            for observer in self.observers:
                observer(request.method, request.target, body, answer.status, value)
        return answer


def _refusal(error: StripeError, request_id: str) -> Response:
    log = f"https://dashboard.stripe.com/test/logs/{request_id}"
    body = {"error": {**error.fields, "request_log_url": log}}
    return Response.of_json(error.status, body, error.headers)


def _key_of(request: Request) -> str:
    return request.header("authorization").partition(" ")[2].strip()
