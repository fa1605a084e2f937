"""Payouts: available funds sent to the bank (docs.stripe.com/api/payouts)."""

from __future__ import annotations

from simulator import currencies
from simulator.errors import refused
from simulator.events import emit
from simulator.listing import page
from simulator.objects import accounts, balance, balance_transactions
from simulator.params import EXPAND, PAGE, RANGE, TEXT, ident, merge_metadata, metadata, one_of, positive
from simulator.store import Json
from simulator.world import LOCAL, World

CREATE = {
    "amount": positive,
    "currency": currencies.currency,
    "description": TEXT,
    "metadata": metadata,
    "method": one_of("standard", "instant"),
    "statement_descriptor": TEXT,
    **EXPAND,
}
RETRIEVE = EXPAND
LIST = {**PAGE, "created": RANGE, "arrival_date": RANGE, "status": TEXT, "destination": ident}
TRAVELS = 2 * 86_400


def create(world: World, params: Json) -> Json:
    """A payout by hand, out of what is available."""
    available, _ = balance.sums(world)
    if params["amount"] > available.get(params["currency"], 0):
        words = (
            "You have insufficient funds in your Stripe account for this payout. Only available funds can be paid out."
        )
        raise refused(words, "balance_insufficient")
    return _send(world, params["amount"], params["currency"], params, automatic=False)


def retrieve(world: World, params: Json, ident: str) -> Json:
    return world.need("payout", ident)


def list_all(world: World, params: Json) -> Json:
    return page(world, "payout", "/v1/payouts", params, status=params.get("status"))


def pay_out(world: World) -> list[Json]:
    """The automatic payouts of the day: all that is available, one for each currency, each naming its entries."""
    made = []
    for currency, amount in sorted(balance.sums(world)[0].items()):
        if amount > 0:
            entries = world.select(
                "balance_transaction",
                "and json_extract(body, '$.currency') = ? and json_extract(body, '$.available_on') <= ? "
                "and json_extract(body, '$._local.payout') is null",
                (currency, world.now),
            )
            payout = _send(world, amount, currency, {}, automatic=True)
            for entry in [*entries, world.need("balance_transaction", payout["balance_transaction"])]:
                world.save({**entry, LOCAL: {"payout": payout["id"]}})
            made.append(payout)
    return made


def arrive(world: World, payout: Json) -> None:
    if payout["status"] in {"pending", "in_transit"}:
        payout["status"] = "paid"
        if payout["automatic"]:
            payout["reconciliation_status"] = "completed"
        emit(world, "payout.paid", world.save(payout))


def _send(world: World, amount: int, currency: str, params: Json, *, automatic: bool) -> Json:
    bank = accounts.of(world)["external_accounts"]["data"][0]["id"]
    empty = (
        "application_fee application_fee_amount failure_balance_transaction failure_code failure_message "
        "original_payout payout_method reversed_by trace_id"
    ).split()
    payout = world.add(
        "po",
        "payout",
        **dict.fromkeys(empty),
        amount=amount,
        arrival_date=world.now + TRAVELS,
        automatic=automatic,
        balance_transaction=None,
        currency=currency,
        description=params.get("description") or ("STRIPE PAYOUT" if automatic else None),
        destination=bank,
        metadata=merge_metadata({}, params.get("metadata")),
        method=params.get("method", "standard"),
        reconciliation_status="in_progress" if automatic else "not_applicable",
        source_type="card",
        statement_descriptor=params.get("statement_descriptor"),
        status="pending",
        type="bank_account",
    )
    payout["balance_transaction"] = balance_transactions.record(world, "payout", payout, -amount)["id"]
    world.later(payout["arrival_date"], "payout_arrives", payout["id"])
    emit(world, "payout.created", payout)
    return payout
