"""How a payment that came over the order API is paid: which gateway, which card, and whether the card is kept."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from gateways.processors.test_cards import is_test_card
from orders.models import Customer, Offer, Order, VaultedCustomer
from orders.services.vault import vault_customer
from payments.actors import Actor
from payments.models import Purpose
from payments.routing import Route
from payments.services.api.errors import refusal
from payments.services.reserve import PaymentRefused, Wish, reserve


@dataclass(frozen=True)
class Means:
    """`asked` is the request's own `payment`; see the API's description."""

    asked: Mapping[str, Any]
    gateway: Gateway
    trace: tuple[dict[str, str], ...]
    vaulted: VaultedCustomer | None
    keeps_card: bool


def means_of(asked: Mapping[str, Any], route: Route, customer: Customer, offers: Iterable[Offer]) -> Means:
    """Asks the processor where the card is kept, so no transaction may be open. Raises ApiRefusal."""
    gateway, trace = _chosen(asked, route)
    keeps = bool(asked.get("save_card")) or any(offer.is_recurring for offer in offers)
    needs_vault = keeps or gateway.send_upsell_token or gateway.create_customer
    vaulted = _vaulted(customer, gateway) if needs_vault else None
    return Means(asked, gateway, trace, vaulted, keeps)


def _chosen(asked: Mapping[str, Any], route: Route) -> tuple[Gateway, tuple[dict[str, str], ...]]:
    """Routing's choice; a card that was collected under a publishable key goes to that key's gateway."""
    if route.gateway is None:
        raise refusal(422, "no_gateway", route.problem, "payment")
    wanted = asked.get("publishable_key")
    if not wanted or route.gateway.public_key == wanted:
        return route.gateway, route.trace
    kept = [row["gateway"] for row in route.trace if row["verdict"] != "dropped"]
    gateway = Gateway.objects.filter(public_key=wanted, name__in=kept).order_by("pk").first()
    if gateway is None:
        raise refusal(
            422,
            "no_gateway",
            "No gateway with this publishable key can take the payment now: read the order, and collect the card with "
            "the key that its pay_with names.",
            "payment.publishable_key",
        )
    row = {"gateway": gateway.name, "verdict": "chosen", "reason": "The card was collected with its publishable key."}
    return gateway, (row, *(one for one in route.trace if one["gateway"] != gateway.name))


def _vaulted(customer: Customer, gateway: Gateway) -> VaultedCustomer:
    try:
        return vault_customer(customer, gateway)
    except ProcessorError as error:
        words = f"{error.message} Nothing was made or charged: send the same request again."
        raise refusal(503, "gateway_unavailable", words) from error


def reserve_by(means: Means, order: Order, amount: int, form_token: uuid.UUID, actor: Actor) -> None:
    """Inside the caller's transaction, which also writes what the payment is for. Raises ApiRefusal."""
    method = means.asked.get("payment_method", "")
    wish = Wish(
        order=order,
        gateway=means.gateway,
        amount=amount,
        actor=actor,
        vaulted=means.vaulted,
        test_card=method if is_test_card(method) else "",
        new_card="" if is_test_card(method) else method,
        confirmation_token=means.asked.get("confirmation_token", ""),
        save_card=means.keeps_card,
        capture=means.asked.get("capture", True),
        purpose=Purpose.SALE,
        form_token=form_token,
        return_path=reverse("api:return", args=[order.slug]),
        radar_session=means.asked.get("radar_session", ""),
        route=means.trace,
    )
    try:
        reserve(wish)
    except PaymentRefused as refused:
        raise refusal(422, "payment_refused", refused.message, "payment") from refused
