"""Webhook deliveries: a queue in the store, signed posts, retries (docs.stripe.com/webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch

from simulator.store import Json, Store
from simulator.world import LOCAL, World, public

Post = Callable[[str, dict[str, str], bytes], int]
"""Sends a body to a URL and returns the status; 0 when nobody answered."""

BACK_OFF = (1, 5, 30, 120, 600, 3600, 10800)  # seconds; Stripe retries for three days, a developer will not wait
SETTING = "webhooks"


@dataclass(frozen=True)
class Manners:
    """How badly webhooks behave: late, twice, out of order, lost."""

    delay: int = 0
    duplicate: int = 0
    reorder: bool = False
    drop: list[str] = field(default_factory=list)
    drop_every: int = 0

    @classmethod
    def of(cls, store: Store) -> Manners:
        return cls(**store.setting(SETTING, {}))

    def keep(self, store: Store) -> None:
        store.keep_setting(SETTING, asdict(self))


@dataclass(frozen=True)
class Delivery:
    seq: int
    world: str
    endpoint: str
    event: str
    due: int
    attempts: int


def enqueue(world: World, event: Json) -> int:
    """Queue an event for the endpoints that want it; how many there are."""
    endpoints = [*_own_endpoints(world), *_platform_endpoints(world)]
    wanted = [ident for ident, body in endpoints if _listens(body, event["type"])]
    if wanted:
        manners = Manners.of(world.store)
        for endpoint in wanted:
            _queue(world, endpoint, event, manners)
    return len(wanted)


def resend(store: Store, event: Json, world: str, now: int) -> int:
    """Queue an event once more for the endpoints that it went to, or all that listen when it went to none."""
    sql = "select distinct endpoint from deliveries where event = ?"
    endpoints = [row[0] for row in store.rows(sql, (event["id"],))]
    if not endpoints:
        found = [*_endpoints(store, world, connect=False), *_linked_endpoints(store, world)]
        endpoints = [ident for ident, body in found if _listens(body, event["type"])]
    for endpoint in endpoints:
        _insert(store, world, endpoint, event["id"], now, "pending")
    return len(endpoints)


def pending(store: Store, until: int | None = None) -> list[Delivery]:
    """What still has to go out, in the order in which it will."""
    sql = (
        "select seq, world, endpoint, event, due, attempts from deliveries "
        "where state = 'pending' and due <= ? order by due, seq"
    )
    found = [Delivery(*row) for row in store.rows(sql, (2**62 if until is None else until,))]
    return found[::-1] if Manners.of(store).reorder else found


def deliver(store: Store, post: Post, now: int) -> list[tuple[str, int]]:
    """Send all that is due: the event ids with the status that each got. The store stays free meanwhile."""
    sent = []
    for delivery in pending(store, now):
        message = _message(store, delivery)
        status = 410 if message is None else post(*message)
        _settle(store, delivery, status, now)
        sent.append((delivery.event, status))
    return sent


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """docs.stripe.com/webhooks/signature: HMAC-SHA256 over the time, a dot and the raw body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def _message(store: Store, delivery: Delivery) -> tuple[str, dict[str, str], bytes] | None:
    endpoint, event = store.load(delivery.endpoint), store.load(delivery.event)
    if endpoint is None or event is None or endpoint[1].get("status") != "enabled":
        return None
    payload = {**public(event[1]), "api_version": endpoint[1]["api_version"] or event[1]["api_version"]}
    if endpoint[0] != event[0]:
        payload["account"] = event[0]
    body = json.dumps(payload, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": sign(body, endpoint[1][LOCAL]["secret"], int(time.time())),  # the receiver's clock is real
    }
    return endpoint[1]["url"], headers, body


def _settle(store: Store, delivery: Delivery, status: int, now: int) -> None:
    done = 200 <= status < 300
    spent = delivery.attempts >= len(BACK_OFF) or status == 410
    state = "sent" if done else "given_up" if spent else "pending"
    due = delivery.due if done or spent else now + BACK_OFF[delivery.attempts]
    with store.transaction():
        sql = "update deliveries set state = ?, due = ?, attempts = attempts + 1 where seq = ?"
        store.write(sql, (state, due, delivery.seq))
        if state != "pending":
            _count_down(store, delivery.event)


def _count_down(store: Store, event_id: str) -> None:
    found = store.load(event_id)
    if found and found[1]["pending_webhooks"] > 0:
        found[1]["pending_webhooks"] -= 1
        store.save(*found)


def _queue(world: World, endpoint: str, event: Json, manners: Manners) -> None:
    due = world.now + manners.delay
    state = "dropped" if _is_dropped(world.store, event["type"], manners) else "pending"
    for _ in range(1 + manners.duplicate):
        _insert(world.store, world.account, endpoint, event["id"], due, state)


def _is_dropped(store: Store, kind: str, manners: Manners) -> bool:
    if any(fnmatch(kind, pattern) for pattern in manners.drop):
        return True
    if manners.drop_every <= 0:
        return False
    last = store.rows("select coalesce(max(seq), 0) from deliveries")[0][0]
    return bool((last + 1) % manners.drop_every == 0)


def _insert(store: Store, world: str, endpoint: str, event: str, due: int, state: str) -> None:
    sql = "insert into deliveries (world, endpoint, event, due, state) values (?, ?, ?, ?, ?)"
    store.write(sql, (world, endpoint, event, due, state))


def _listens(endpoint: Json, kind: str) -> bool:
    wanted = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in wanted or kind in wanted)


def _own_endpoints(world: World) -> Iterable[tuple[str, Json]]:
    return _endpoints(world.store, world.account, connect=False)


def _platform_endpoints(world: World) -> Iterable[tuple[str, Json]]:
    return _linked_endpoints(world.store, world.account)


def _linked_endpoints(store: Store, account: str) -> list[tuple[str, Json]]:
    platforms = store.rows("select platform from links where account = ?", (account,))
    return [found for (platform,) in platforms for found in _endpoints(store, platform, connect=True)]


def _endpoints(store: Store, world: str, *, connect: bool) -> list[tuple[str, Json]]:
    sql = "select id, body from objects where world = ? and type = 'webhook_endpoint' order by seq"
    found = [(ident, json.loads(text)) for ident, text in store.rows(sql, (world,))]
    return [(ident, body) for ident, body in found if body[LOCAL]["connect"] == connect]
