"""Stripe's script in browser tests: the stand-in at Stripe's address, with the local Stripe behind it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Route

from tests.local_stripe import confirm_in_page, confirmation_token

SCRIPT = Path(__file__).with_name("stripe_stand_in.js")
FRAME = """<!doctype html><meta charset="utf-8"><title>Card form</title><body><p>Card number · 1234 1234 1234 1234</p>
<p>Expiry · MM / YY</p><p>Security code · CVC</p>"""
FAILED = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
LEFT = "The authentication was not finished."


@dataclass
class StripeJs:
    """What the next card is, and how its holder answers the bank.

    `next_card` is Stripe's name of a test card; `mistake` is what the card form itself complains of. `challenge` is
    how the holder answers: `left` walks away and leaves the payment waiting. `tokens` and `asked` tell what was made:
    the tokens, and for each the key, the account and the options of the form.
    """

    next_card: str = "pm_card_visa"
    challenge: Literal["passed", "failed", "left"] = "passed"
    mistake: str = ""
    tokens: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def stand_in(self, page: Page) -> None:
        context = page.context
        context.route("https://js.stripe.com/**", self._script)
        context.route("https://hooks.stripe.com/**", lambda route: route.fulfill(body=FRAME, content_type="text/html"))
        context.route("https://api.stripe.com/**", self._api)

    def _script(self, route: Route) -> None:
        if route.request.url.endswith(".js"):
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(body=FRAME, content_type="text/html")

    def _api(self, route: Route) -> None:
        given = dict(parse_qsl(route.request.post_data or "", keep_blank_values=True))
        call = {"submit": self._submit, "tokens": self._token, "next_action": self._next_action}
        answer = call[urlsplit(route.request.url).path.rpartition("/")[2]](given)
        route.fulfill(
            body=json.dumps(answer),
            content_type="application/json",
            headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"},
        )

    def _submit(self, given: dict[str, str]) -> dict[str, Any]:
        return {"error": {"type": "validation_error", "message": self.mistake}} if self.mistake else {}

    def _token(self, given: dict[str, str]) -> dict[str, Any]:
        usage = {"setup_future_usage": given["usage"]} if given["usage"] else {}
        token = confirmation_token(given["key"], self.next_card, account=given["account"], **usage)
        self.tokens.append(token)
        self.asked.append(given)
        return {"confirmationToken": {"id": token, "object": "confirmation_token"}}

    def _next_action(self, given: dict[str, str]) -> dict[str, Any]:
        if self.challenge == "left":
            return {"error": {"type": "invalid_request_error", "message": LEFT}}
        passed = self.challenge == "passed"
        intent = confirm_in_page(given["key"], given["client_secret"], passed=passed, account=given["account"])
        if not passed:
            return {"error": {"code": f"{intent['object']}_authentication_failure", "message": FAILED}}
        return {"setupIntent" if intent["object"] == "setup_intent" else "paymentIntent": intent}
