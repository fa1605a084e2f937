"""Which gateway takes a card payment, and why: each candidate is kept or dropped with a reason in words.

Among those that are kept the lowest priority goes first, and among equals the weights decide.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from gateways import money
from gateways.models import Gateway
from gateways.usage import used_this_month
from orders.models import Campaign, Card, Offer, Order
from orders.services.vault import can_charge
from payments.candidates import Candidate, Candidates, candidates_for
from payments.models import ChargeStop
from payments.services.gate import why_held
from payments.services.reserve import misfit
from payments.services.stops import active_stops
from payments.services.wishes import Wish

CHOSEN, KEPT, DROPPED = "chosen", "kept", "dropped"

Row = dict[str, str]


@dataclass(frozen=True)
class Route:
    """`gateway` is None when none of the candidates can take the payment; `problem` then says why and what to do.

    Each row of the trace is JSON: `gateway` (its name), `verdict` (chosen, kept or dropped) and `reason`. It goes into
    `Wish.route`, and so is kept with the payment.
    """

    gateway: Gateway | None
    trace: tuple[Row, ...]
    problem: str = ""


@dataclass(frozen=True)
class Terms:
    """What a gateway is asked to take."""

    campaign: Campaign
    amount: int
    card: Card | None
    stops: Sequence[ChargeStop] = field(default_factory=active_stops)


def route_order(order: Order, amount: int, *, card: Card | None = None) -> Route:
    """For a card payment of `amount` (minor units) on this order. The same order is routed the same way each time."""
    return _route(_candidates_of(order), Terms(order.campaign, amount, card), seed=f"order {order.pk}")


def route_offers(
    campaign: Campaign, offers: Iterable[Offer], amount: int, *, card: Card | None = None, seed: str = ""
) -> Route:
    """For a sale that has no order yet. Without a `seed` it is a preview: among equals the heaviest is shown.

    With one (anything that stays the same for one buyer) the weights spread the buyers over the gateways.
    """
    return _route(candidates_for(campaign, offers), Terms(campaign, amount, card), seed=seed)


def prefer(route: Route, gateway: Gateway) -> Route:
    """The route through this gateway, if it can take the payment too: the card was typed into a form for it."""
    row = next((row for row in route.trace if row["gateway"] == gateway.name), None)
    if row is None or row["verdict"] == DROPPED or route.gateway == gateway:
        return route
    chosen = trace_row(gateway, CHOSEN, f"The card was entered for it. {row['reason']}")
    others = (_second_place(other) for other in route.trace if other is not row)
    return Route(gateway, (chosen, *others))


def chosen_by_operator(wish: Wish) -> Wish:
    """The wish with its trace. An operator may take any gateway; the trace says where routing would have gone."""
    if wish.order is None:
        return wish
    candidates = _candidates_of(wish.order)
    route = _route(candidates, Terms(wish.order.campaign, wish.amount, wish.card), seed=f"order {wish.order.pk}")
    others = [_second_place(row) for row in route.trace if row["gateway"] != wish.gateway.name]
    chosen = trace_row(wish.gateway, CHOSEN, f"Chosen by {wish.actor.name}{_compared(wish.gateway, route, candidates)}")
    return replace(wish, route=(chosen, *others))


def first_choice(order: Order, amount: int, among: Iterable[Gateway]) -> Gateway | None:
    """What payment entry starts with: routing's choice, else the first that can take this order's money at all."""
    wanted, among = route_order(order, amount).gateway, list(among)
    return wanted if wanted in among else next((one for one in among if not misfit(one, order)), None)


def _compared(gateway: Gateway, route: Route, candidates: Candidates) -> str:
    if not candidates.found:
        return f". There is no {candidates.source}."
    if not candidates.allow(gateway):
        return f", though it is not {candidates.one_of_them}."
    if route.gateway == gateway:
        return ", as routing would have."
    return f"; routing would have taken {route.gateway}." if route.gateway else "."


def _second_place(row: Row) -> Row:
    if row["verdict"] != CHOSEN:
        return row
    return {**row, "verdict": KEPT, "reason": f"Routing would have taken it. {row['reason']}"}


def _candidates_of(order: Order) -> Candidates:
    offers = Offer.objects.filter(lines__order=order).order_by("pk").distinct()
    return candidates_for(order.campaign, offers)


def _route(candidates: Candidates, terms: Terms, *, seed: str) -> Route:
    objections = {one: _objection(one, terms) for one in candidates.found}
    kept = sorted((one for one in objections if not objections[one]), key=lambda one: (one.priority, one.gateway.pk))
    dropped = tuple(trace_row(one.gateway, DROPPED, why) for one, why in objections.items() if why)
    if not kept:
        return Route(None, dropped, _problem(candidates, dropped))
    first = [one for one in kept if one.priority == kept[0].priority]
    chosen = _drawn(first, seed)
    rows = [trace_row(chosen.gateway, CHOSEN, _why_chosen(chosen, first, kept, candidates))]
    rows += [trace_row(one.gateway, KEPT, _why_kept(one, first)) for one in kept if one != chosen]
    return Route(chosen.gateway, (*rows, *dropped))


def _problem(candidates: Candidates, dropped: tuple[Row, ...]) -> str:
    if not dropped:
        return f"There is no {candidates.source}: assign a gateway to the offer or the campaign, or make one default."
    reasons = " ".join(f"{row['gateway']}: {row['reason']}" for row in dropped)
    none = f"None of the {candidates.source} can" if candidates.assigned else f"The {candidates.source} cannot"
    return f"{none} take this payment. {reasons}"


def _drawn(equals: list[Candidate], seed: str) -> Candidate:
    """Each gets its share of all seeds, and one seed always gets the same."""
    if not seed:
        return max(equals, key=lambda one: (one.weight, -one.gateway.pk))
    place = int.from_bytes(hashlib.sha256(seed.encode()).digest()) % _weight(equals)
    for one in equals:
        place -= one.weight
        if place < 0:
            break
    return one


def _weight(equals: list[Candidate]) -> int:
    return sum(one.weight for one in equals)


def trace_row(gateway: Gateway, verdict: str, reason: str) -> Row:
    return {"gateway": gateway.name, "verdict": verdict, "reason": reason}


def _why_chosen(chosen: Candidate, first: list[Candidate], kept: list[Candidate], candidates: Candidates) -> str:
    if not candidates.assigned:
        return f"It is {candidates.one_of_them}."
    if len(first) > 1:
        share = f"{chosen.weight} of {_weight(first)} payments go through it"
        return f"Priority {chosen.priority} of the {candidates.source}, shared with {len(first) - 1} more: {share}."
    if len(kept) > 1:
        return f"Priority {chosen.priority} of the {candidates.source}: the first that can take it."
    return f"The only one of the {candidates.source} that can take it."


def _why_kept(one: Candidate, first: list[Candidate]) -> str:
    if one in first:
        return f"Priority {one.priority} as well: {one.weight} of {_weight(first)} payments go through it."
    return f"Priority {one.priority}: takes over when those before it cannot."


# --- why a candidate is dropped ---------------------------------------------------------------------------------


def _objection(one: Candidate, terms: Terms) -> str:
    if one.foreign_to:
        return f"{one.foreign_to}, which is in the same order, does not allow it."
    return objection(one.gateway, terms)


def objection(gateway: Gateway, terms: Terms) -> str:
    """Why this gateway, which knows its month's volume, cannot take it now; empty when it can."""
    return next(filter(None, (check(gateway, terms) for check in OBJECTIONS)), "")


