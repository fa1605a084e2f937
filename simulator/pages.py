"""The pages of the local Stripe: what it is, and the bank's page of 3-D Secure. No script, one stylesheet."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from simulator import challenge, control, currencies
from simulator.cards import CARDS
from simulator.endpoints import ENDPOINTS
from simulator.messages import Request, Response
from simulator.store import Json
from simulator.world import LOCAL

if TYPE_CHECKING:
    from simulator.core import LocalStripe

STYLES = Path(__file__).with_name("pages.css")
_CHALLENGE = "/_local/3ds/"
_RECEIPT = "/_local/receipts/"
_STYLES = "/_local/pages.css"


def serve(core: LocalStripe, request: Request) -> Response | None:
    """A page, or None when the path is not one."""
    if request.path == "/":
        return Response.of_html(200, _index())
    if request.path == "/favicon.ico":
        return Response(204)
    if request.path == _STYLES:
        return Response(200, {"Content-Type": "text/css; charset=utf-8"}, STYLES.read_bytes())
    if request.path.startswith(_CHALLENGE):
        return _challenge(core, request, request.path.removeprefix(_CHALLENGE))
    if request.path.startswith(_RECEIPT):
        return _receipt(core, request.path.removeprefix(_RECEIPT))
    return None


def is_control(path: str) -> bool:
    """What lies under `/_local` and is no page that a customer is sent to."""
    return path.startswith("/_local") and not path.startswith((_CHALLENGE, _RECEIPT, _STYLES))


def _challenge(core: LocalStripe, request: Request, ident: str) -> Response:
    """GET shows the two buttons; POST finishes the intent and sends the customer back.

    An intent without a `return_url` goes where the page's own query says.
    """
    with core.store.transaction():
        found = core.store.load(ident)
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        if found is None or found[1].get(LOCAL, {}).get("challenge", "") != query.get("client_secret"):
            return Response.of_html(404, _page("Not found", "<p>There is no such payment here.</p>"))
        if request.method != "POST":
            return Response.of_html(200, _ask(found[1]))
        world = core.world(found[0])
        intent = world.get(ident) or found[1]
        chosen = parse_qs(request.body.decode("utf-8", "replace")).get("outcome", [""])[0]
        passed = chosen == "complete"
        address = challenge.resolve(world, intent, passed=passed, otherwise=query.get("return_url"))
        world.flush()
    if address:
        return Response(303, {"Location": address})
    words = f"<p>The payment is now <strong>{escape(intent['status'])}</strong>. You can close this page.</p>"
    return Response.of_html(200, _page("Done", words))


def _ask(intent: Json) -> str:
    if intent["status"] != "requires_action":
        words = f"<p>Nothing to do: this is <strong>{escape(intent['status'])}</strong> already.</p>"
        return _page("3-D Secure", words)
    what = "Save a card for later"
    if intent["object"] == "payment_intent":
        what = f"Pay {currencies.show(intent['amount'], intent['currency'])} {intent['currency'].upper()}"
    form = (
        f"<p class='amount'>{escape(what)}</p>"
        "<p>Your bank would ask you to prove that the card is yours. Here you choose how that ends.</p>"
        "<form method='post'><button class='yes' name='outcome' value='complete'>Complete authentication</button>"
        "<button name='outcome' value='fail'>Fail authentication</button></form>"
    )
    return _page("3-D Secure test page", form)


def _receipt(core: LocalStripe, ident: str) -> Response:
    found = core.store.load(ident)
    if found is None or found[1]["object"] != "charge":
        return Response.of_html(404, _page("Not found", "<p>There is no such receipt here.</p>"))
    charge = found[1]
    amount = f"{currencies.show(charge['amount'], charge['currency'])} {charge['currency'].upper()}"
    card = charge["payment_method_details"]["card"]
    rows = {
        "Amount": amount,
        "Card": f"{card['brand']} ending in {card['last4']}",
        "On the statement": charge["calculated_statement_descriptor"],
        "Charge": charge["id"],
    }
    lines = "".join(f"<tr><th scope='row'>{escape(name)}</th><td>{escape(str(rows[name]))}</td></tr>" for name in rows)
    return Response.of_html(200, _page("Receipt", f"<table>{lines}</table>"))


def _index() -> str:
    cards = "".join(
        f"<tr><td><code>{card.number}</code></td><td><code>pm_card_{escape(card.name)}</code></td>"
        f"<td>{escape(card.about)}</td></tr>"
        for card in CARDS
    )
    endpoints = "".join(f"<tr><td>{row.method}</td><td><code>{escape(row.path)}</code></td></tr>" for row in ENDPOINTS)
    actions = "".join(
        f"<tr><td>{method}</td><td><code>{escape(path)}</code></td><td>{escape(action.__doc__ or '')}</td></tr>"
        for method, path, action in control.ACTIONS
    )
    return _page(
        "Local Stripe",
        "<p class='lead'>Test mode: no money moves. It speaks Stripe’s API to this machine alone, keeps its own books "
        "and sends signed webhooks. Any key of the form <code>sk_test_name_1</code> opens the account “name”.</p>"
        "<h2>Test cards</h2><div class='wide'><table><thead><tr><th>Number</th><th>Payment method</th>"
        f"<th>What it does</th></tr></thead><tbody>{cards}</tbody></table></div>"
        "<h2>Endpoints</h2><div class='wide'><table><thead><tr><th>Method</th><th>Path</th></tr></thead>"
        f"<tbody>{endpoints}</tbody></table></div>"
        "<h2>Control API</h2><p>JSON both ways, from this machine alone.</p><div class='wide'><table><thead><tr>"
        f"<th>Method</th><th>Path</th><th>What it does</th></tr></thead><tbody>{actions}</tbody></table></div>",
    )


def _page(title: str, inner: str) -> str:
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)} – Local Stripe</title><link rel='stylesheet' href='/_local/pages.css'></head>"
        "<body><p class='banner'>Local Stripe – test mode, no money moves</p>"
        f"<main><h1>{escape(title)}</h1>{inner}</main></body></html>"
    )
