"""The balance: sums of the balance transactions (docs.stripe.com/api/balance)."""

from __future__ import annotations

from simulator.objects import accounts
from simulator.params import EXPAND
from simulator.store import Json
from simulator.world import World

RETRIEVE = EXPAND


def retrieve(world: World, params: Json) -> Json:
    available, pending = sums(world)
    home = accounts.of(world)["default_currency"]
    currencies = sorted({home, *available, *pending})
    return {
        "object": "balance",
        "available": [_amount(name, available.get(name, 0)) for name in currencies],
        "livemode": False,
        "pending": [_amount(name, pending.get(name, 0)) for name in currencies],
    }


def sums(world: World) -> tuple[dict[str, int], dict[str, int]]:
    """Available and pending funds by currency."""
    world.flush()
    sql = (
        "select json_extract(body, '$.currency'), json_extract(body, '$.available_on') <= ?, "
        "sum(json_extract(body, '$.net')) from objects where world = ? and type = 'balance_transaction' group by 1, 2"
    )
    available: dict[str, int] = {}
    pending: dict[str, int] = {}
    for currency, ready, net in world.store.rows(sql, (world.now, world.account)):
        (available if ready else pending)[currency] = net
    return available, pending


def _amount(currency: str, amount: int) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
