"""Events: what changed, kept for a list and handed to the webhooks (docs.stripe.com/api/events)."""

from __future__ import annotations

import copy

from simulator import deliveries
from simulator.store import Json
from simulator.world import DEFAULT_VERSION, World, public


def emit(world: World, kind: str, body: Json, previous: Json | None = None) -> Json:
    """Store the event with the object as it is now, and queue it for every endpoint that listens."""
    data: Json = {"object": copy.deepcopy(public(body))}
    if previous:
        data["previous_attributes"] = previous
    event = world.add(
        "evt",
        "event",
        api_version=DEFAULT_VERSION,
        data=data,
        pending_webhooks=0,
        request={"id": world.request_id, "idempotency_key": world.idempotency_key},
        type=kind,
    )
    if world.connected:
        event["account"] = world.account
    event["pending_webhooks"] = deliveries.enqueue(world, event)
    return event
