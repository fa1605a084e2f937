"""The outcome of a 3-D Secure challenge, as its page reports it."""

from __future__ import annotations

from simulator import declines
from simulator.errors import StripeError
from simulator.objects import authentication, confirmation, payment_methods, setup_intents
from simulator.store import Json
from simulator.world import World


def resolve(world: World, intent: Json, *, passed: bool, otherwise: str | None = None) -> str | None:
    """Finish the intent and say where to send the customer; an intent that no longer waits stays as it is."""
    if intent["status"] == "requires_action":
        try:
            _finish(world, intent, passed=passed)
        except StripeError as error:
            if not error.executed:
                raise
    return authentication.return_address(intent, otherwise)


def _finish(world: World, intent: Json, *, passed: bool) -> None:
    method = world.need("payment_method", intent["payment_method"])
    decline = payment_methods.test_card(method).decline
    if intent["object"] == "payment_intent":
        if not passed:
            raise confirmation.fail(world, intent, method, authentication.FAILED)
        confirmation.settle(world, intent, method, decline, authenticated=True)
    elif not passed:
        code = "setup_intent_authentication_failure"
        raise setup_intents.fail(world, intent, {**authentication.FAILED, "code": code})
    elif decline:
        raise setup_intents.fail(world, intent, declines.fields(decline))
    else:
        setup_intents.succeed(world, intent, authenticated=True)
