"""What holds for every request: an id in the log, no caching of private pages, no card number in any form."""

import logging
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config import card_entry
from gateways.redaction import holds_card_number

log = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Names each request, and logs what failed with that name."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        if response.status_code >= 400:
            extra = {"request_id": request_id, "status": response.status_code, "method": request.method}
            log.info("%s answered %s", request.path, response.status_code, extra=extra)
        return response


class PrivatePagesMiddleware:
    """Pages behind the sign-in are kept by no cache, so that the back button asks again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store, private"
        return response


class CardNumberGuard:
    """Refuses a form in which somebody typed a card number: PCI DSS 3.3 forbids that we store it, even in a note.

    One field of one form is let through, to a gateway that takes card numbers: see `card_entry`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.content_type != "application/json":
            welcome = {card_entry.NUMBER_FIELD} if card_entry.may_bring_a_number(request) else set()
            typed = {name for name, values in request.POST.lists() if any(map(holds_card_number, values))}
            if fields := sorted(typed - welcome):
                log.warning("a form with a card number was refused", extra={"path": request.path, "fields": fields})
                return render(request, "card_number_refused.html", {"fields": fields}, status=400)
            if card_entry.NUMBER_FIELD in request.POST and card_entry.is_entry_form(request):
                card_entry.lift_card(request, keep=bool(welcome))
        return self.get_response(request)
