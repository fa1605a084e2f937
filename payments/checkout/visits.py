"""What one browser remembers: the form that it was given, and the orders that it made."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from orders.models import Campaign, Order
from payments.checkout.forms import TOKEN, new_token

COOKIE = "midway-checkout"
ORDERS = "midway_orders"
MOST_ORDERS = 20


def token_of(request: HttpRequest) -> str:
    """The token of this browser's open form: two tabs of one page are one order. Empty when it has none yet."""
    token = request.COOKIES.get(COOKIE, "")
    return token if TOKEN.fullmatch(token) else ""


def give_token(response: HttpResponse, campaign: Campaign, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.SESSION_COOKIE_AGE,
        path=reverse("checkout:page", args=[campaign.slug]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def fresh_token() -> str:
    return new_token()


def remember(request: HttpRequest, order: Order) -> None:
    """This browser made the order: it alone is offered what follows the sale."""
    known: list[Any] = request.session.get(ORDERS, [])
    if order.pk not in known:
        request.session[ORDERS] = [*known, order.pk][-MOST_ORDERS:]


def made(request: HttpRequest, order: Order) -> bool:
    return order.pk in request.session.get(ORDERS, [])


def session_key(request: HttpRequest) -> str:
    """Of a session that is there; whoever comes without one is counted by address and card."""
    return request.session.session_key or ""
