"""The description of the order API (OpenAPI 3.1), as it is served: the same schemas check what comes in."""

from typing import Any

from payments.api.schemas import SCHEMAS, ref

NUMBER = "SO-[0-9]{4,12}"

ABOUT = """Make orders of a campaign and take card payments for them from a checkout of your own.

Amounts are integers in the currency's minor unit, as Stripe counts it. Card numbers never come here: Stripe.js collects
the card under the publishable key that `pay_with` names, and what comes is its reference. When the bank wants the
customer to confirm, the answer is a *merchant redirect*: `outcome` is `redirect`; send the customer to `redirect.url`,
and they come back to your `return_url`.

Every POST carries an `Idempotency-Key`: the same key with the same request is made once and answered the same, however
often it is sent. After a time-out send the same request again with the same key."""

ERRORS = {
    "400": "The request cannot be read, or the Idempotency-Key is missing.",
    "401": "The API key is missing, unknown or revoked.",
    "404": "The campaign of this API key has no such order.",
    "409": "The same Idempotency-Key is still at work: ask again in a few seconds.",
    "413": "The request is too long.",
    "415": "The request is not JSON.",
    "422": "Something that was sent is refused: `field` and `message` say what, and the remedy.",
    "503": "The gateway did not answer before anything was made: send the same request again.",
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "8 to 255 letters, digits, _ or -: a random one for each new request.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,255}$"},
}

ORDER_NUMBER = {
    "name": "number",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{NUMBER}$"},
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _answers(done: dict[str, str], *errors: str) -> dict[str, Any]:
    good = {status: {"description": text, "content": _json(ref("Order"))} for status, text in done.items()}
    bad = {status: {"description": ERRORS[status], "content": _json(ref("Error"))} for status in errors}
    return good | bad


POST_ERRORS = ("400", "401", "409", "413", "415", "422", "503")

PATHS: dict[str, Any] = {
    "/api/v1/orders": {
        "post": {
            "operationId": "createOrder",
            "summary": "Make an order, and pay it",
            "description": "Without `payment` the order waits, and `pay_with` says how to collect a card for it.",
            "parameters": [IDEMPOTENCY_KEY],
            "requestBody": {"required": True, "content": _json(ref("NewOrder"))},
            "responses": _answers({"201": "The order was made; `outcome` says how its payment went."}, *POST_ERRORS),
        }
    },
    "/api/v1/orders/{number}": {
        "get": {
            "operationId": "getOrder",
            "summary": "Where an order stands",
            "parameters": [ORDER_NUMBER],
            "responses": _answers({"200": "The order."}, "401", "404"),
        }
    },
    "/api/v1/orders/{number}/payments": {
        "post": {
            "operationId": "payOrder",
            "summary": "Pay an order that is still open",
            "parameters": [ORDER_NUMBER, IDEMPOTENCY_KEY],
            "requestBody": {"required": True, "content": _json(ref("NewPayment"))},
            "responses": _answers({"201": "A payment was made; `outcome` says how it went."}, *POST_ERRORS, "404"),
        }
    },
}


def description(public_url: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Midway order API", "version": "1", "description": ABOUT},
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "paths": PATHS,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key of the campaign, mk_test_… or mk_live_…, from Sales › API keys.",
                }
            },
        },
    }
