"""What every page for customers is like: kept by no cache, in no search engine, in the customer's language."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from gateways.customer_service import service_lines
from gateways.models import Gateway
from gateways.stripe_js import allow_stripe_js
from orders.models import Campaign, Customer

View = Callable[..., HttpResponse]


def customers_page(view: View) -> View:
    """May show the card form and the bank's question, both of which are Stripe's."""
    allowed = allow_stripe_js(view)

    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponse:
        response = allowed(*args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        if not isinstance(response, HttpResponse):
            raise TypeError("a customer's page is whole when it is sent")
        return response

    return shown


def speak_to(request: HttpRequest, customer: Customer) -> None:
    """In the language that the customer is written to in, unless they chose another one on the page."""
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES or "language" in request.GET
    if customer.language and not chosen and translation.check_for_language(customer.language):
        translation.activate(customer.language)
        request.LANGUAGE_CODE = translation.get_language()


def seller_of(campaign: Campaign, gateway: Gateway | None) -> dict[str, Any]:
    """Whom the page is of: the merchant's name and where questions go, as the gateway's owner wrote them (S2-25)."""
    return {
        "campaign": campaign,
        "is_test": campaign.mode == "test",
        "seller": (gateway.service_company if gateway else "") or campaign.name,
        "service_lines": service_lines(gateway) if gateway else [],
        "descriptor": gateway.descriptor if gateway else "",
        "languages": settings.LANGUAGES,
    }


def closed_page(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    """There is nothing to see at this address, and it tells nobody why: off, deleted, or never there."""
    context = {"languages": settings.LANGUAGES, "seller": ""}
    return render(request, "checkout/closed.html", context, status=status)
