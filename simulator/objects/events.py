"""The list of events (docs.stripe.com/api/events)."""

from __future__ import annotations

from simulator.listing import page
from simulator.params import EXPAND, PAGE, RANGE, TEXT, boolean, list_of
from simulator.store import Json
from simulator.world import World

RETRIEVE = EXPAND
LIST = {**PAGE, "created": RANGE, "type": TEXT, "types": list_of(TEXT), "delivery_success": boolean}


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("event", ident)


def list_all(world: World, params: Json) -> Json:
    wanted = params.get("types") or ([params["type"]] if params.get("type") else None)
    return page(world, "event", "/v1/events", params, type=wanted)