def _is_off(gateway: Gateway, terms: Terms) -> str:
    if not gateway.active:
        return "It is switched off."
    return f"It is paused: {gateway.pause_reason.rstrip('.')}." if gateway.paused_at else ""


def _is_stopped(gateway: Gateway, terms: Terms) -> str:
    return why_held(gateway, terms.campaign.pk, terms.stops)


def _is_of_other_money(gateway: Gateway, terms: Terms) -> str:
    if gateway.mode != terms.campaign.mode:
        return f"It is a {gateway.mode} gateway, {terms.campaign} a {terms.campaign.mode} campaign."
    if gateway.currency != terms.campaign.currency:
        return f"It takes {gateway.currency}, not {terms.campaign.currency}."
    return ""


def _takes_no_cards(gateway: Gateway, terms: Terms) -> str:
    if not gateway.kind.takes_cards:
        return "It takes no cards."
    return "" if terms.campaign.card_payments else f"Card payments of {terms.campaign} are switched off."


def _cannot_take_this_card(gateway: Gateway, terms: Terms) -> str:
    if terms.card is None or can_charge(gateway, terms.card):
        return ""
    return "The card is kept on another account than its."


def _is_out_of_bounds(gateway: Gateway, terms: Terms) -> str:
    least, most = gateway.amount_bounds()
    if least <= terms.amount <= most:
        return ""
    return f"It takes {money.plain(least, gateway.currency)} to {money.plain(most, gateway.currency)} in one payment."


def has_no_room(gateway: Gateway, terms: Terms) -> str:
    if gateway.monthly_cap is None:
        return ""
    left = max(0, int(gateway.monthly_cap) - used_this_month(gateway))
    return f"It has {money.plain(left, gateway.currency)} left under its monthly cap." if left < terms.amount else ""


OBJECTIONS: tuple[Callable[[Gateway, Terms], str], ...] = (
    _is_off,
    _is_of_other_money,
    _takes_no_cards,
    _is_stopped,
    _cannot_take_this_card,
    _is_out_of_bounds,
    has_no_room,
)
