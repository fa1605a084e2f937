"""Balance transactions: what each movement did to the balance (docs.stripe.com/api/balance_transactions)."""

from __future__ import annotations

from simulator.listing import page
from simulator.params import EXPAND, PAGE, RANGE, TEXT, ident
from simulator.store import Json
from simulator.world import LOCAL, World

RETRIEVE = EXPAND
LIST = {**PAGE, "created": RANGE, "currency": ident, "payout": ident, "source": ident, "type": TEXT}
DELAY = 2 * 86_400  # the payout schedule of a US account: two days
DISPUTE_FEE = 1500
_FEE_PER_MILLE = 29
_FEE_FIXED = 30


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("balance_transaction", ident)


def list_all(world: World, params: Json) -> Json:
    filters = {name: params.get(name) for name in ("currency", "source", "type")}
    if "payout" in params:
        world.need("payout", params["payout"], "payout")
        filters[f"{LOCAL}.payout"] = params["payout"]
    return page(world, "balance_transaction", "/v1/balance_transactions", params, **filters)


def card_fee(amount: int) -> int:
    """2.9 % and 30, rounded half up, in whole minor units (stripe.com/pricing)."""
    return (amount * _FEE_PER_MILLE + 500) // 1000 + _FEE_FIXED


def record(
    world: World, kind: str, source: Json, amount: int, *, fee: int = 0, category: str = "", description: str = ""
) -> Json:
    """Book a movement; a payout moves what is available at once, the rest waits for the schedule."""
    waits = kind in {"charge", "payment"}
    detail = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees" if waits else "Dispute fee",
        "type": "stripe_fee",
    }
    return world.add(
        "txn",
        "balance_transaction",
        amount=amount,
        available_on=world.now + (DELAY if waits else 0),
        balance_type="payments",
        currency=source["currency"],
        description=description or source.get("description"),
        exchange_rate=None,
        fee=fee,
        fee_details=[detail] if fee else [],
        net=amount - fee,
        reporting_category=category or kind,
        source=source["id"],
        status="pending" if waits else "available",
        type=kind,
    )
