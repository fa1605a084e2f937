"""Customers (docs.stripe.com/api/customers)."""

from __future__ import annotations

from typing import Any

from simulator import ids
from simulator.events import emit
from simulator.listing import page
from simulator.objects import payment_methods, tokens
from simulator.objects.raw_cards import LEGACY_SOURCE
from simulator.params import (
    ADDRESS,
    EXPAND,
    PAGE,
    RANGE,
    SHIPPING,
    TEXT,
    hash_of,
    ident,
    list_of,
    merge_metadata,
    metadata,
    one_of,
    text,
)
from simulator.store import Json
from simulator.world import World

_FIELDS = {
    "address": hash_of(ADDRESS),
    "description": TEXT,
    "email": text(512),
    "invoice_settings": hash_of({"default_payment_method": TEXT, "footer": TEXT}),
    "metadata": metadata,
    "name": text(256),
    "phone": text(20),
    "preferred_locales": list_of(TEXT),
    "shipping": SHIPPING,
    "source": LEGACY_SOURCE,
    "tax_exempt": one_of("exempt", "none", "reverse"),
    **EXPAND,
}
CREATE = {**_FIELDS, "payment_method": ident}
UPDATE = {**_FIELDS, "default_source": ident}
LIST = {**PAGE, "email": TEXT, "created": RANGE}
_PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


def create(world: World, params: Json) -> Json:
    customer = world.add("cus", "customer", **_blank())
    _apply(world, customer, params)
    emit(world, "customer.created", customer)
    if "payment_method" in params:
        payment_methods.attach(world, {"customer": customer["id"]}, params["payment_method"])
    return customer


def retrieve(world: World, params: Json, ident: str) -> Json:
    return (world.find("deleted_customer", ident) and _tombstone(ident)) or world.need("customer", ident)


def update(world: World, params: Json, ident: str) -> Json:
    customer = world.need("customer", ident)
    previous = {name: customer[name] for name in params if name in _PLAIN and customer[name] != params[name]}
    _apply(world, customer, params)
    if "default_source" in params:
        world.need("payment_method", params["default_source"], "default_source")
        customer["default_source"] = params["default_source"]
    emit(world, "customer.updated", customer, previous)
    return customer


def delete(world: World, params: Json, ident: str) -> Json:
    """Its cards go with it; its payments stay (docs.stripe.com/api/customers/delete)."""
    customer = world.need("customer", ident)
    for method in world.related("payment_method", "customer", ident):
        payment_methods.leave(world, method)
    emit(world, "customer.deleted", customer)
    world.save({**customer, "object": "deleted_customer"})
    return _tombstone(ident)


def list_all(world: World, params: Json) -> Json:
    return page(world, "customer", "/v1/customers", params, email=params.get("email"))


def _apply(world: World, customer: Json, params: Json) -> None:
    for name in _PLAIN:
        if name in params:
            customer[name] = params[name]
    if params.get("invoice_settings"):
        default = params["invoice_settings"].get("default_payment_method")
        if default:
            world.need("payment_method", default, "invoice_settings[default_payment_method]")
        customer["invoice_settings"] = {**customer["invoice_settings"], **params["invoice_settings"]}
    if "source" in params:
        method = tokens.saved_card(world, params["source"], customer["id"])
        customer["default_source"] = method["id"]
    customer["metadata"] = merge_metadata(customer["metadata"], params.get("metadata"))
    world.save(customer)


def _blank() -> Json:
    empty = ("address", "currency", "default_source", "description", "discount", "email", "name", "phone", "shipping")
    fields: dict[str, Any] = dict.fromkeys((*empty, "test_clock"))
    settings = dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options"))
    return {
        **fields,
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": ids.random_text(8).upper(),
        "invoice_settings": settings,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }


def _tombstone(ident: str) -> Json:
    return {"id": ident, "object": "customer", "deleted": True}
