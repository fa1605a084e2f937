"""Webhook endpoints; the secret is shown once, at creation (docs.stripe.com/api/webhook_endpoints)."""

from __future__ import annotations

from simulator import ids
from simulator.errors import invalid
from simulator.listing import page
from simulator.params import EXPAND, PAGE, TEXT, boolean, ident, list_of, merge_metadata, metadata
from simulator.store import Json
from simulator.world import LOCAL, World

_FIELDS = {"description": TEXT, "enabled_events": list_of(ident), "metadata": metadata, "url": ident, **EXPAND}
CREATE = {**_FIELDS, "api_version": ident, "connect": boolean}
UPDATE = {**_FIELDS, "disabled": boolean}
LIST = PAGE


def create(world: World, params: Json) -> Json:
    _check_url(params["url"])
    secret = f"whsec_{ids.random_text(32)}"
    endpoint = world.add(
        "we",
        "webhook_endpoint",
        api_version=params.get("api_version"),
        application=None,
        description=params.get("description"),
        enabled_events=params["enabled_events"],
        metadata=merge_metadata({}, params.get("metadata")),
        status="enabled",
        url=params["url"],
        **{LOCAL: {"secret": secret, "connect": params.get("connect", False)}},
    )
    return {**endpoint, "secret": secret}


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("webhook_endpoint", ident)


def update(world: World, params: Json, ident: str) -> Json:
    endpoint = world.need("webhook_endpoint", ident)
    if "url" in params:
        _check_url(params["url"])
    endpoint.update({name: params[name] for name in ("description", "enabled_events", "url") if name in params})
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], params.get("metadata"))
    return world.save(endpoint)


def delete(world: World, params: Json, ident: str) -> Json:
    endpoint = world.need("webhook_endpoint", ident)
    world.save({**endpoint, "object": "deleted_webhook_endpoint", "status": "disabled"})
    return {"id": ident, "object": "webhook_endpoint", "deleted": True}


def list_all(world: World, params: Json) -> Json:
    return page(world, "webhook_endpoint", "/v1/webhook_endpoints", params)


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
