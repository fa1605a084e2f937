"""`expand`: an id becomes the object that it names (docs.stripe.com/api/expanding_objects)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.errors import StripeError, invalid
from simulator.listing import wrap
from simulator.store import Json
from simulator.world import World, public

PLAIN = frozenset({("charge", "payment_method")})  # an id that Stripe's description does not call expandable


def expand(world: World, body: Json, paths: Iterable[str]) -> Json:
    """A copy of the answer with every path expanded; shared objects stay untouched."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4:
            words = f"You cannot expand more than 4 levels of a property. Property: {path}"
            raise invalid(words, "expand", "property_expansion_max_depth")
        body = _walk(world, body, steps, path)
    return body


def _walk(world: World, body: Any, steps: list[str], path: str) -> Any:
    if not steps or body is None:
        return body
    if isinstance(body, list):
        return [_walk(world, item, steps, path) for item in body]
    if isinstance(body, str):
        raise _not_expandable(path)
    name, rest = steps[0], steps[1:]
    if name == "refunds" and body.get("object") == "charge":
        return {**body, "refunds": _refunds(world, body)}
    if name not in body or (body.get("object"), name) in PLAIN:
        raise _not_expandable(path)
    return {**body, name: _walk(world, _resolve(world, body[name], path, last=not rest), rest, path)}


def _resolve(world: World, value: Any, path: str, *, last: bool) -> Any:
    if isinstance(value, str):
        found = world.get(value)
        if found is None:
            raise _not_expandable(path)
        return public(found)
    if last and not isinstance(value, dict | list | None):
        raise _not_expandable(path)
    return value


def _refunds(world: World, charge: Json) -> Json:
    found = world.related("refund", "charge", charge["id"])[::-1]
    return wrap(f"/v1/charges/{charge['id']}/refunds", found)


def _not_expandable(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
