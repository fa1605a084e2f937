"""The control API under `/_local/`: how tests and people make the local Stripe misbehave."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from simulator import deliveries
from simulator.errors import StripeError, invalid, missing, unrecognised
from simulator.faults import Fault
from simulator.keys import account_id
from simulator.messages import Request, Response
from simulator.objects import accounts, disputes, payouts
from simulator.store import Json
from simulator.world import World, public

if TYPE_CHECKING:
    from simulator.core import LocalStripe

Action = Callable[..., Any]
"""Takes the core, the JSON that was sent and the ids in the path; returns the JSON to answer."""


def serve(core: LocalStripe, request: Request) -> Response:
    """Answer a request to the control API, in JSON both ways."""
    try:
        action, arguments = _route(request)
        with core.store.transaction():
            return Response.of_json(200, action(core, _read(request), *arguments))
    except StripeError as error:
        return Response.of_json(error.status, error.body())
    except (TypeError, ValueError, KeyError) as error:
        return Response.of_json(400, invalid(f"The local Stripe does not understand this: {error}").body())


def _route(request: Request) -> tuple[Action, tuple[str, ...]]:
    for method, path, action in ACTIONS:
        match = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", path), request.path.rstrip("/"))
        if match and method == request.method:
            return action, match.groups()
    raise unrecognised(request.method, request.path)


def _read(request: Request) -> Json:
    if request.method == "GET":
        return {name: values[-1] for name, values in parse_qs(request.query).items()}
    value = json.loads(request.body or b"{}")
    if not isinstance(value, dict):
        raise TypeError("a JSON object is wanted")
    return value


def _faults(core: LocalStripe, given: Json) -> Json:
    """`set` replaces the rules, `append` adds to them, `clear` drops them."""
    if given.get("clear") or "set" in given:
        core.faults.clear()
    core.faults.add(*(Fault(**rule) for rule in [*given.get("set", []), *given.get("append", [])]))
    return {"faults": core.faults.listing()}


def _show_faults(core: LocalStripe, _given: Json) -> Json:
    """The fault script, with the calls that each rule has seen."""
    return {"faults": core.faults.listing()}


def _clock(core: LocalStripe, given: Json) -> Json:
    """`advance` by seconds, or `travel` to an epoch; what is due then happens."""
    if "advance" in given:
        core.clock.advance(int(given["advance"]))
    if "travel" in given:
        core.clock.travel(int(given["travel"]))
    core.run_timers()
    return _show_clock(core, given)


def _show_clock(core: LocalStripe, _given: Json) -> Json:
    """The time of the local Stripe."""
    return {"now": core.clock.now(), "offset": core.clock.offset}


def _account(core: LocalStripe, given: Json, ident: str) -> Json:
    """By `acct_…` or by the name in its keys: switches, or any field of the account."""
    world = _world(core, ident)
    body = accounts.change(world, given) if given else accounts.of(world)
    world.flush()
    return body


def _world(core: LocalStripe, ident: str) -> World:
    if ident.startswith("acct_"):
        return core.world(ident)
    world = core.world(account_id(ident))
    world.name = ident
    return world


def _keys(core: LocalStripe, given: Json) -> Json:
    """`revoke` and `restore` lists of keys."""
    revoked = set(core.store.setting("revoked", [])) | set(given.get("revoke", []))
    core.store.keep_setting("revoked", sorted(revoked - set(given.get("restore", []))))
    return {"revoked": len(core.store.setting("revoked"))}


def _webhooks(core: LocalStripe, given: Json) -> Json:
    """How badly webhooks behave: `delay`, `duplicate`, `reorder`, `drop` (patterns), `drop_every`."""
    manners = deliveries.Manners(**given)
    manners.keep(core.store)
    return _show_webhooks(core, given)


def _show_webhooks(core: LocalStripe, _given: Json) -> Json:
    """How webhooks behave, and how many wait, went out or were lost."""
    counts = core.store.rows("select state, count(*) from deliveries group by state")
    return {"manners": core.store.setting(deliveries.SETTING, {}), "deliveries": dict(counts)}


def _resend(core: LocalStripe, _given: Json, event: str) -> Json:
    """Send an event once more."""
    found = core.store.load(event)
    if found is None or found[1]["object"] != "event":
        raise missing("event", event)
    return {"queued": deliveries.resend(core.store, found[1], found[0], core.clock.now())}


def _dispute(core: LocalStripe, given: Json, charge: str) -> Json:
    """Have a cardholder contest a charge: `reason` is fraudulent, product_not_received, inquiry…"""
    found = core.store.load(charge)
    if found is None or found[1]["object"] != "charge":
        raise missing("charge", charge)
    world = core.world(found[0])
    dispute = disputes.open_against(world, world.need("charge", charge), given.get("reason", "fraudulent"))
    world.flush()
    return public(dispute)


def _payouts(core: LocalStripe, given: Json) -> Json:
    """Run the automatic payouts of an account (`account`: its id, or the name in its keys)."""
    world = _world(core, str(given["account"]))
    made = [public(payout) for payout in payouts.pay_out(world)]
    world.flush()
    return {"payouts": made}


def _log(core: LocalStripe, given: Json) -> Json:
    """The last requests, newest first (`limit`), without card numbers."""
    return {"requests": core.journal.last(int(given.get("limit", 50)))}


def _reset(core: LocalStripe, _given: Json) -> Json:
    """As new: no objects, no keys, no faults, and the clock right."""
    core.faults.clear()
    core.journal.clear()
    core.store.clear()
    core.clock.advance(-core.clock.offset)
    return {"reset": True}


ACTIONS: tuple[tuple[str, str, Action], ...] = (
    ("GET", "/_local/faults", _show_faults),
    ("POST", "/_local/faults", _faults),
    ("GET", "/_local/clock", _show_clock),
    ("POST", "/_local/clock", _clock),
    ("GET", "/_local/accounts/{account}", _account),
    ("POST", "/_local/accounts/{account}", _account),
    ("POST", "/_local/keys", _keys),
    ("GET", "/_local/webhooks", _show_webhooks),
    ("POST", "/_local/webhooks", _webhooks),
    ("POST", "/_local/events/{event}/resend", _resend),
    ("POST", "/_local/charges/{charge}/dispute", _dispute),
    ("POST", "/_local/payouts", _payouts),
    ("GET", "/_local/log", _log),
    ("POST", "/_local/reset", _reset),
)
