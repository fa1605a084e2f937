"""Payment methods: cards, saved or not (docs.stripe.com/api/payment_methods)."""

from __future__ import annotations

from simulator import cards, declines, ids
from simulator.cards import TestCard
from simulator.errors import invalid, missing, refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import raw_cards
from simulator.params import BILLING_DETAILS, EXPAND, PAGE, hash_of, ident, integer, merge_metadata, metadata, one_of
from simulator.store import Json
from simulator.world import LOCAL, World

_REDISPLAY = one_of("always", "limited", "unspecified")
DATA = {
    "type": one_of("card"),
    "card": raw_cards.NUMBER_OR_TOKEN,
    "billing_details": BILLING_DETAILS,
    "metadata": metadata,
    "allow_redisplay": _REDISPLAY,
}
CREATE = {**DATA, **EXPAND}
UPDATE = {
    "billing_details": BILLING_DETAILS,
    "card": hash_of({"exp_month": integer, "exp_year": integer}),
    "metadata": metadata,
    "allow_redisplay": _REDISPLAY,
    **EXPAND,
}
ATTACH = {"customer": ident, **EXPAND}
LIST = {**PAGE, "customer": ident, "type": one_of("card"), "allow_redisplay": _REDISPLAY}

_SPENT = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
    "a PaymentMethod multiple times, you must attach it to a Customer first."
)


def create(world: World, params: Json) -> Json:
    return from_data(world, params)


def retrieve(world: World, params: Json, ident: str) -> Json:
    return need(world, ident, "payment_method")


def update(world: World, params: Json, ident: str) -> Json:
    method = world.need("payment_method", ident)
    if params.get("card"):
        method["card"].update(params["card"])
    if params.get("billing_details"):
        method["billing_details"] = _billing({**method["billing_details"], **params["billing_details"]})
    method["metadata"] = merge_metadata(method["metadata"], params.get("metadata"))
    method["allow_redisplay"] = params.get("allow_redisplay", method["allow_redisplay"])
    emit(world, "payment_method.updated", world.save(method))
    return method


def attach(world: World, params: Json, ident: str) -> Json:
    method = need(world, ident, "payment_method")
    customer = world.need("customer", params["customer"], "customer")
    if method["customer"]:
        words = "The payment method you provided has already been attached to a customer."
        raise refused(words, "payment_method_unexpected_state" if method["customer"] != customer["id"] else None)
    if method[LOCAL]["spent"]:
        raise refused(_SPENT)
    declines.refuse_unattachable(method)
    return join(world, method, customer["id"])


def detach(world: World, params: Json, ident: str) -> Json:
    method = world.need("payment_method", ident)
    if not method["customer"]:
        words = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise refused(words, "payment_method_unexpected_state")
    return leave(world, method)


def list_all(world: World, params: Json) -> Json:
    customer = params.get("customer")
    if customer:
        world.need("customer", customer, "customer")
    return page(world, "payment_method", "/v1/payment_methods", params, customer=customer)


def list_of_customer(world: World, params: Json, customer: str) -> Json:
    world.need("customer", customer, "customer")
    url = f"/v1/customers/{customer}/payment_methods"
    return page(world, "payment_method", url, params, customer=customer)


def retrieve_of_customer(world: World, params: Json, customer: str, ident: str) -> Json:
    method = world.need("payment_method", ident)
    if method["customer"] != customer:
        raise missing("payment_method", ident)
    return method


def need(world: World, ident: str, param: str) -> Json:
    """A payment method by id; each use of `pm_card_…` makes a fresh one, as Stripe does."""
    card = cards.by_name(ident.removeprefix("pm_card_")) if ident.startswith("pm_card_") else None
    return fresh(world, card) if card else world.need("payment_method", ident, param)


def from_data(world: World, data: Json) -> Json:
    """A payment method of `type=card` with a token, or a number where the account may send one."""
    if "card" not in data:
        raise invalid("Missing required param: card.", "card", "parameter_missing")
    given = data["card"] or {}
    token = given.get("token")
    card = raw_cards.by_token(token, "card[token]") if token else raw_cards.read(world, given)
    method = fresh(world, card)
    for name in ("exp_month", "exp_year"):
        method["card"][name] = given.get(name, method["card"][name])
    method["billing_details"] = _billing(data.get("billing_details") or {})
    method["metadata"] = merge_metadata({}, data.get("metadata"))
    method["allow_redisplay"] = data.get("allow_redisplay", "unspecified")
    return method


def fresh(world: World, card: TestCard, prefix: str = "pm") -> Json:
    return world.add(
        prefix,
        "payment_method",
        allow_redisplay="unspecified",
        billing_details=_billing({}),
        card=_card(world, card),
        customer=None,
        metadata={},
        type="card",
        **{LOCAL: {"card": card.name, "set_up": False, "spent": False}},
    )


def test_card(method: Json) -> TestCard:
    """The behaviour behind a payment method."""
    return cards.by_name(method[LOCAL]["card"]) or cards.CARDS[0]


def join(world: World, method: Json, customer: str) -> Json:
    method["customer"] = customer
    emit(world, "payment_method.attached", world.save(method))
    return method


def leave(world: World, method: Json) -> Json:
    previous = {"customer": method["customer"]}
    method["customer"] = None
    method[LOCAL]["spent"] = True
    emit(world, "payment_method.detached", world.save(method), previous)
    return method


def check_usable(method: Json, customer: str | None, where: str) -> None:
    """A saved card serves its own customer alone; an unsaved one serves once."""
    owner = method["customer"]
    if owner and not customer:
        words = (
            f"The `payment_method` parameter supplied {method['id']} belongs to the Customer {owner}. Please include "
            f"the Customer in the `customer` parameter on the {where}."
        )
        raise invalid(words, "payment_method")
    if owner and owner != customer:
        words = (
            f"The payment method supplied ({method['id']}) belongs to a different Customer than the one on this "
            f"{where} ({customer}). Please use this payment method with the Customer that it belongs to instead."
        )
        raise invalid(words, "payment_method")
    if not owner and method[LOCAL]["spent"]:
        raise invalid(_SPENT, "payment_method")


def _card(world: World, card: TestCard) -> Json:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": "american_express" if card.brand == "amex" else card.brand,
        "exp_month": 12,
        "exp_year": 1970 + world.now // 31_556_952 + 4,
        "fingerprint": ids.stable_id("", f"card {card.number}"),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _billing(given: Json) -> Json:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    fields = dict.fromkeys(("email", "name", "phone", "tax_id"))
    return {**fields, **given, "address": {**address, **(given.get("address") or {})}}
