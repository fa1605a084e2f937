"""Lists: newest first, by cursor (docs.stripe.com/api/pagination)."""

from __future__ import annotations

from typing import Any

from simulator.errors import invalid, missing
from simulator.store import Json
from simulator.world import World, public

_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_INDEXED = frozenset({"customer", "payment_intent", "charge"})


def page(world: World, kind: str, url: str, params: Json, **filters: Any) -> Json:
    """A list object; `filters` are top-level fields of the object, `None` for no filter, a list for any of them."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Invalid limit: must be between 1 and 100", "limit", "parameter_invalid_integer")
    where, values = _conditions(params, filters)
    backwards = "ending_before" in params
    if cursor := params.get("ending_before") or params.get("starting_after"):
        condition, at = _after(world, kind, cursor, "ending_before" if backwards else "starting_after")
        where, values = where + condition, values + at
    order = "asc" if backwards else "desc"
    tail = f"order by created {order}, seq {order} limit {limit + 1}"
    found = world.select(kind, where, values, tail)
    data = found[:limit]
    return wrap(url, data[::-1] if backwards else data, has_more=len(found) > limit)


def wrap(url: str, data: list[Json], *, has_more: bool = False) -> Json:
    return {"object": "list", "data": [public(body) for body in data], "has_more": has_more, "url": url}


def _conditions(params: Json, filters: Json) -> tuple[str, list[Any]]:
    where, values = "", []
    created = params.get("created")
    ranges = {"gte": created, "lte": created} if isinstance(created, int) else created or {}
    for name, bound in ranges.items():
        where += f" and created {_OPERATORS[name]} ?"
        values.append(bound)
    for name, wanted in filters.items():
        if wanted is not None:
            choices = wanted if isinstance(wanted, list) else [wanted]
            field = name if name in _INDEXED else f"json_extract(body, '$.{name}')"
            where += f" and {field} in ({', '.join('?' * len(choices))})"
            values += choices
    return where, values


def _after(world: World, kind: str, cursor: str, param: str) -> tuple[str, list[Any]]:
    rows = world.store.rows(
        "select created, seq from objects where id = ? and world = ? and type = ?", (cursor, world.account, kind)
    )
    if not rows:
        raise missing(kind, cursor, param)
    sign = ">" if param == "ending_before" else "<"
    return f" and (created, seq) {sign} (?, ?)", list(rows[0])
