"""The order API's addresses: sign in, read, call a service, answer. No cookie is looked at, so none is protected."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from orders.models import Order, order_pk
from payments.actors import Actor
from payments.api.answers import order_answer, return_url_of
from payments.api.description import description
from payments.api.requests import idempotency_key, read_body, signed_in
from payments.models import ApiCall, ApiKey, Payment, Status
from payments.services.api.calls import finish_call, forget_call, start_call
from payments.services.api.errors import ApiRefusal, refusal
from payments.services.api.sales import pay_order, place_order
from payments.services.reconcile import look_again, reconcile

log = logging.getLogger("midway.api")

Answer = Callable[..., JsonResponse]


def api(*methods: str) -> Callable[[Answer], Answer]:
    """An address that a checkout's server calls with its API key."""

    def decorate(view: Answer) -> Answer:
        @csrf_exempt  # the key in the header proves the sender; a browser sends none by itself
        @require_http_methods(list(methods))
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
            try:
                response = view(request, signed_in(request), *args, **kwargs)
            except ApiRefusal as refused:
                response = JsonResponse(refused.as_json(), status=refused.status)
                if refused.status == 401:
                    response["WWW-Authenticate"] = "Bearer"
            response["Cache-Control"] = "no-store"
            return response

        return answered

    return decorate


@api("POST")
def orders(request: HttpRequest, key: ApiKey) -> JsonResponse:
    """Make an order, and pay it where the request brings a payment."""
    token, body = idempotency_key(request), read_body(request, "NewOrder")
    _check_open(key)
    return _once(key, token, request, lambda call: place_order(call, body, _actor(key)))


@api("GET")
def order(request: HttpRequest, key: ApiKey, number: str) -> JsonResponse:
    return JsonResponse(order_answer(_order(key, number)))


@api("POST")
def payments(request: HttpRequest, key: ApiKey, number: str) -> JsonResponse:
    """Pay an order that is still open."""
    found = _order(key, number)
    token, body = idempotency_key(request), read_body(request, "NewPayment")
    return _once(key, token, request, lambda call: pay_order(call, found, body, _actor(key)))


def _once(key: ApiKey, token: str, request: HttpRequest, work: Callable[[ApiCall], Order]) -> JsonResponse:
    call = start_call(key.campaign, token, f"{request.method} {request.path}\n".encode() + request.body)
    if call.answer is not None:
        return JsonResponse(call.answer, status=call.status, headers={"Idempotent-Replayed": "true"})
    try:
        made = work(call)
    except ApiRefusal:
        forget_call(call)
        raise
    answer = order_answer(made, call.return_url)
    finish_call(call, 201, answer)
    return JsonResponse(answer, status=201)


def _check_open(key: ApiKey) -> None:
    campaign = key.campaign
    if not campaign.active or campaign.deleted_at:
        raise refusal(422, "campaign_closed", f"{campaign} takes no orders now: switch it on in the admin.")


def _actor(key: ApiKey) -> Actor:
    return Actor("api", f"API key {key.name}"[:80])


def _order(key: ApiKey, number: str) -> Order:
    pk = order_pk(number) or 0
    found = Order.objects.filter(pk=pk, campaign=key.campaign).select_related("campaign", "customer").first()
    if found is None:
        raise refusal(404, "unknown_order", f"{key.campaign} has no order with this number.")
    return found


@require_GET
def openapi(_request: HttpRequest) -> JsonResponse:
    return JsonResponse(description(settings.PUBLIC_URL))


@require_GET
def come_back(request: HttpRequest, slug: str) -> HttpResponseRedirect:
    """From the bank's page: look how it went, then on to where the checkout wants its customer."""
    order = Order.objects.filter(slug=slug).first()
    target = return_url_of(order) if order else ""
    if order is None or not target:
        raise Http404
    for payment in Payment.objects.filter(order=order, status=Status.REQUIRES_ACTION):
        look_again(payment)
        reconcile(payment.pk)
    joint = "&" if "?" in target else "?"
    return HttpResponseRedirect(f"{target}{joint}{urlencode({'midway_order': order.number})}")
