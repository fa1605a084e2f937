"""Tokens and sources: the legacy way to bring a card (docs.stripe.com/api/tokens)."""

from __future__ import annotations

from typing import Any

from simulator import declines
from simulator.cards import TestCard
from simulator.errors import missing, refused
from simulator.objects import payment_methods, raw_cards
from simulator.params import EXPAND, hash_of
from simulator.store import Json
from simulator.world import LOCAL, World

CREATE = {"card": hash_of(raw_cards.CARD, needs=("number",)), **EXPAND}


def create(world: World, params: Json) -> Json:
    card = raw_cards.read(world, params.get("card") or {})
    given = {name: params["card"][name] for name in ("exp_month", "exp_year")}
    fresh = payment_methods.fresh(world, card, "card")
    fresh["card"].update(given)
    return world.add(
        "tok",
        "token",
        card=_legacy_card(fresh),
        client_ip=None,
        type="card",
        used=False,
        **{LOCAL: {"method": fresh["id"]}},
    )


def saved_card(world: World, source: Any, customer: str) -> Json:
    """A source put on a customer: it becomes a card of theirs."""
    method = method_of(world, source)
    declines.refuse_unattachable(method)
    return payment_methods.join(world, method, customer)


def method_of(world: World, source: Any) -> Json:
    """The card behind `tok_…`, `card_…`, `pm_…` or, where the account may send one, a number."""
    if isinstance(source, dict):
        return payment_methods.fresh(world, raw_cards.read(world, source), "card")
    if source.startswith("tok_"):
        return _spend(world, source)
    return payment_methods.need(world, source, "source")


def _spend(world: World, ident: str) -> Json:
    token = world.find("token", ident)
    if token is None:
        card: TestCard = raw_cards.by_token(ident, "source")
        return payment_methods.fresh(world, card, "card")
    if token["used"]:
        raise refused(f"You cannot use a Stripe token more than once: {ident}.", "token_already_used", "source")
    token["used"] = True
    world.save(token)
    method = world.find("payment_method", token[LOCAL]["method"])
    if method is None:
        raise missing("token", ident, "source")
    return method


def _legacy_card(method: Json) -> Json:
    names = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    card = {name: method["card"][name] for name in names}
    card["brand"] = {"visa": "Visa", "mastercard": "MasterCard", "amex": "American Express"}.get(
        card["brand"], card["brand"].title()
    )
    empty = ("address_city", "address_country", "address_line1", "address_line1_check", "address_line2")
    more = ("address_state", "address_zip", "address_zip_check", "dynamic_last4", "name", "tokenization_method")
    return {
        "id": method["id"],
        "object": "card",
        **dict.fromkeys(empty + more),
        "cvc_check": "pass",
        "metadata": {},
        **card,
    }
