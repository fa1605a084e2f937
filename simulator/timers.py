"""What happens by itself once the clock gets there: holds expire, refunds settle, payouts arrive."""

from __future__ import annotations

from collections.abc import Callable

from simulator.objects import charges, payment_intents, payouts, refunds
from simulator.store import Json, Store
from simulator.world import World

MakeWorld = Callable[[str, int], World]


def run(store: Store, now: int, make_world: MakeWorld) -> int:
    """Run all that is due, each at its own time, oldest first; how many there were."""
    rows = store.rows("select seq, world, due, kind, id from timers where due <= ? order by due, seq", (now,))
    for seq, account, due, kind, ident in rows:
        world = make_world(account, due)
        body = world.get(ident)
        if body is not None:
            ACTIONS[kind](world, body)
        world.flush()
        store.write("delete from timers where seq = ?", (seq,))
    return len(rows)


def _hold_expires(world: World, body: Json) -> None:
    if body["object"] == "payment_intent":
        payment_intents.expire(world, body)
    elif charges.is_held(body):
        charges.release(world, body, expired=True)


ACTIONS: dict[str, Callable[[World, Json], None]] = {
    "hold_expires": _hold_expires,
    "balance_settles": charges.book_late,
    "refund_succeeds": refunds.succeed,
    "refund_fails": refunds.fail,
    "payout_arrives": payouts.arrive,
}
